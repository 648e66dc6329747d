// idle: for how long nothing has come in although this process was ready for it
// A stopped or blocked process is not idle: its input waits in the pipe. So only short ticks count.

// A tick that comes much later than this says that the process did not run, not that nothing came.
const TICK_MS = 250;

/** Idle time; `now` is any monotonic clock in milliseconds. */
export type Idle = { tickMs: number; heard: () => void; tick: (now: number, blocked: boolean) => number };

/** A counter of idle milliseconds, started over by `heard` (input came) and by a blocked output. */
export const createIdle = (): Idle => {
	let idle = 0;
	let last: number | undefined;
	return {
		tickMs: TICK_MS,
		heard: () => {
			idle = 0;
		},
		tick: (now, blocked) => {
			const passed = last === undefined ? 0 : now - last;
			last = now;
			idle = blocked ? 0 : idle + Math.min(passed, 2 * TICK_MS);
			return idle;
		},
	};
};
