// protocol: OTLP over HTTP: bodies, and what the specification says about answers to them

import { gzipSync } from 'node:zlib';
import protobuf, { type Reader } from 'protobufjs/minimal.js';
import type { Reply } from '../net/client.ts';
import type { Protocol } from '../post/courier.ts';
import { judgeFailure } from '../post/judgement.ts';
import { exportJson } from './json.ts';
import { exportMessage } from './messages.ts';
import type { Origin } from './origin.ts';
import type { Point } from './point.ts';

export type Encoding = 'protobuf' | 'json';
export type Compression = 'gzip' | 'none';

const TYPE = { protobuf: 'application/x-protobuf', json: 'application/json' } as const;
const PASSING = new Set([429, 502, 503, 504]);
// The body waits for it; the highest level takes ten times as long for a tenth less.
const GZIP = { level: 1 };

/** How many points the server did not take although it took the others, and what it says. */
type PartialSuccess = { refused: number; why: string };
const NOTHING: PartialSuccess = { refused: 0, why: '' };

/** A message's fields, told one after the other. */
const eachField = (reader: Reader, end: number, take: (field: number) => boolean) => {
	while (reader.pos < end) {
		const tag = reader.uint32();
		if (!take(tag >>> 3)) reader.skipType(tag & 7);
	}
};

const readMessage = (bytes: Uint8Array): PartialSuccess => {
	const found = { ...NOTHING };
	const reader = protobuf.Reader.create(bytes);
	eachField(reader, bytes.length, (field) => {
		if (field !== 1) return false;
		const length = reader.uint32();
		eachField(reader, reader.pos + length, (inner) => {
			if (inner === 1) found.refused = Number(reader.int64());
			else if (inner === 2) found.why = reader.string();
			return inner === 1 || inner === 2;
		});
		return true;
	});
	return found;
};

const readJson = (text: string): PartialSuccess => {
	const { rejectedDataPoints = 0, errorMessage = '' } = JSON.parse(text)?.partialSuccess ?? {};
	return { refused: Number(rejectedDataPoints), why: String(errorMessage) };
};

/** What an answer of 2xx says; one that cannot be read says nothing, for the server has said that it took the body. */
const partialSuccessIn = ({ headers, text, bytes }: Reply & { bytes: Uint8Array }): PartialSuccess => {
	if (bytes.length === 0) return NOTHING;
	try {
		const { refused, why } = /json/.test(headers['content-type'] ?? '') ? readJson(text) : readMessage(bytes);
		return { refused: Number.isSafeInteger(refused) && refused > 0 ? refused : 0, why };
	} catch {
		return NOTHING;
	}
};

export const otlpProtocol = (
	encoding: Encoding,
	compression: Compression,
	origin: Origin,
): Protocol<Point> => ({
	write: (points) => {
		const plain =
			encoding === 'json' ? Buffer.from(exportJson(points, origin)) : exportMessage(points, origin);
		const headers = { 'Content-Type': TYPE[encoding] };
		if (compression === 'none') return { body: plain, headers };
		return { body: gzipSync(plain, GZIP), headers: { ...headers, 'Content-Encoding': 'gzip' } };
	},
	judge: (reply, points) => {
		const { status } = reply;
		if (status < 200 || status >= 300) return judgeFailure(status, (one) => PASSING.has(one));
		const { refused, why } = partialSuccessIn(reply);
		return { kind: 'taken', refused: Math.min(refused, points.length), why };
	},
});
