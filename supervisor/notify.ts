// notify: tell systemd how we are, when it started us and wants to know
// By the systemd-notify program, since Node has no Unix datagram sockets; it takes 4 ms and never blocks us.

import { execFile } from 'node:child_process';
import type { Log } from '../filters/lib/log.ts';

/** What systemd can be told; all of it does nothing when systemd did not ask (no NOTIFY_SOCKET). */
export type Notify = {
	/** Everything has been started. */
	ready: () => void;
	/** One line for `systemctl status`; repeated only when it changes. */
	status: (line: string) => void;
	reloading: () => void;
	stopping: () => void;
	/** Answer the watchdog as long as `isWell`; the returned function ends that. */
	watch: (isWell: () => boolean) => () => void;
};

// A loop that answers this late is as good as stuck.
const MOST_LAG_MS = 2000;

/** The interval at which to answer the watchdog, in milliseconds, or 0 when there is none for this process. */
export const watchdogInterval = ({ WATCHDOG_USEC, WATCHDOG_PID }: NodeJS.ProcessEnv, pid: number): number => {
	if (WATCHDOG_PID !== undefined && Number(WATCHDOG_PID) !== pid) return 0;
	const microseconds = Number(WATCHDOG_USEC ?? 0);
	// A third of it: one answer may be late and another lost.
	return Number.isSafeInteger(microseconds) && microseconds > 0
		? Math.max(1, Math.floor(microseconds / 3000))
		: 0;
};

export const createNotify = (log: Log, env: NodeJS.ProcessEnv = process.env): Notify => {
	const wanted = env.NOTIFY_SOCKET !== undefined && env.NOTIFY_SOCKET !== '';
	let said = '';
	// One after the other: RELOADING and READY must not overtake each other.
	let last = Promise.resolve();
	const tell = (state: string) =>
		new Promise<void>((resolve) => {
			execFile('systemd-notify', ['--no-block', state], { env }, (error) => {
				if (error) log.warn(`systemd-notify failed: ${error.message.split('\n')[0]}`, {}, 'systemd-notify');
				resolve();
			});
		});
	const send = (state: string) => {
		if (wanted) last = last.then(() => tell(state));
	};
	return {
		ready: () => send('READY=1'),
		reloading: () => send('RELOADING=1'),
		stopping: () => send('STOPPING=1'),
		status: (line) => {
			if (line !== said) send(`STATUS=${line}`);
			said = line;
		},
		watch: (isWell) => {
			const interval = wanted ? watchdogInterval(env, process.pid) : 0;
			if (interval === 0) return () => {};
			let due = performance.now() + interval;
			const timer = setInterval(() => {
				const lag = performance.now() - due;
				due = performance.now() + interval;
				if (lag < MOST_LAG_MS && isWell()) send('WATCHDOG=1');
			}, interval);
			return () => clearInterval(timer);
		},
	};
};
