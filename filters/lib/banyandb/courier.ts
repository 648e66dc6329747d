// courier: points to the server in one stream, until it has each of them or never will

import type { GrpcClient } from '../grpc/client/client.ts';
import { CODE, GrpcError } from '../grpc/client/grpc-error.ts';
import type { Log } from '../log.ts';
import type { Patience } from '../net/patience.ts';
import { readWritten, verdictOf } from './answer.ts';
import { type Layout, writeRequest } from './layout.ts';
import { PATH } from './paths.ts';
import type { Point, Refusal } from './point.ts';
import { WireError } from './reading.ts';
import type { Registry } from './registry.ts';

export type CourierOptions = {
	client: GrpcClient;
	group: string;
	registry: Registry;
	patience: Patience;
	log: Log;
	count: (name: string, by?: number) => void;
	/** A measure that was there is gone, and with it what had been answered. */
	onGone: () => void;
};

export type Courier = {
	/** Those of the points that the server has; the others are refused. @throws the reason of `signal`. */
	deliver: (points: readonly Point[], signal: AbortSignal) => Promise<Point[]>;
};

/** After so many answers that say nothing of use, a point is given up. */
const MOST_ODD = 5;

/** What became of points that were sent once. */
type Outcome = { taken: Point[]; left: Point[]; isFull: boolean; isOdd: boolean; status: string };

const BLOCKED = new Set<number>([CODE.denied, CODE.unauthenticated, CODE.unimplemented]);
/** The server does not want this stream as it is; a part of it may fare better. */
const DIVISIBLE = new Set<number>([CODE.invalid, CODE.exhausted]);

/** Points of one measure behind one another, so that it is spoken of once; within it they keep their order. */
const byMeasure = (points: readonly Point[]): Map<string, Point[]> => {
	const groups = new Map<string, Point[]>();
	for (const point of points) {
		const { measure } = point.series;
		const group = groups.get(measure);
		if (group) group.push(point);
		else groups.set(measure, [point]);
	}
	return groups;
};

export const createCourier = (options: CourierOptions): Courier => {
	const { client, group, registry, patience, log, count, onGone } = options;

	const refuse = (by: number, { counter, why }: Refusal) => {
		count(counter, by);
		log.error(`${by} points are lost: ${why}`, {}, `${counter} ${why}`);
	};
	/** The messages for these points, and which point each is of. */
	const write = async (points: readonly Point[], signal: AbortSignal) => {
		const messages: Uint8Array[] = [];
		const sent: Point[] = [];
		for (const [measure, own] of byMeasure(points)) {
			const layout: Layout | Refusal = await registry.layout(measure, own, signal);
			if ('counter' in layout) {
				refuse(own.length, layout);
				continue;
			}
			let introduction: { group: string; measure: string } | undefined = { group, measure };
			for (const point of own) {
				const message = writeRequest(point, layout, messages.length + 1, introduction);
				if ('counter' in message) {
					refuse(1, message);
					continue;
				}
				introduction = undefined;
				messages.push(message);
				sent.push(point);
			}
		}
		return { messages, sent };
	};
	const judge = (answers: readonly Uint8Array[], sent: readonly Point[]): Outcome => {
		const outcome: Outcome = { taken: [], left: [], isFull: false, isOdd: false, status: '' };
		const answered = new Set<number>();
		for (const answer of answers) {
			const { id, status } = readWritten(answer);
			const point = sent[id - 1];
			if (!point || answered.has(id)) continue;
			answered.add(id);
			const verdict = verdictOf(status);
			if (verdict === 'taken') outcome.taken.push(point);
			else if (verdict === 'refused') refuse(1, { counter: 'refused', why: `the server says ${status}` });
			else {
				outcome.left.push(point);
				outcome.status = status;
				outcome.isFull ||= verdict === 'wait';
				outcome.isOdd ||= verdict === 'odd';
				registry.forget(point.series.measure);
				if (status === 'STATUS_NOT_FOUND') onGone();
			}
		}
		const silent = sent.length - answered.size;
		if (silent > 0)
			throw new GrpcError(CODE.unavailable, `${silent} of ${sent.length} points were not answered`);
		return outcome;
	};
	const send = async (points: readonly Point[], signal: AbortSignal): Promise<Outcome> => {
		const { messages, sent } = await write(points, signal);
		if (messages.length === 0) return { taken: [], left: [], isFull: false, isOdd: false, status: '' };
		const outcome = judge(await client.call(PATH.write, messages, signal), sent);
		count('streams');
		count('delivered', outcome.taken.length);
		return outcome;
	};
	const suffer = async (error: unknown, signal: AbortSignal): Promise<void> => {
		if (error instanceof WireError) patience.tell('away', `an answer that is none: ${error.message}`);
		else if (!(error instanceof GrpcError)) throw error;
		else patience.tell(BLOCKED.has(error.code) ? 'blocked' : 'away', error.message);
		registry.forget();
		await patience.pause(0, signal);
	};
	const deliver: Courier['deliver'] = async (points, signal) => {
		const taken: Point[] = [];
		let left: readonly Point[] = points;
		for (let odd = 0, tries = 0; left.length > 0; tries++) {
			let outcome: Outcome;
			try {
				outcome = await send(left, signal);
			} catch (error) {
				if (error instanceof GrpcError && DIVISIBLE.has(error.code)) {
					if (left.length > 1) {
						const middle = left.length >> 1;
						taken.push(...(await deliver(left.slice(0, middle), signal)));
						taken.push(...(await deliver(left.slice(middle), signal)));
					} else refuse(1, { counter: 'refused', why: error.message });
					return taken;
				}
				await suffer(error, signal);
				continue;
			}
			for (const point of outcome.taken) taken.push(point);
			left = outcome.left;
			if (left.length === 0) break;
			if (outcome.isOdd && ++odd >= MOST_ODD) {
				refuse(left.length, {
					counter: 'refused',
					why: `the server says ${outcome.status}, again and again`,
				});
				break;
			}
			// A schema that is stale is read again at once, the first time.
			if (!outcome.isFull && !outcome.isOdd && tries === 0) continue;
			patience.tell('away', outcome.isFull ? 'its disk is full' : `it says ${outcome.status}`);
			await patience.pause(0, signal);
		}
		patience.tell('well', '');
		patience.renew();
		return taken;
	};
	return { deliver };
};
