// notifier: tell systemd how we are, when it started us and wants to know
// By the systemd-notify program, since Node has no Unix datagram sockets. It waits until systemd has looked its
// sender up (from systemd 246 on), for who is gone by then is nobody's. We go on meanwhile.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { createCatchUp } from '../../filters/lib/flow/catch-up.ts';
import type { Log } from '../../filters/lib/log.ts';

const run = promisify(execFile);

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
// systemd-notify itself gives up after five seconds; a little more, and it is in the way of what follows.
const NOTIFY_MS = 10_000;
// What did not arrive is said again after this.
const AGAIN_MS = 5000;

/** The interval at which to answer the watchdog, in milliseconds, or 0 when there is none for this process. */
export const watchdogInterval = ({ WATCHDOG_USEC, WATCHDOG_PID }: NodeJS.ProcessEnv, pid: number): number => {
	if (WATCHDOG_PID !== undefined && Number(WATCHDOG_PID) !== pid) return 0;
	const microseconds = Number(WATCHDOG_USEC ?? 0);
	// A third of it: one answer may be late and another lost.
	return Number.isSafeInteger(microseconds) && microseconds > 0
		? Math.max(1, Math.floor(microseconds / 3000))
		: 0;
};

/** Says all of `facts()` in one message, one message after the other; what changes meanwhile is said in the next. */
const createTeller = (facts: () => string[], log: Log, env: NodeJS.ProcessEnv, again: number) => {
	let timer: NodeJS.Timeout | undefined;
	const tell = () => run('systemd-notify', facts(), { env, timeout: NOTIFY_MS }).then(() => {});
	const fail = (error: unknown) => {
		const { message } = error as Error;
		log.warn(`systemd-notify failed: ${message.trim().replaceAll('\n', '; ')}`, {}, 'systemd-notify');
		clearTimeout(timer);
		timer = setTimeout(teller.start, again).unref();
	};
	const teller = createCatchUp(tell, fail);
	return teller.start;
};

export const createNotify = (log: Log, env: NodeJS.ProcessEnv = process.env, again = AGAIN_MS): Notify => {
	const wanted = env.NOTIFY_SOCKET !== undefined && env.NOTIFY_SOCKET !== '';
	let phase = '';
	let status = '';
	let alive = false;
	// Each message says all there is, so that the next one makes up for one that systemd could not place.
	const facts = () => {
		const said = [phase, status && `STATUS=${status}`, alive ? 'WATCHDOG=1' : ''].filter(Boolean);
		alive = false;
		return said;
	};
	const tell = wanted ? createTeller(facts, log, env, again) : () => {};
	const enter = (next: string) => {
		phase = next;
		tell();
	};
	return {
		ready: () => enter('READY=1'),
		reloading: () => enter('RELOADING=1'),
		stopping: () => enter('STOPPING=1'),
		status: (line) => {
			if (line === status) return;
			status = line;
			tell();
		},
		watch: (isWell) => {
			const interval = wanted ? watchdogInterval(env, process.pid) : 0;
			if (interval === 0) return () => {};
			let due = performance.now() + interval;
			const timer = setInterval(() => {
				const lag = performance.now() - due;
				due = performance.now() + interval;
				if (lag >= MOST_LAG_MS || !isWell()) return;
				alive = true;
				tell();
			}, interval);
			return () => clearInterval(timer);
		},
	};
};
