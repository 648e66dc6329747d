// taker: an HTTP server that takes bodies and answers as well or as badly as a test wants
// What remote write 1.0 and OTLP in JSON say is read here as well, without official types, for tests that run anywhere.

import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { createServer as createTls } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { gunzipSync } from 'node:zlib';
import protobuf from 'protobufjs';
import { uncompress } from 'snappyjs';

/** `peer` is the fingerprint of the certificate that the client showed. */
export type Taken = { path: string; headers: IncomingHttpHeaders; body: Buffer; peer?: string };

/** How to answer; `reset` cuts the connection after the body, `silent` never answers. */
export type Answer =
	| { status: number; body?: string | Uint8Array; headers?: Record<string, string> }
	| 'reset'
	| 'silent';

export type Taker = {
	url: string;
	/** Every body that came, also those that were answered badly. */
	seen: Taken[];
	/** Those that were answered with 2xx. */
	taken: Taken[];
	become: (answer: (taken: Taken, before: number) => Answer | undefined) => void;
	close: () => Promise<void>;
};

const peerOf = (socket: Socket): { peer?: string } => {
	const peer = (socket as TLSSocket).getPeerCertificate?.()?.fingerprint256;
	return peer === undefined ? {} : { peer };
};

/** `answer` may leave a body to the usual 200; `before` is how many came earlier. */
export const taker = async (
	tls?: { key: string; cert: string; ca?: string; requestCert?: boolean },
	wanted = 0,
): Promise<Taker> => {
	const [seen, taken]: [Taken[], Taken[]] = [[], []];
	let answer: (one: Taken, before: number) => Answer | undefined = () => undefined;
	const listener: Parameters<typeof createServer>[1] = async (request, response) => {
		const chunks: Buffer[] = [];
		request.on('error', () => {});
		request.on('data', (chunk) => chunks.push(chunk));
		await once(request, 'end').catch(() => {});
		if (!request.complete) return;
		const one = {
			path: request.url ?? '',
			headers: request.headers,
			body: Buffer.concat(chunks),
			...peerOf(request.socket),
		};
		const given = answer(one, seen.length) ?? { status: 200 };
		seen.push(one);
		if (given === 'silent') return;
		if (given === 'reset') return void request.socket.destroy();
		if (given.status < 300) taken.push(one);
		response.writeHead(given.status, given.headers).end(given.body);
	};
	const server: Server = tls ? createTls(tls, listener) : createServer(listener);
	await once(server.listen(wanted, '127.0.0.1'), 'listening');
	const { port } = server.address() as AddressInfo;
	return {
		url: `http${tls ? 's' : ''}://127.0.0.1:${port}`,
		seen,
		taken,
		become: (next) => {
			answer = next;
		},
		close: async () => {
			server.closeAllConnections();
			server.close();
			await once(server, 'close');
		},
	};
};

const { root } = protobuf.parse(`
	syntax = "proto3";
	message Label { string name = 1; string value = 2; }
	message Sample { double value = 1; int64 timestamp = 2; }
	message Histogram { uint64 count_int = 1; int64 timestamp = 15; }
	message TimeSeries { repeated Label labels = 1; repeated Sample samples = 2; repeated Histogram histograms = 4; }
	message WriteRequest { repeated TimeSeries timeseries = 1; }
`);
const WriteRequest = root.lookupType('WriteRequest');

type Plain = {
	timeseries?: {
		labels: { name: string; value: string }[];
		samples?: { value: number; timestamp: string }[];
	}[];
};

const byText = (left: string, right: string): number => (left < right ? -1 : Number(left > right));

/** The samples in bodies of remote write 1.0, as `TIMESTAMP LABELS VALUE`, in order of time and name. */
export const samplesIn = (taken: Taken[]): string[] =>
	taken
		.flatMap(({ body }) => {
			const message = WriteRequest.decode(uncompress(body));
			const { timeseries = [] } = WriteRequest.toObject(message, { longs: String }) as Plain;
			return timeseries.flatMap(({ labels, samples = [] }) => {
				const text = labels.map(({ name, value }) => `${name}=${JSON.stringify(value)}`).join(',');
				return samples.map(({ value, timestamp }) => `${timestamp} ${text} ${value}`);
			});
		})
		.sort(byText);

type Metric = { name: string } & Record<string, { dataPoints: object[] } & object>;
type Export = { resourceMetrics: { resource: object; scopeMetrics: { metrics: Metric[] }[] }[] };

/** The points in bodies of OTLP in JSON, each with its metric and resource, in order of their text. */
export const pointsIn = (taken: Taken[]): string[] =>
	taken
		.flatMap(({ body, headers }) => {
			const text = headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
			const { resourceMetrics } = JSON.parse(text.toString()) as Export;
			return resourceMetrics.flatMap(({ resource, scopeMetrics }) =>
				scopeMetrics
					.flatMap(({ metrics }) => metrics)
					.flatMap((metric) => {
						const kind = ['gauge', 'sum', 'histogram', 'exponentialHistogram'].find((name) => metric[name])!;
						const { dataPoints, ...rest } = metric[kind]!;
						return dataPoints.map((point) => JSON.stringify([resource, metric.name, kind, rest, point]));
					}),
			);
		})
		.sort(byText);
