// dispatch: alerts to all receivers, what is known of each kept for the next run, and what was not delivered told

import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../log.ts';
import type { Notice } from '../../record.ts';
import type { AlertRecord } from '../alert-record.ts';
import type { KeptLetter } from './mailbox.ts';
import type { Receiver } from './post.ts';

/** What is told of a receiver that is away, or of alerts that it will never have. */
export type Reporting = {
	onLost: (alerts: AlertRecord[], why: string) => void;
	onOutage: (why: string) => void;
	onSettled: () => void;
};

export type DispatchOptions = {
	/** The receivers, made with what they are to tell. */
	receivers: (reporting: (name: string) => Reporting) => Receiver[];
	onNotice: (notice: Notice) => void;
	log: Log;
	count: (name: string, by?: number) => void;
};

export type KeptLetters = Record<string, KeptLetter[]>;

export type Dispatch = {
	/** Only alerts that fire or are over are told. */
	push: (alert: AlertRecord) => void;
	pushed: () => number;
	/** Grows whenever something of what is kept changes. */
	changed: () => number;
	/** All with this number and below are settled with everybody. */
	settled: () => number;
	keep: () => KeptLetters;
	restore: (letters: KeptLetters) => void;
	/** These fire: a receiver that the run before did not have is told of them. */
	catchUp: (firing: readonly AlertRecord[]) => void;
	/** Deliver what waits, for so long at the most; the answer is what still waits then, which a notice tells. */
	finish: (ms: number) => Promise<AlertRecord[]>;
};

const TICK_MS = 1000;
const LOOK_MS = 10;

const noticeOf = (count: number, detail: string, alerts: readonly AlertRecord[]): Notice => {
	const isSynthetic = alerts.length > 0 && alerts.every(({ synthetic }) => synthetic);
	const notice: Notice = {
		type: 'notice',
		ts: Date.now(),
		host: hostname(),
		kind: 'undelivered',
		count,
		detail,
	};
	return isSynthetic ? { ...notice, synthetic: true } : notice;
};

const nameOf = ({ alert, state, starts_at }: AlertRecord): string =>
	`${alert} (${state}, since ${new Date(starts_at).toISOString()})`;

// A notice names some; its count says how many there are.
const MOST_NAMED = 3;
const namesOf = (alerts: readonly AlertRecord[]): string =>
	alerts.slice(0, MOST_NAMED).map(nameOf).join(', ');

export const createDispatch = (options: DispatchOptions): Dispatch => {
	const { onNotice, log, count } = options;
	let [pushed, changes] = [0, 0];

	const reportingFor = (name: string): Reporting => ({
		onLost: (alerts, why) => {
			count('undelivered', alerts.length);
			const named = namesOf(alerts);
			log.warn(`${name}: not delivered: ${named}: ${why}`, {}, `undelivered ${name}`);
			onNotice(noticeOf(alerts.length, `${name}: ${named}: ${why}`, alerts));
		},
		onOutage: (why) => {
			const waiting = receivers.find((one) => one.name === name)?.mailbox.waiting() ?? [];
			const alerts = waiting.map(({ alert }) => alert);
			const detail = `${name} cannot be had: ${why}; what waits is tried again`;
			onNotice(noticeOf(waiting.length, detail, alerts));
		},
		onSettled: () => {
			changes += 1;
		},
	});
	const receivers = options.receivers(reportingFor);
	const startAll = () => {
		for (const { start } of receivers) start();
	};
	// What still fires is told again when its time has come.
	const timer = setInterval(startAll, TICK_MS);
	timer.unref();

	const waiting = () => receivers.flatMap(({ mailbox }) => mailbox.waiting());
	let isScheduled = false;
	/** Behind whatever else this look gives: it all goes into one body. */
	const schedule = () => {
		if (isScheduled) return;
		isScheduled = true;
		setImmediate(() => {
			isScheduled = false;
			startAll();
		});
	};
	return {
		push: (alert) => {
			if (alert.state !== 'firing' && alert.state !== 'resolved') return;
			pushed += 1;
			changes += 1;
			for (const { mailbox } of receivers) mailbox.put(alert, pushed);
			schedule();
		},
		pushed: () => pushed,
		changed: () => changes,
		settled: () => Math.min(pushed, ...receivers.map(({ mailbox }) => mailbox.firstWaiting() - 1)),
		keep: () => Object.fromEntries(receivers.map(({ name, mailbox }) => [name, mailbox.keep()])),
		restore: (letters) => {
			for (const { name, mailbox } of receivers) mailbox.restore(letters[name] ?? []);
			schedule();
		},
		catchUp: (firing) => {
			for (const alert of firing)
				for (const { mailbox } of receivers) {
					if (mailbox.knows(alert)) continue;
					pushed += 1;
					mailbox.put(alert, pushed);
				}
			schedule();
		},
		finish: async (ms) => {
			const deadline = performance.now() + ms;
			startAll();
			while (waiting().length > 0 && performance.now() < deadline) await sleep(LOOK_MS);
			clearInterval(timer);
			await Promise.all(receivers.map(({ stop }) => stop()));
			const left = waiting().map(({ alert }) => alert);
			if (left.length > 0)
				onNotice(noticeOf(left.length, `still waiting at the end: ${namesOf(left)}`, left));
			return left;
		},
	};
};
