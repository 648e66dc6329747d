// mailbox: for one receiver the newest state of each alert, and what of it the receiver has not been told
// An outage is no storm of old news afterwards: a newer state takes the place of one that was never delivered. An alert
// that fired and ended meanwhile is still told, once, as resolved with both its times; only where it fires again before
// that, the earlier time is lost, and said to be.

import type { AlertRecord } from '../alert-record.ts';
import { fingerprintOf } from './fingerprint.ts';

export type Letter = {
	alert: AlertRecord;
	/** Its place among all that came. */
	number: number;
	isDelivered: boolean;
	/** When it was delivered last, in ms since the epoch. */
	sentAt: number;
};

export type MailboxOptions = {
	/** Alerts of one group are told together. */
	groupOf: (alert: AlertRecord) => string;
	/** After so long what still fires is told again. */
	repeatMs: number;
	/** How many alerts are kept. */
	most: number;
	now: () => number;
	/** This will never be delivered. */
	onLost: (alerts: AlertRecord[], why: string) => void;
};

/** What is kept for the next run. */
export type KeptLetter = Pick<Letter, 'alert' | 'isDelivered' | 'sentAt'>;

export class Mailbox {
	private readonly options: MailboxOptions;
	private readonly letters = new Map<string, Letter>();

	constructor(options: MailboxOptions) {
		this.options = options;
	}

	/** An alert fires, or is over; `number` grows. */
	put(alert: AlertRecord, number: number): void {
		const key = fingerprintOf(alert.labels);
		const before = this.letters.get(key);
		// What the receiver was never told of, or of which it was told the end, has no end to be told.
		if (before && !before.isDelivered && before.alert.starts_at !== alert.starts_at)
			this.options.onLost([before.alert], 'a newer alert took its place before it was delivered');
		this.letters.delete(key);
		// What it takes the place of is not settled by that.
		const since = before && !before.isDelivered ? before.number : number;
		this.letters.set(key, { alert, number: since, isDelivered: false, sentAt: 0 });
		if (this.letters.size > this.options.most) this.dropOldest();
	}

	/** The groups that have something to tell, the one that has waited longest first. */
	due(): string[] {
		const groups = new Set<string>();
		for (const letter of this.letters.values())
			if (this.isDue(letter)) groups.add(this.options.groupOf(letter.alert));
		return [...groups];
	}

	/** All that is to be said about a group: what fires, and what is over and was not told. */
	open(group: string): Letter[] {
		return [...this.letters.values()].filter(
			({ alert, isDelivered }) =>
				this.options.groupOf(alert) === group && (alert.state === 'firing' || !isDelivered),
		);
	}

	/** These were delivered, or never will be; a state that came meanwhile is still to be told. */
	settle(letters: readonly Letter[]): void {
		const now = this.options.now();
		for (const letter of letters) {
			const key = fingerprintOf(letter.alert.labels);
			if (this.letters.get(key) !== letter) continue;
			letter.isDelivered = true;
			letter.sentAt = now;
			if (letter.alert.state !== 'firing') this.letters.delete(key);
		}
	}

	/** All with a lower number are settled. */
	firstWaiting(): number {
		let first = Number.POSITIVE_INFINITY;
		for (const { isDelivered, number } of this.letters.values())
			if (!isDelivered) first = Math.min(first, number);
		return first;
	}
	waiting(): Letter[] {
		return [...this.letters.values()].filter(({ isDelivered }) => !isDelivered);
	}
	knows({ labels }: AlertRecord): boolean {
		return this.letters.has(fingerprintOf(labels));
	}
	keep(): KeptLetter[] {
		return [...this.letters.values()].map(({ alert, isDelivered, sentAt }) => ({
			alert,
			isDelivered,
			sentAt,
		}));
	}
	restore(letters: KeptLetter[]): void {
		for (const one of letters) this.letters.set(fingerprintOf(one.alert.labels), { ...one, number: 0 });
	}

	private isDue({ alert, isDelivered, sentAt }: Letter): boolean {
		if (!isDelivered) return true;
		// A clock that was set back must not make it wait for ever.
		const passed = Math.abs(this.options.now() - sentAt);
		return alert.state === 'firing' && passed >= this.options.repeatMs;
	}
	private dropOldest(): void {
		const [key, letter] = [...this.letters].find(([, one]) => !one.isDelivered) ?? [...this.letters][0]!;
		this.letters.delete(key);
		if (!letter.isDelivered) this.options.onLost([letter.alert], 'too many alerts wait');
	}
}
