// clock: a monotonic clock and timers that go only when a test says so

import { setImmediate as breath } from 'node:timers/promises';

export type Clock = {
	/** Let so many milliseconds pass: timers fire in order, and what waits for them goes on in between. */
	pass: (ms: number) => Promise<void>;
	/** How many timers are set. */
	timers: () => number;
	/** Give the real ones back. */
	leave: () => void;
};

type Timer = { at: number; work: () => void; unref: () => Timer; refresh: () => Timer };

/** Take the place of setTimeout, setInterval, what clears them, and performance.now until `leave`. */
export const takeClock = (): Clock => {
	const { setTimeout, clearTimeout, setInterval, clearInterval } = globalThis;
	const { now } = performance;
	const timers = new Set<Timer>();
	let time = 1000;
	const next = (until: number) => [...timers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
	const later = (work: () => void, ms = 0) => {
		const refresh = () => {
			timer.at = time + ms;
			timers.add(timer);
			return timer;
		};
		const timer: Timer = { at: 0, work, unref: () => timer, refresh };
		return refresh();
	};
	const again = (work: () => void, ms: number) => {
		const timer = later(() => {
			timer.at += ms;
			timers.add(timer);
			work();
		}, ms);
		return timer;
	};
	const clear = (timer: Timer) => timers.delete(timer);
	Object.assign(globalThis, {
		setTimeout: later,
		clearTimeout: clear,
		setInterval: again,
		clearInterval: clear,
	});
	performance.now = () => time;
	return {
		pass: async (ms) => {
			const until = time + ms;
			await breath();
			for (let timer = next(until); timer; timer = next(until)) {
				timers.delete(timer);
				time = Math.max(time, timer.at);
				timer.work();
				await breath();
			}
			time = until;
		},
		timers: () => timers.size,
		leave: () => {
			Object.assign(globalThis, { setTimeout, clearTimeout, setInterval, clearInterval });
			performance.now = now;
		},
	};
};
