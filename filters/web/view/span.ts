// span: the columns that a range of time is shown in: at most one a pixel or two, at places that do not move
// Columns begin at whole multiples of their step, so that a picture only grows at its end and never shimmers.

import type { Range } from './view.ts';

export type Span = { from: number; to: number; step: number; columns: number };

const SECOND = 1000;
const STEPS = [
	1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400,
].map((seconds) => seconds * SECOND);

/** A round step of at least `ms`. */
const stepFor = (ms: number): number =>
	STEPS.find((step) => step >= ms) ?? Math.ceil(ms / STEPS.at(-1)!) * STEPS.at(-1)!;

/**
 * The columns of a range, `now` being its end if it goes on, for `room` columns at most. Data that come every
 * `interval` get columns of at least that.
 */
export const spanOf = (range: Range, now: number, room: number, interval = 0): Span => {
	const length = 'last' in range ? range.last : range.to - range.from;
	// A source of every 15 s is late by a few milliseconds now and then.
	const step = Math.max(stepFor(length / Math.max(1, room)), stepFor(Math.round(interval / SECOND) * SECOND));
	const end = 'last' in range ? now : range.to;
	const to = Math.ceil(end / step) * step;
	const columns = Math.max(1, Math.ceil(length / step));
	const from = 'last' in range ? to - columns * step : Math.floor(range.from / step) * step;
	return { from, to, step, columns: Math.round((to - from) / step) };
};

/** A range moved by a part of its length, which makes it a fixed one; never beyond `now`. */
export const moved = (range: Range, part: number, now: number): Range => {
	const length = 'last' in range ? range.last : range.to - range.from;
	const to = ('last' in range ? now : range.to) + Math.round(length * part);
	return to >= now ? { last: length } : { from: to - length, to };
};

const SHORTEST = 10 * SECOND;
const LONGEST = 7 * 86_400 * SECOND;

/** A range `factor` times as long, about its middle, or about its end if that goes on. */
export const zoomed = (range: Range, factor: number, now: number): Range => {
	const length = 'last' in range ? range.last : range.to - range.from;
	const next = Math.min(LONGEST, Math.max(SHORTEST, Math.round((length * factor) / SECOND) * SECOND));
	if ('last' in range) return { last: next };
	const to = Math.round((range.from + range.to) / 2 + next / 2);
	return to >= now ? { from: now - next, to: now } : { from: to - next, to };
};
