// link: the one event stream of this tab, whether the server can be reached, and the server's clock
// The stream is closed while the tab is hidden. The browser's own clock is never taken for a time of day.

import type { Tick } from '../../lib/history/answers.ts';

export type LinkState =
	| { state: 'connecting' }
	| { state: 'live' }
	| { state: 'hidden' }
	/** `next` is on the clock of performance.now(). */
	| { state: 'lost'; tries: number; next: number };

export type Link = {
	readonly now: LinkState;
	/** The server's clock, by its last tick and how long ago that was; undefined before the first. */
	serverNow: () => number | undefined;
	/** The time of the newest record, by the data's own clock. */
	newest: () => number | undefined;
	tryNow: () => void;
};

type Events = {
	tick: (tick: Tick, isNewEpoch: boolean) => void;
	state: () => void;
};

const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 10_000;
// The server ticks every second or so; after this long without one it is asked whether it is there.
const SILENCE_MS = 12_000;
const PROBE_MS = 5000;

export const createLink = (events: Events): Link => {
	let state: LinkState = { state: 'connecting' };
	let stream: EventSource | undefined;
	let timer: ReturnType<typeof setTimeout> | undefined;
	let tries = 0;
	let epoch: string | undefined;
	let clock: { server: number; at: number } | undefined;
	let newest: number | undefined;
	let heard = performance.now();

	const become = (next: LinkState) => {
		state = next;
		events.state();
	};
	const close = () => {
		stream?.close();
		stream = undefined;
		clearTimeout(timer);
	};
	const lose = () => {
		close();
		tries += 1;
		const delay = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (tries - 1));
		become({ state: 'lost', tries, next: performance.now() + delay });
		timer = setTimeout(open, delay);
	};
	const take = (event: MessageEvent<string>) => {
		const tick = JSON.parse(event.data) as Tick;
		heard = performance.now();
		clock = { server: tick.now, at: heard };
		newest = tick.newest;
		tries = 0;
		const isNew = epoch !== undefined && epoch !== tick.epoch;
		epoch = tick.epoch;
		if (state.state !== 'live') become({ state: 'live' });
		events.tick(tick, isNew);
	};
	const open = () => {
		close();
		if (document.hidden) return become({ state: 'hidden' });
		heard = performance.now();
		const mine = new EventSource('/events');
		stream = mine;
		mine.addEventListener('tick', take);
		mine.addEventListener('open', () => {
			heard = performance.now();
		});
		mine.addEventListener('error', () => {
			if (stream === mine) lose();
		});
	};
	// A server that hangs keeps its connection: only asking tells.
	const probe = async () => {
		if (!stream || performance.now() - heard < SILENCE_MS) return;
		const mine = stream;
		try {
			await fetch('/health', { signal: AbortSignal.timeout(PROBE_MS), cache: 'no-store' });
			heard = performance.now();
		} catch {
			if (stream === mine) lose();
		}
	};
	setInterval(probe, PROBE_MS);
	document.addEventListener('visibilitychange', () => {
		if (document.hidden) {
			close();
			become({ state: 'hidden' });
		} else open();
	});
	open();

	return {
		get now() {
			return state;
		},
		serverNow: () => clock && Math.round(clock.server + (performance.now() - clock.at)),
		newest: () => newest,
		tryNow: open,
	};
};
