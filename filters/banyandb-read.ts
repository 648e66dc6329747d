#!/usr/bin/env node
// banyandb-read - what banyandb-write wrote into a BanyanDB, as records again
//
// usage:  banyandb-read HOST:PORT|URL [METRIC]... [--group bpfpipe] [--since 1h] [--until 0s] [--user-file FILE]
//                       [--ca-file FILE] [--cert-file FILE --key-file FILE] [--timeout 30s] > records
// stdin:  not read        stdout: records, metric by metric, those of one metric by their time
//
//   banyandb-read localhost:17912 calls --since 10m
// prints {"type":"sum","ts":1763712000000,"host":"web1","metric":"calls",...,"value":42} for each record of the last ten minutes,
// equal to what was written but for keys that no record of its type has. Without a METRIC: all of the group.
//
//   --since, --until   how long ago, as 15m, or a time, as 2025-11-21T08:00:00Z; both are included
//
// A histogram that is not whole, since it is being written right now, is a notice (incomplete). What somebody else wrote into the
// group is counted (foreign) and said. The exit code is 69 when the server cannot be had, 77 when it wants another login.

import { ENDPOINT, openEndpoint } from './lib/banyandb/endpoint.ts';
import { pagesOf } from './lib/banyandb/pages.ts';
import { PATH } from './lib/banyandb/paths.ts';
import { restore } from './lib/banyandb/records.ts';
import {
	getMeasureRequest,
	listMeasuresRequest,
	readMeasureAnswer,
	readMeasureNames,
} from './lib/banyandb/schema.ts';
import { measureOf } from './lib/banyandb/series.ts';
import { EXIT, Failure } from './lib/failure.ts';
import { CODE, GrpcError } from './lib/grpc/client/grpc-error.ts';
import { duration } from './lib/options.ts';
import { source } from './lib/source.ts';

const OPTIONS = {
	...ENDPOINT,
	since: { type: 'string', default: '1h' },
	until: { type: 'string', default: '0s' },
} as const;

// A page of points with long labels.
const MOST_ANSWER = 1024 * 1024 * 1024;

/** A moment: so long ago, or a date. @throws Failure(64) */
const momentOf = (text: string, where: string, now: number): number => {
	const date = /^\d{4}-/.test(text) ? Date.parse(text) : Number.NaN;
	return Number.isNaN(date) ? Math.max(0, now - duration(text, where)) : Math.max(0, date);
};

const failureOf = (error: unknown, name: string): unknown => {
	if (!(error instanceof GrpcError)) return error;
	const isDenied = error.code === CODE.denied || error.code === CODE.unauthenticated;
	return new Failure(isDenied ? EXIT.denied : EXIT.unavailable, `${name}: ${error.message}`);
};

source(import.meta, { options: OPTIONS, args: [1, 1000] }, async (context) => {
	const { args, options, log, count, emit, output, signal } = context;
	const [address, ...metrics] = args as [string, ...string[]];
	const now = Date.now();
	const from = momentOf(options.since, '--since', now);
	const to = momentOf(options.until, '--until', now);
	const { client, url, group } = openEndpoint(options, { address, log, most: MOST_ANSWER });
	const list = async () => {
		const [answer] = await client.call(PATH.listMeasures, [listMeasuresRequest(group)], signal);
		return readMeasureNames(answer ?? new Uint8Array());
	};
	const read = async (measure: string) => {
		const [answer] = await client.call(PATH.getMeasure, [getMeasureRequest(group, measure)], signal);
		const schema = readMeasureAnswer(answer ?? new Uint8Array());
		for await (const points of pagesOf(client, schema, { group, measure, from, to }, signal)) {
			const { records, foreign } = restore(points);
			for (const record of records) emit(record);
			count('points', points.length);
			if (foreign > 0) {
				count('foreign', foreign);
				log.warn(
					`${foreign} points of measure ${measure} are not of banyandb-write; left out`,
					{},
					'foreign',
				);
			}
			await output.room();
		}
	};
	try {
		for (const measure of metrics.length > 0 ? metrics.map(measureOf) : await list())
			await read(measure).catch((error) => {
				if (!(error instanceof GrpcError) || error.code !== CODE.notFound) throw error;
				throw new Failure(EXIT.unavailable, `group ${group} has no measure ${measure}`);
			});
	} catch (error) {
		if (signal.aborted) return;
		throw failureOf(error, url.origin);
	} finally {
		client.close();
	}
});
