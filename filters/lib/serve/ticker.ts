// ticker: tells readers of `/events` that time went on and which metrics have something new, once a second at most

import type { MetricName, Tick } from '../history/answers.ts';
import type { History } from '../history/history.ts';
import { type Events, eventText } from '../http/events.ts';
import type { Source } from './source.ts';

export type Ticker = {
	/** Something came. */
	wake: () => void;
	/** What a reader gets first, given the id of the last event that it had. */
	first: (lastId: string | undefined) => string;
	close: () => void;
};

const EVERY_MS = 1000;
// The records of one print come one after the other: what is told of it is told of all of it.
const SETTLE_MS = 40;
// A reader that was away for no more ticks than that gets one for all it has missed.
const MOST_KEPT = 600;

const keyOf = ({ metric, unit, type }: MetricName): string => JSON.stringify([metric, unit, type]);

export type TickerOptions = { history: History; events: Events; source: Source; clock: () => number };

export const createTicker = ({ history, events, source, clock }: TickerOptions): Ticker => {
	let seq = 0;
	let kept: Tick[] = [];
	let timer: NodeJS.Timeout | undefined;
	let tickedAt = Number.NEGATIVE_INFINITY;
	let told = source.state();

	const idOf = (one: number): string => `${history.epoch}-${one}`;
	const tickOf = (changed: MetricName[]): Tick => {
		const newest = history.newest();
		const { notices } = history.counts();
		return {
			epoch: history.epoch,
			seq,
			now: clock(),
			...(newest !== undefined && { newest }),
			source: source.state(),
			changed,
			notices,
		};
	};
	const tick = () => {
		timer = undefined;
		tickedAt = performance.now();
		seq += 1;
		const now = tickOf(history.changed());
		told = now.source;
		kept.push(now);
		if (kept.length > 2 * MOST_KEPT) kept = kept.slice(-MOST_KEPT);
		events.send(eventText('tick', JSON.stringify(now), idOf(seq)));
	};
	const wake = () => {
		if (timer) return;
		const wait = Math.max(SETTLE_MS, EVERY_MS - (performance.now() - tickedAt));
		timer = setTimeout(tick, wait);
	};
	const look = setInterval(() => source.state() !== told && wake(), EVERY_MS).unref();
	/** All ticks behind this number as one; undefined when some of them are not kept any more. */
	const since = (number: number): Tick | undefined => {
		const missed = kept.filter((one) => one.seq > number);
		if (missed.length !== seq - number) return undefined;
		const names = new Map(missed.flatMap(({ changed }) => changed.map((name) => [keyOf(name), name])));
		return tickOf([...names.values()]);
	};
	const first = (lastId: string | undefined): string => {
		const now = () => eventText('tick', JSON.stringify(tickOf([])), idOf(seq));
		if (lastId === undefined) return now();
		const match = /^([0-9a-f]+)-(\d{1,15})$/.exec(lastId);
		const number = match?.[1] === history.epoch ? Number(match[2]) : Number.NaN;
		const missed = number <= seq ? since(number) : undefined;
		if (missed) return eventText('tick', JSON.stringify(missed), idOf(seq));
		return eventText('reset', JSON.stringify({ epoch: history.epoch, seq }), idOf(seq));
	};
	const close = () => {
		clearTimeout(timer);
		clearInterval(look);
	};
	return { wake, first, close };
};
