// prints: iomonitor's records of one host and one time gathered until the print is whole, beside those a window before
// No clock is read here. A restart needs the print that a window begins with, so a barrier waits until that is behind it.

import type { Measure } from '../record.ts';
import { SET_BACK } from '../series/delta.ts';
import { createRestartPoints } from '../series/restart.ts';
import { createSetBack } from '../series/set-back.ts';
import { type Counted, type Counts, createCounts, isCounted } from './counts.ts';
import { totalsOf } from './figures.ts';
import type { Print, View } from './view.ts';

export type PrintsOptions = {
	/** How long a window is, ms. */
	windowMs: number;
	/** A host without a record for longer than this, in the stream's time, is forgotten. */
	staleMs: number;
	/** A print is whole. */
	onPrint: (view: View) => void;
	/** Records older than the newest print of their host, or of a start before: they are not applied. */
	onLate: (record: Counted) => void;
	/** A control line goes on. */
	emit: (line: string) => void;
};

export type Prints = {
	/** Take a record of any kind: what is none of iomonitor's counts only moves the time. */
	take: (record: Measure) => void;
	/** The stream's time has come to `ms`. */
	time: (ms: number) => void;
	barrier: (line: string) => void;
	/** What is held is whole. */
	close: () => void;
	isOpen: () => boolean;
};

/** A print, and behind how many barriers it came. */
type Kept = Print & { epoch: number };
type Open = { ts: number; epoch: number };
type Host = {
	host: string;
	synthetic: boolean;
	start: number | undefined;
	counts: Counts;
	open: Open | undefined;
	/** From the one that the window begins with. */
	ring: Kept[];
};

const isBelow = (print: Print, before: Print): boolean =>
	[...before.totals].some(([name, value]) => (print.totals.get(name) ?? value) < value);

export const createPrints = (options: PrintsOptions): Prints => {
	const { windowMs, staleMs, onPrint, onLate, emit } = options;
	const points = createRestartPoints();
	const isSetBack = createSetBack(SET_BACK);
	const hosts = new Map<string, Host>();
	let newest = Number.NEGATIVE_INFINITY;

	const startOver = (host: Host, start: number | undefined) => {
		host.start = start;
		host.counts = createCounts();
		host.ring = [];
	};
	const hostOf = ({ host, synthetic, start }: Counted): Host => {
		const key = JSON.stringify([host, synthetic === true]);
		const known = hosts.get(key);
		if (known) return known;
		const made: Host = {
			...{ host, synthetic: synthetic === true, start },
			...{ counts: createCounts(), open: undefined, ring: [] },
		};
		hosts.set(key, made);
		return made;
	};
	const closeOne = (host: Host) => {
		const { open, counts, start, ring } = host;
		if (!open) return;
		host.open = undefined;
		const now: Kept = { ...open, start, totals: totalsOf(counts.total), reads: counts.reads() };
		// A source that began again without saying so.
		if (ring.length > 0 && isBelow(now, ring.at(-1)!)) ring.length = 0;
		ring.push(now);
		while (ring.length > 1 && ring[1]!.ts <= now.ts - windowMs) ring.shift();
		const first = ring[0]!;
		const before = first.ts <= now.ts - windowMs ? first : undefined;
		onPrint({ host: host.host, synthetic: host.synthetic, now, before });
	};
	const close = () => {
		for (const host of hosts.values()) closeOne(host);
	};
	/** The lowest epoch of what a restart would have to see again. */
	const oldest = (): number =>
		Math.min(
			...[...hosts.values()].map(
				({ open, ring }) => ring[0]?.epoch ?? open?.epoch ?? Number.POSITIVE_INFINITY,
			),
		);

	const time = (ms: number) => {
		if (ms > newest) {
			newest = ms;
			for (const [key, host] of hosts) {
				const seen = host.open?.ts ?? host.ring.at(-1)?.ts ?? ms;
				if (newest - seen <= staleMs) continue;
				closeOne(host);
				hosts.delete(key);
			}
		}
		points.time(ms);
		const line = points.release(oldest);
		if (line !== undefined) emit(line);
	};
	/** The clock was set back: a window across that would be of no known length. */
	const setBack = (ms: number) => {
		close();
		hosts.clear();
		points.startOver();
		newest = ms;
	};
	const take = (record: Measure) => {
		if (isSetBack(record.ts, newest)) setBack(record.ts);
		const epoch = points.record(record.ts);
		if (isCounted(record)) count(record, epoch);
		time(record.ts);
	};
	const count = (record: Counted, epoch: number) => {
		const host = hostOf(record);
		if (host.open && host.open.ts !== record.ts) closeOne(host);
		const last = host.ring.at(-1)?.ts ?? Number.NEGATIVE_INFINITY;
		const [since, before] = [record.start ?? 0, host.start ?? 0];
		if (record.ts <= last || since < before) return onLate(record);
		if (since > before) startOver(host, record.start);
		// A barrier inside a print is no place to restart.
		if (host.open && host.open.epoch < epoch) points.clear();
		host.open ??= { ts: record.ts, epoch };
		host.counts.take(record);
	};
	const barrier = (line: string) => {
		if (hosts.size > 0) return points.hold(line);
		points.clear();
		emit(line);
	};
	const isOpen = () => [...hosts.values()].some(({ open }) => open !== undefined);
	return { take, time, barrier, close, isOpen };
};
