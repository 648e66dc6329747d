// decode: protobuf bodies read by the official Go types, as plain objects; 64-bit numbers are strings in them

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../program.ts';

const SOURCES = join(ROOT, 'test', 'system', 'protobuf');
const CACHE = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'bpfpipe');

const program = (): string => {
	const hash = createHash('sha256');
	for (const file of ['go.mod', 'go.sum', 'main.go']) hash.update(readFileSync(join(SOURCES, file)));
	return join(CACHE, `protobuf-${hash.digest('hex').slice(0, 12)}`, 'decode');
};

/** Why the official types cannot be had, or ''. */
export const decoderLacks = (): string =>
	existsSync(program()) ? '' : 'the decoder of official types is missing; npm run setup builds it';

/** What the program of test/system/protobuf understands. */
export type Kind = 'families' | 'write1' | 'write2' | 'otlp' | 'otlp-json';

/** The messages in `bytes`. Throws what the decoder says against them. */
export const decode = <Message>(kind: Kind, bytes: Uint8Array | string): Message[] => {
	const { status, stdout, stderr } = spawnSync(program(), [kind], {
		input: bytes,
		encoding: 'utf8',
		maxBuffer: 1 << 30,
	});
	if (status !== 0) throw new Error(stderr.trim());
	return stdout
		.split('\n')
		.filter(Boolean)
		.map((line) => JSON.parse(line));
};

/** An object of a decoder: what is left out is zero. */
export type Decoded = Record<string, unknown>;

type Span = { offset?: number; length: number };
/** The fields of a native histogram, in a scrape or (without `sample`) in a remote write. */
export type NativeFields = {
	schema?: number;
	zeroThreshold?: number;
	zeroCount?: string;
	sampleCount?: string;
	positiveSpan?: Span[];
	positiveDelta?: string[];
	negativeSpan?: Span[];
	negativeDelta?: string[];
};

const sideOf = (spans: Span[] = [], deltas: string[] = []): [index: number, count: bigint][] => {
	const found: [number, bigint][] = [];
	let [index, at, count] = [0, 0, 0n];
	for (const { offset = 0, length } of spans) {
		index += offset;
		for (let run = 0; run < length; run++) {
			count += BigInt(deltas[at++]!);
			found.push([index++, count]);
		}
	}
	if (at !== deltas.length) throw new Error(`${deltas.length} deltas for ${at} buckets`);
	return found;
};

/** The buckets of a native histogram that counted something, as `lower upper count`, in order of their bounds. */
export const nativeBuckets = (native: NativeFields): string[] => {
	const base = 2 ** (2 ** -(native.schema ?? 0));
	const zero = native.zeroThreshold ?? 0;
	const rows = [
		...sideOf(native.negativeSpan, native.negativeDelta)
			.reverse()
			.map(([index, count]) => [-(base ** index), -(base ** (index - 1)), count] as const),
		[0, zero, BigInt(native.zeroCount ?? 0)] as const,
		...sideOf(native.positiveSpan, native.positiveDelta).map(
			([index, count]) => [base ** (index - 1), base ** index, count] as const,
		),
	];
	return rows.filter(([, , count]) => count > 0n).map((row) => row.join(' '));
};
