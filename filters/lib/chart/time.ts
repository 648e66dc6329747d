// time: clocks, dates, lengths of time and the marks of a time axis, in a zone that is told, never the machine's own
// `offset` is minutes east of UTC. The same numbers give the same text in every process.

import { utcTicks } from 'd3-time';
import { threeDigits } from './number.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;

const shifted = (ms: number, offset: number): Date => new Date(ms + offset * MINUTE);

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const iso = (date: Date): string =>
	Number.isFinite(date.getTime()) ? date.toISOString() : '-------------:--:--';
const clock = (date: Date): string => iso(date).slice(11, 16);
const seconds = (date: Date): string => iso(date).slice(11, 19);
const day = (date: Date): string => `${MONTHS[date.getUTCMonth()]} ${date.getUTCDate()}`;
const full = (date: Date): string => iso(date).slice(0, 19).replace('T', ' ');

/** `19:05:12`. */
export const clockText = (ms: number, offset: number): string => seconds(shifted(ms, offset));

/** `2025-11-21 19:05:12`. */
export const dateText = (ms: number, offset: number): string => full(shifted(ms, offset));

/** `UTC`, `UTC+02:00`. */
export const zoneText = (offset: number): string => {
	if (offset === 0) return 'UTC';
	const size = Math.abs(offset);
	const two = (part: number) => String(part).padStart(2, '0');
	return `UTC${offset < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
};

/** A length of time in its two largest units: `0.8 s`, `14 s`, `3 min 12 s`, `1 h 5 min`, `2 d 3 h`. */
export const durationText = (ms: number): string => {
	if (ms < 0) return `-${durationText(-ms)}`;
	if (ms < 1) return '0 s';
	if (ms < 100) return `${Math.round(ms)} ms`;
	if (ms < 9_950) return `${threeDigits(Math.round(ms / 100) / 10)} s`;
	const whole = Math.round(ms / 1000);
	if (whole < 60) return `${whole} s`;
	const parts: [number, string][] = [
		[Math.floor(whole / 86_400), 'd'],
		[Math.floor(whole / 3600) % 24, 'h'],
		[Math.floor(whole / 60) % 60, 'min'],
		[whole % 60, 's'],
	];
	const first = parts.findIndex(([count]) => count > 0);
	return parts
		.slice(first, first + 2)
		.filter(([count]) => count > 0)
		.map(([count, unit]) => `${count} ${unit}`)
		.join(' ');
};

/** A mark of an axis: where, and what is written there. */
export type Mark = { at: number; text: string };

/** About `count` marks at round times of the zone; midnight shows its date. */
export const timeMarks = (from: number, to: number, count: number, offset: number): Mark[] => {
	const ticks = utcTicks(shifted(from, offset), shifted(to, offset), Math.max(1, count));
	const hasSeconds = ticks.some((tick) => tick.getTime() % MINUTE !== 0);
	const isDays = to - from > 2 * DAY;
	return ticks.map((tick) => {
		const isMidnight = tick.getTime() % DAY === 0;
		const text = isMidnight ? day(tick) : hasSeconds ? seconds(tick) : clock(tick);
		return { at: tick.getTime() - offset * MINUTE, text: isDays && !isMidnight ? clock(tick) : text };
	});
};
