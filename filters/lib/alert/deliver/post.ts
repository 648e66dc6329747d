// post: the alerts of a mailbox to a server over HTTP, one group at a time, each until it has it or never will

import type { Log } from '../../log.ts';
import type { Client } from '../../net/client.ts';
import { createPatience, type Patience } from '../../net/patience.ts';
import { createCourier } from '../../post/courier.ts';
import { judgeFailure, reasonIn } from '../../post/judgement.ts';
import type { Batch } from '../../post/queue.ts';
import type { AlertRecord } from '../alert-record.ts';
import type { Letter, Mailbox } from './mailbox.ts';

/** Where alerts go: something that is told when its mailbox has something to tell. */
export type Receiver = {
	name: string;
	mailbox: Mailbox;
	start: () => void;
	/** Give up what is on its way. */
	stop: () => Promise<void>;
};

export type PostOptions = {
	name: string;
	mailbox: Mailbox;
	client: Client;
	url: URL;
	/** The body for these alerts of one group. */
	bodyOf: (group: string, alerts: AlertRecord[]) => object;
	retryMaxMs: number;
	log: Log;
	count: (name: string, by?: number) => void;
	/** This will never be delivered. */
	onLost: (alerts: AlertRecord[], why: string) => void;
	/** The server cannot be had any more. */
	onOutage: (why: string) => void;
	/** Something was settled. */
	onSettled: () => void;
	onFailure: (error: unknown) => void;
};

const JSON_TYPE = { 'Content-Type': 'application/json' };
const isPassing = (status: number): boolean =>
	status === 408 || status === 425 || status === 429 || status >= 500;

export const createPost = (options: PostOptions): Receiver => {
	const { name, mailbox, url, bodyOf, log, onLost, onOutage, onSettled } = options;
	const known = createPatience({ ...options, name: `${name} ${url.origin}` });
	let toldWhy = '';
	const patience: Patience = {
		...known,
		tell: (now, why) => {
			if (now !== 'well' && known.condition() === 'well') onOutage(why);
			// An outage is told once, and again when it comes to be one of another kind; not at each try.
			if (now !== known.condition() || (now !== 'well' && why !== toldWhy)) known.tell(now, why);
			toldWhy = why;
		},
	};
	/** What the body on its way says, and why it was refused. */
	let sent: { letters: Letter[]; refusal: string | undefined } = { letters: [], refusal: undefined };

	const first = (): Batch<string> | undefined => {
		const [group] = mailbox.due();
		return group === undefined ? undefined : { items: [group], weight: 0, end: 0, at: 0 };
	};
	const courier = createCourier<string>({
		...options,
		patience,
		what: 'alerts',
		sizeOf: () => sent.letters.length,
		first,
		protocol: {
			// Anew for each attempt: it says how things are by now.
			write: ([group]) => {
				sent = { letters: mailbox.open(group!), refusal: undefined };
				const alerts = sent.letters.map(({ alert }) => alert);
				return { body: Buffer.from(JSON.stringify(bodyOf(group!, alerts))), headers: JSON_TYPE };
			},
			judge: (reply) => {
				if (reply.status >= 200 && reply.status < 300) return { kind: 'taken', refused: 0, why: '' };
				const judged = judgeFailure(reply.status, isPassing);
				if (judged.kind === 'refused') sent.refusal = reasonIn(reply);
				return judged;
			},
		},
		onDivide: () => false,
		onSettled: () => {
			const { letters, refusal } = sent;
			const untold = letters.filter(({ isDelivered }) => !isDelivered).map(({ alert }) => alert);
			mailbox.settle(letters);
			if (refusal !== undefined && untold.length > 0) onLost(untold, `${name} refused it: ${refusal}`);
			onSettled();
		},
		onFailure: options.onFailure,
	});
	log.debug(`${name}: ${url.origin}`);
	return { name, mailbox, start: courier.start, stop: courier.stop };
};
