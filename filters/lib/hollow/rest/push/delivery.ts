// delivery: one cycle through the calls that publish it, for as long as it takes

import type { Log } from '../../../log.ts';
import { type Body, CallError, type Caller, type Reply } from '../../../net/client.ts';
import { type Condition, createPatience, retryAfter } from '../../../net/patience.ts';
import type { Cycle } from '../../metrics/cycle.ts';
import { payloadText } from '../../metrics/payload.ts';
import { addressBelow, isStep } from '../names.ts';
import { type Move, moveAfter, type Progress, problemIn, type Step, type Verdict } from './moves.ts';

export type DeliveryOptions = {
	client: Caller;
	base: URL;
	/** The longest delay between attempts, unless the server asks for a longer one. */
	retryMaxMs: number;
	log: Log;
	count: (name: string, by?: number) => void;
};

export type Delivery = {
	/** Publish a cycle. Rejects with the reason of `signal` once that is aborted, and for nothing else. */
	deliver: (cycle: Cycle, signal: AbortSignal) => Promise<Verdict>;
	condition: () => Condition;
};

// A server that has forgotten the version so often, while it could be had, will not remember it the next time.
const MOST_BACKS = 8;

/** What a call led to; `least` is how long the server asks to be left alone (ms). */
type Attempt = { move: Move; why: string; least: number };

const text =
	(value: unknown): Body =>
	() => [JSON.stringify(value)];

/** A delivery in order: one cycle at a time. */
export const createDelivery = (options: DeliveryOptions): Delivery => {
	const { client, base, log } = options;
	const patience = createPatience({ ...options, name: base.origin });
	const { tell, pause, condition } = patience;

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
			if (move.kind === 'end') patience.renew();
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
	return { deliver, condition };
};
