// protocol: remote write over HTTP: bodies in either version, and what the specifications say about answers to them

import { compress } from 'snappyjs';
import type { Reply } from '../net/client.ts';
import type { Protocol } from '../post/courier.ts';
import { judgeFailure, reasonIn } from '../post/judgement.ts';
import { type Item, samplesIn } from './item.ts';
import { writeRequest1, writeRequest2 } from './messages.ts';

/** `auto` is 2.0 until the server shows that it only has 1.0. */
export type Version = 'auto' | '1' | '2';

const SNAPPY = { 'Content-Encoding': 'snappy' };
const HEADERS = {
	'1': {
		...SNAPPY,
		'Content-Type': 'application/x-protobuf',
		'X-Prometheus-Remote-Write-Version': '0.1.0',
	},
	'2': {
		...SNAPPY,
		'Content-Type': 'application/x-protobuf;proto=io.prometheus.write.v2.Request',
		'X-Prometheus-Remote-Write-Version': '2.0.0',
	},
} as const;

/**
 * A log that is read again begins with what the server has: it refuses each of these as out of order, and with them, where it
 * takes a body whole or not at all, all that is new in the same body. So a few batches may be taken apart to single records.
 */
const MOST_REFUSALS = 10_000;

const isPassing = (status: number): boolean => status === 429 || status >= 500;

/** How many samples and histograms a server of 2.0 says that it has written; undefined where it says nothing. */
const writtenIn = ({ headers }: Pick<Reply, 'headers'>): number | undefined => {
	const said = ['samples', 'histograms'].map((what) => headers[`x-prometheus-remote-write-${what}-written`]);
	if (said.every((text) => text === undefined)) return undefined;
	return said.reduce((sum, text) => sum + (Number(text) || 0), 0);
};

export const remoteWriteProtocol = (wanted: Version): Protocol<Item> => {
	let version: '1' | '2' = wanted === '1' ? '1' : '2';

	const fallBack = (why: string) => {
		version = '1';
		return { kind: 'again', why: `the server ${why}; going on with remote write 1.0` } as const;
	};
	return {
		mostRefusals: MOST_REFUSALS,
		write: (items) => {
			const plain = version === '1' ? writeRequest1(items) : writeRequest2(items);
			return { body: compress(plain), headers: HEADERS[version] };
		},
		judge: (reply, items) => {
			const { status } = reply;
			const isGood = status >= 200 && status < 300;
			const mayFallBack = version === '2' && wanted === 'auto';
			if (mayFallBack && status === 415) return fallBack('does not take remote write 2.0');
			const written = version === '2' ? writtenIn(reply) : undefined;
			// A server of 1.0 that does not look at the type finds nothing in a body of 2.0, and says that all is well.
			if (mayFallBack && isGood && written === undefined) return fallBack('does not say what it has written');
			if (isGood || (written !== undefined && !isPassing(status))) {
				const refused = Math.max(0, samplesIn(items) - (written ?? samplesIn(items)));
				return { kind: 'taken', refused, why: refused > 0 ? reasonIn(reply) : '' };
			}
			return judgeFailure(status, isPassing);
		},
	};
};
