// delivery: one cycle through the calls that publish it, for as long as it takes

import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../../log.ts';
import type { Cycle } from '../../metrics/cycle.ts';
import { payloadText } from '../../metrics/payload.ts';
import { addressBelow, isStep } from '../names.ts';
import { type Body, CallError, type Client, type Reply } from './client.ts';
import {
	type Move,
	moveAfter,
	type Progress,
	problemIn,
	retryAfter,
	type Step,
	type Verdict,
} from './moves.ts';

export type DeliveryOptions = {
	client: Client;
	base: URL;
	/** The longest delay between attempts, unless the server asks for a longer one. */
	retryMaxMs: number;
	log: Log;
	count: (name: string, by?: number) => void;
};

/** Whether the server can be had: `blocked` when it answers, but somebody has to set something right first. */
export type Condition = 'well' | 'away' | 'blocked';

export type Delivery = {
	/** Publish a cycle. Rejects with the reason of `signal` once that is aborted, and for nothing else. */
	deliver: (cycle: Cycle, signal: AbortSignal) => Promise<Verdict>;
	condition: () => Condition;
};

const FIRST_DELAY_MS = 200;
const JITTER = 0.2;
// A server that has forgotten the version so often, while it could be had, will not remember it the next time.
const MOST_BACKS = 8;

/** What a call led to; `least` is how long the server asks to be left alone (ms). */
type Attempt = { move: Move; why: string; least: number };

const text =
	(value: unknown): Body =>
	() => [JSON.stringify(value)];

/** A delivery in order: one cycle at a time. */
export const createDelivery = (options: DeliveryOptions): Delivery => {
	const { client, base, retryMaxMs, log, count } = options;
	let condition: Condition = 'well';
	let delay = FIRST_DELAY_MS;

	const ask = (step: Step, cycle: Cycle, signal: AbortSignal): Promise<Reply> => {
		const { version } = cycle;
		const versions = ['datasets', cycle.dataset, 'versions'];
		const at = (...rest: string[]) => addressBelow(base, ...versions, ...rest);
		if (step === 'announce')
			return client.call('POST', at(), text({ version, status: 'ANNOUNCING' }), signal);
		if (step === 'data') return client.call('POST', at(version, 'data'), () => payloadText(cycle), signal);
		if (step === 'publish')
			return client.call('PUT', at(version, 'status'), text({ status: 'PUBLISHED' }), signal);
		return client.call('GET', at(version), undefined, signal);
	};
	const tell = (now: Condition, why: string) => {
		if (now === 'well' && condition !== 'well') log.info(`${base.origin} answers again`, {}, 'well');
		const what = now === 'blocked' ? 'tried again until somebody sets that right' : 'trying again';
		if (now !== 'well') log.warn(`${base.origin}: ${why}; ${what}`, {}, `${now} ${why.slice(0, 3)}`);
		condition = now;
	};
	/** The delay of now, which doubles the next one; blocked, it is the longest at once. */
	const pause = async (least: number, signal: AbortSignal) => {
		const now = condition === 'blocked' ? retryMaxMs : Math.min(delay, retryMaxMs);
		delay = Math.min(retryMaxMs, now * 2);
		count('retries');
		await sleep(Math.max(least, now * (1 + JITTER * (Math.random() * 2 - 1))), undefined, { signal });
	};
	const attempt = async (step: Step, cycle: Cycle, sent: Progress, signal: AbortSignal): Promise<Attempt> => {
		try {
			if (step === 'publish') sent.publish = true;
			const reply = await ask(step, cycle, signal);
			const move = moveAfter(step, reply, sent);
			if (step === 'data' && move.kind === 'go') sent.data = true;
			return { move, why: problemIn(reply), least: retryAfter(reply.headers['retry-after'], Date.now()) };
		} catch (error) {
			if (!(error instanceof CallError)) throw error;
			return { move: { kind: 'wait' }, why: error.message, least: 0 };
		}
	};
	const give = ({ dataset, version }: Cycle, step: Step, why: string): Verdict => {
		const name = `${dataset} ${version}`;
		log.error(
			`${name} is given up: the server's answer to ${step} is ${why}`,
			{},
			`given up ${why.slice(0, 3)}`,
		);
		return 'refused';
	};
	/** After an answer that is no answer: where the version stands has to be asked, unless nothing has begun. */
	const retry = async ({ move, why, least }: Attempt, step: Step, signal: AbortSignal): Promise<Step> => {
		tell(move.kind === 'blocked' ? 'blocked' : 'away', why);
		await pause(least, signal);
		return step === 'announce' ? 'announce' : 'lookup';
	};
	const deliver = async (cycle: Cycle, signal: AbortSignal): Promise<Verdict> => {
		if (!isStep(cycle.dataset)) {
			log.error(`${cycle.version} is given up: no data set can be called "${cycle.dataset}"`);
			return 'refused';
		}
		const sent: Progress = { data: false, publish: false };
		let backs = 0;
		let step: Step = 'announce';
		for (;;) {
			const tried = await attempt(step, cycle, sent, signal);
			const { move, why, least } = tried;
			if (move.kind === 'wait' || move.kind === 'blocked') {
				backs = 0;
				step = await retry(tried, step, signal);
				continue;
			}
			tell('well', '');
			delay = move.kind === 'end' ? FIRST_DELAY_MS : delay;
			if (move.kind === 'end') return move.verdict === 'refused' ? give(cycle, step, why) : move.verdict;
			if (move.kind === 'back') {
				backs += 1;
				if (backs > MOST_BACKS) return give(cycle, step, `${why}, again and again`);
				if (move.step === 'announce') sent.data = false;
				if (backs > 1) await pause(least, signal);
			}
			step = move.step;
		}
	};
	return { deliver, condition: () => condition };
};
