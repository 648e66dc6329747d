// moment: the moment that --since means: 10m (ago), 09:15, or a date with a time

import { EXIT, Failure } from '../../filters/lib/failure.ts';
import { duration } from '../../filters/lib/options.ts';

const DAY_MS = 86_400_000;

/** `09:15` or `09:15:30`: today, or yesterday where that is still to come. */
const timeOfDay = (text: string, now: number): number | undefined => {
	const [, hours, minutes, seconds = '0'] = /^(\d{1,2}):(\d\d)(?::(\d\d))?$/.exec(text) ?? [];
	if (hours === undefined) return undefined;
	const at = new Date(now).setHours(Number(hours), Number(minutes), Number(seconds), 0);
	return at > now ? at - DAY_MS : at;
};

/**
 * Milliseconds since the epoch; `now` likewise.
 * @throws Failure(64) for what is no moment.
 */
export const momentOf = (text: string, now: number): number => {
	if (/^\d+(\.\d+)?(ms|s|m|h|d)?$/.test(text)) return now - duration(text, '--since');
	const at = timeOfDay(text, now) ?? Date.parse(text);
	if (!Number.isNaN(at)) return at;
	throw new Failure(
		EXIT.usage,
		`--since: "${text}" is no moment; write for example 10m, 09:15 or 2026-01-31T09:15Z`,
	);
};
