// health: whether what is measured can be trusted: all of it, part of it, or nothing, and why

import type { Measure, Notice } from '../record.ts';
import { createSource } from '../serve/source.ts';
import type { Health } from './service.ts';

/** Notices by which something is not measured for as long as its source counts. */
const LASTING = new Set(['missing_probe', 'unreadable']);
/** Notices by which something is missing in what was measured of late. */
const PASSING = new Set(['lost_events', 'missed_exits', 'gap', 'helper_error']);
const PASSING_MS = 300_000;
/** A source may say what it lacks before it says since when it counts. */
const BEFORE_START_MS = 10_000;
/** Data older than this are not what happens now. */
const MOST_AGE_MS = 300_000;
const MOST_REASONS = 20;

export type HealthKeeper = {
	take: (record: Measure) => void;
	notice: (notice: Notice) => void;
	endInput: () => void;
	/** Whether records come as they are expected. */
	isFlowing: () => boolean;
	now: () => Health;
};

type Reason = { kind: string; ts: number; text: string };

/** `clock` in ms since the epoch, by which notices are; `monotonic` is one that only goes on. */
export const createHealth = (clock: () => number, monotonic: () => number): HealthKeeper => {
	const reasons = new Map<string, Reason>();
	let interval = 0;
	const source = createSource(() => interval, monotonic);
	let newest = 0;
	let start = 0;
	let [real, synthetic] = [0, 0];

	const silence = (): string => {
		const seconds = Math.round(source.silentMs() / 1000);
		switch (source.state()) {
			case 'ended':
				return 'the input has ended';
			case 'waiting':
				return `nothing has come in ${seconds} s`;
			case 'silent':
				return `no record has come for ${seconds} s`;
			default:
				return '';
		}
	};
	const degraded = (): Reason[] =>
		[...reasons.values()].filter(({ kind, ts }) => LASTING.has(kind) || clock() - ts < PASSING_MS);

	return {
		take: (record) => {
			source.heard();
			if (record.ts > newest) {
				if (newest > 0) interval = record.ts - newest;
				[newest, real, synthetic] = [record.ts, 0, 0];
			}
			if (record.synthetic) synthetic += 1;
			else real += 1;
			if ((record.start ?? 0) <= start) return;
			start = record.start!;
			for (const [key, { ts }] of reasons) if (ts < start - BEFORE_START_MS) reasons.delete(key);
		},
		notice: ({ kind, ts, metric = '', detail = '' }) => {
			if (!LASTING.has(kind) && !PASSING.has(kind)) return;
			const text = `${kind}${metric === '' ? '' : ` of ${metric}`}: ${detail}`;
			if (reasons.size < MOST_REASONS || reasons.has(`${kind} ${metric} ${detail}`))
				reasons.set(`${kind} ${metric} ${detail}`, { kind, ts, text });
		},
		endInput: source.end,
		isFlowing: () => silence() === '',
		now: () => {
			const quiet = silence();
			if (quiet !== '') return { state: 'UNHEALTHY', message: quiet, lastError: quiet };
			const age = clock() - newest;
			if (age > MOST_AGE_MS) {
				const message = `the newest data are ${Math.round(age / 1000)} s old`;
				return { state: 'UNHEALTHY', message, lastError: message };
			}
			if (real === 0) {
				const message = 'all of it is sample data';
				return { state: 'UNHEALTHY', message, lastError: message };
			}
			const texts = degraded().map(({ text }) => text);
			if (synthetic > 0) texts.push('some of it is sample data');
			if (texts.length === 0) return { state: 'HEALTHY', message: 'records come', lastError: '' };
			return { state: 'DEGRADED', message: texts.join('; '), lastError: texts.at(-1)! };
		},
	};
};
