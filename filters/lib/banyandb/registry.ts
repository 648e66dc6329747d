// registry: the measures that the server has, made, added to and asked for again when they are not what points need
// A server has a schema in two places, and the one that stores learns of a change later: what is written meanwhile is lost in
// silence. So after each change it is asked a question in the new columns, until it knows them.

import { setTimeout as sleep } from 'node:timers/promises';
import type { GrpcClient } from '../grpc/client/client.ts';
import { CODE, GrpcError } from '../grpc/client/grpc-error.ts';
import type { Log } from '../log.ts';
import { type Layout, layoutOf, missingFor, NO_LAYOUT, unfit } from './layout.ts';
import { PATH } from './paths.ts';
import type { Point, Refusal } from './point.ts';
import { queryRequest } from './query.ts';
import {
	type Columns,
	createGroupRequest,
	createMeasureRequest,
	getMeasureRequest,
	type Keeping,
	readMeasureAnswer,
	type Schema,
	updateMeasureRequest,
} from './schema.ts';
import { SERIES } from './series.ts';

export type RegistryOptions = {
	client: GrpcClient;
	group: string;
	/** How a group that is not there is made; undefined = neither groups nor measures nor columns are made. */
	create: Keeping | undefined;
	log: Log;
	count: (name: string, by?: number) => void;
};

export type Registry = {
	/** The layout in which these points of a measure can be written. @throws GrpcError, or the reason of `signal`. */
	layout: (measure: string, points: readonly Point[], signal: AbortSignal) => Promise<Layout | Refusal>;
	/** What is known of a measure, or of all, counts no more. */
	forget: (measure?: string) => void;
};

const ATTEMPTS = 3;
const ARRIVAL_MS = 10_000;
const LOOK_MS = 20;
const REFUSAL_MS = 10_000;

/** Said by the server of this one measure, not for want of a server or a login. */
const isVerdict = ({ code }: GrpcError): boolean =>
	code !== CODE.unavailable && code !== CODE.late && code !== CODE.denied && code !== CODE.unauthenticated;

export const createRegistry = ({ client, group, create, log, count }: RegistryOptions): Registry => {
	const known = new Map<string, Layout>();
	const refused = new Map<string, { refusal: Refusal; at: number }>();

	const get = async (measure: string, signal: AbortSignal): Promise<Schema | undefined> => {
		try {
			const [answer] = await client.call(PATH.getMeasure, [getMeasureRequest(group, measure)], signal);
			return readMeasureAnswer(answer ?? new Uint8Array());
		} catch (error) {
			if (error instanceof GrpcError && error.code === CODE.notFound) return undefined;
			throw error;
		}
	};
	/** Whether it was made; false when it was there. */
	const make = async (path: string, request: Uint8Array, signal: AbortSignal): Promise<boolean> => {
		try {
			await client.call(path, [request], signal);
			return true;
		} catch (error) {
			if (error instanceof GrpcError && error.code === CODE.exists) return false;
			throw error;
		}
	};
	const makeMeasure = async (measure: string, { tags, fields }: Columns, signal: AbortSignal) => {
		const request = createMeasureRequest(group, measure, SERIES, { tags: [SERIES, ...tags], fields });
		const attempt = () => make(PATH.createMeasure, request, signal);
		const isNew = await attempt().catch(async (error) => {
			if (!(error instanceof GrpcError) || !isVerdict(error)) throw error;
			if (!(await make(PATH.createGroup, createGroupRequest(group, create!), signal))) throw error;
			log.info(`group ${group} is made`);
			return attempt();
		});
		if (isNew) {
			count('created');
			log.info(`measure ${measure} is made`, {}, 'created');
		}
	};
	/** Wait until whatever stores the points knows the schema as well. */
	const arrive = async (measure: string, schema: Schema, signal: AbortSignal) => {
		const now = Date.now();
		const request = queryRequest({ group, measure, from: now, to: now, limit: 1, offset: 0 }, schema);
		for (const deadline = performance.now() + ARRIVAL_MS; ; ) {
			try {
				await client.call(PATH.query, [request], signal);
				return;
			} catch (error) {
				if (!(error instanceof GrpcError) || !isVerdict(error)) throw error;
				if (performance.now() > deadline)
					throw new GrpcError(CODE.unavailable, `${measure} has not arrived: ${error.message}`);
				await sleep(LOOK_MS, undefined, { signal });
			}
		}
	};
	const load = async (
		measure: string,
		points: readonly Point[],
		signal: AbortSignal,
	): Promise<Layout | Refusal> => {
		let schema = await get(measure, signal);
		if (!schema && create) {
			await makeMeasure(measure, missingFor(points, NO_LAYOUT), signal);
			schema = await get(measure, signal);
		}
		if (!schema)
			return {
				counter: 'no_measure',
				why: `group ${group} has no measure ${measure}, which has to be made; --create does that`,
			};
		const why = unfit(schema);
		if (why !== '') return { counter: 'wrong_schema', why: `measure ${measure} of group ${group}: ${why}` };
		await arrive(measure, schema, signal);
		return layoutOf(schema);
	};
	/** What the server says against it, or ''. */
	const extend = async (measure: string, { schema }: Layout, columns: Columns, signal: AbortSignal) => {
		try {
			await client.call(PATH.updateMeasure, [updateMeasureRequest(schema, columns)], signal);
		} catch (error) {
			if (!(error instanceof GrpcError) || !isVerdict(error)) throw error;
			return error.message;
		}
		count('extended');
		const names = [...columns.tags, ...columns.fields.map(([name]) => name)];
		log.info(`measure ${measure} has more columns: ${names.join(', ')}`, {}, 'extended');
		return '';
	};
	/** What the server says against a measure of ours it will say again. */
	const refusedAs =
		(measure: string) =>
		(error: unknown): Refusal => {
			if (!(error instanceof GrpcError) || error.code !== CODE.invalid) throw error;
			return { counter: 'wrong_schema', why: `measure ${measure} cannot be made: ${error.message}` };
		};
	const settle = async (
		measure: string,
		points: readonly Point[],
		signal: AbortSignal,
	): Promise<Layout | Refusal> => {
		const isEnough = ({ tags, fields }: Columns) => !create || (tags.length === 0 && fields.length === 0);
		const now = known.get(measure);
		if (now && isEnough(missingFor(points, now))) return now;
		known.delete(measure);
		for (let attempt = 1; ; attempt++) {
			// An update takes the place of the whole, so it begins with what the server has now: others may have added to it.
			const layout = await load(measure, points, signal).catch(refusedAs(measure));
			if ('counter' in layout) return layout;
			const columns = missingFor(points, layout);
			if (isEnough(columns)) {
				known.set(measure, layout);
				return layout;
			}
			const why = await extend(measure, layout, columns, signal);
			if (attempt === ATTEMPTS)
				return {
					counter: 'wrong_schema',
					why: `measure ${measure} takes no more columns: ${why || 'they do not appear'}`,
				};
		}
	};
	return {
		layout: async (measure, points, signal) => {
			const no = refused.get(measure);
			if (no && performance.now() - no.at < REFUSAL_MS) return no.refusal;
			const found = await settle(measure, points, signal);
			if ('counter' in found) refused.set(measure, { refusal: found, at: performance.now() });
			return found;
		},
		forget: (measure) => {
			if (measure === undefined) known.clear();
			else known.delete(measure);
		},
	};
};
