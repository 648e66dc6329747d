// pages: all points of a measure in a stretch of time, so many at once
// The server gives a hundred unless it is asked for more, and counts from the beginning for each further page; so each page
// begins at the last time of the one before it, whose points are read again.

import type { GrpcClient } from '../grpc/client/client.ts';
import { PATH } from './paths.ts';
import { type Found, queryRequest, readAnswer, type Stretch } from './query.ts';
import type { Schema } from './schema.ts';

const PAGE = 10_000;

/** Points, the oldest first, all of one time together. @throws GrpcError, WireError */
export async function* pagesOf(
	client: GrpcClient,
	schema: Schema,
	stretch: Omit<Stretch, 'limit' | 'offset'>,
	signal: AbortSignal,
	page = PAGE,
): AsyncGenerator<Found[]> {
	let { from } = stretch;
	for (let limit = page; ; ) {
		const request = queryRequest({ ...stretch, from, limit, offset: 0 }, schema);
		const [answer] = await client.call(PATH.query, [request], signal);
		const points = readAnswer(answer ?? new Uint8Array());
		if (points.length < limit) {
			yield points;
			return;
		}
		const last = points.reduce((latest, { ts }) => Math.max(latest, ts), from);
		const whole = points.filter(({ ts }) => ts < last);
		if (whole.length === 0) {
			// All of one time: they have to come at once.
			limit *= 2;
			continue;
		}
		yield whole;
		[from, limit] = [last, page];
	}
}
