import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import protobuf from 'protobufjs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { gaugeOf, histogramOf, sumOf } from '../data/measures.ts';
import { decode, decoderLacks } from '../harness/decode.ts';
import { commandsLack, testWith } from '../parts.ts';
import { outcome, run, start } from '../program.ts';
import { until } from '../servers/carbon.ts';
import { certificateIn } from '../servers/certificate.ts';
import { freePort } from '../servers/ports.ts';
import { pointsIn, type Taker, taker } from '../servers/taker.ts';

const test = suite('otlp-send');
const folder = mkdtempSync(join(tmpdir(), 'otlp-send-'));
test.after(() => rmSync(folder, { recursive: true }));

const TS = 1763712000000;
const textOf = (...lines: (object | string)[]): string =>
	lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join('');
type Pem = ReturnType<typeof certificateIn>;
const withServer = async (act: (server: Taker) => Promise<void>, tls?: Parameters<typeof taker>[0]) => {
	const server = await taker(tls);
	try {
		await act(server);
	} finally {
		await server.close();
	}
};
const JSON_PLAIN = ['--encoding', 'json', '--compression', 'none'];

test('a body in JSON, as the specification spells it', () =>
	withServer(async (server) => {
		const record = histogramOf(
			[
				[0, 1, 5],
				[2, 4, '9007199254740993'],
			],
			{ metric: 'cpu-lat', attributes: { comm: 'nginx' }, start: TS - 1000 },
		);
		const { status, stdout, stderr } = await run('otlp-send', [server.url, ...JSON_PLAIN], textOf(record));
		assert.equal({ status, stdout, stderr }, { status: 0, stdout: '', stderr: '' });
		const [{ path, headers, body }] = server.taken as [Taker['taken'][number]];
		assert.is(path, '/v1/metrics');
		assert.is(headers['content-type'], 'application/json');
		assert.match(headers['user-agent']!, /^bpfpipe\/\d/);
		const { resourceMetrics } = JSON.parse(body.toString());
		assert.equal(resourceMetrics[0].resource.attributes[1], {
			key: 'host.name',
			value: { stringValue: 'web1' },
		});
		assert.equal(resourceMetrics[0].scopeMetrics[0].metrics, [
			{
				name: 'cpu-lat',
				unit: 'us',
				histogram: {
					dataPoints: [
						{
							attributes: [{ key: 'comm', value: { stringValue: 'nginx' } }],
							startTimeUnixNano: `${TS - 1000}000000`,
							timeUnixNano: `${TS}000000`,
							count: '9007199254740998',
							bucketCounts: ['5', '0', '9007199254740993', '0'],
							explicitBounds: [0, 1, 3],
						},
					],
					aggregationTemporality: 2,
				},
			},
		]);
	}));

testWith(test, decoderLacks(), 'a body in protobuf, in gzip', () =>
	withServer(async (server) => {
		const args = [`${server.url}/any/path?x=1`, '--resource', 'service.name=mine,host.name=other'];
		assert.is((await run('otlp-send', args, textOf(sumOf(42)))).status, 0);
		const [{ path, headers, body }] = server.taken as [Taker['taken'][number]];
		assert.equal(
			[path, headers['content-type'], headers['content-encoding']],
			['/any/path?x=1', 'application/x-protobuf', 'gzip'],
		);
		const [message] = decode<{
			resourceMetrics: { resource: unknown; scopeMetrics: { metrics: unknown[] }[] }[];
		}>('otlp', gunzipSync(body));
		const [{ resource, scopeMetrics }] = message!.resourceMetrics as [
			(typeof message & object)['resourceMetrics'][0],
		];
		assert.equal(resource, {
			attributes: [
				{ key: 'service.name', value: { stringValue: 'mine' } },
				{ key: 'host.name', value: { stringValue: 'other' } },
				{ key: 'service.instance.id', value: { stringValue: 'web1' } },
			],
		});
		assert.equal(scopeMetrics[0]!.metrics, [
			{
				name: 'calls',
				unit: '1',
				sum: {
					dataPoints: [{ timeUnixNano: `${TS}000000`, asInt: '42' }],
					aggregationTemporality: 'AGGREGATION_TEMPORALITY_CUMULATIVE',
					isMonotonic: true,
				},
			},
		]);
	}),
);

const { root } = protobuf.parse(`
	syntax = "proto3";
	message Partial { int64 rejected = 1; string why = 2; }
	message Response { Partial partial = 1; string later = 9; }
`);
const responseOf = (rejected: number, why: string): Uint8Array =>
	root.lookupType('Response').encode({ partial: { rejected, why }, later: 'x' }).finish();

test('a partial success is counted and said, in either encoding', () =>
	withServer(async (server) => {
		const records = textOf(gaugeOf(1), gaugeOf(2, { host: 'b' }), gaugeOf(3, { host: 'c' }));
		for (const [args, body, type] of [
			[[], responseOf(2, 'too old'), 'application/x-protobuf'],
			[
				JSON_PLAIN,
				'{"partialSuccess":{"rejectedDataPoints":"2","errorMessage":"too old"}}',
				'application/json; charset=utf-8',
			],
		] as const) {
			server.become(() => ({ status: 200, body, headers: { 'content-type': type } }));
			const { status, stderr } = await run('otlp-send', [server.url, ...args], records);
			assert.is(status, 0);
			assert.match(stderr, '2 points were refused and are lost: too old');
		}
		server.become(() => ({ status: 200, body: responseOf(0, 'use https'), headers: {} }));
		const advice = await run('otlp-send', [server.url], records);
		assert.match(advice.stderr, 'says: use https');
		assert.not.match(advice.stderr, 'lost');
		for (const body of ['', 'no protobuf at all', '\xff\xff\xff']) {
			server.become(() => ({ status: 200, body }));
			assert.equal(await run('otlp-send', [server.url], records), { ...advice, stderr: '' }, body);
		}
	}));

for (const status of [429, 502, 503, 504])
	test(`${status} is tried again`, () =>
		withServer(async (server) => {
			server.become((_one, before) =>
				before === 0 ? { status, headers: { 'retry-after': '0' } } : undefined,
			);
			const { status: code, stderr } = await run('otlp-send', [server.url], textOf(gaugeOf(1)));
			assert.is(code, 0);
			assert.match(stderr, `${status}; trying again`);
			assert.equal([server.seen.length, server.taken.length], [2, 1]);
		}));

test('500 and 400 are not, and the stage goes on', () =>
	withServer(async (server) => {
		for (const status of [500, 400]) {
			server.become((_one, before) => (before % 2 === 0 ? { status, body: 'why' } : undefined));
			const seen = server.seen.length;
			const args = [server.url, '--batch', '1'];
			const { status: code, stderr } = await run(
				'otlp-send',
				args,
				textOf(gaugeOf(1), gaugeOf(2, { host: 'b' })),
			);
			assert.is(code, 0);
			assert.match(stderr, `1 points were refused and are lost: ${status}: why`);
			assert.is(server.seen.length - seen, 2);
		}
	}));

test('what has no form is counted', () =>
	withServer(async (server) => {
		const child = start('otlp-send', [server.url, '--histograms', 'exponential', ...JSON_PLAIN]);
		const done = outcome(child);
		child.stdin!.write(
			textOf(
				{ type: 'yak' },
				histogramOf([[3, 6, 1]]),
				histogramOf([[1, 2, '99999999999999999999']], { host: 'b' }),
				histogramOf([[1, 2, -1]], { host: 'c' }),
			),
		);
		let stderr = '';
		child.stderr!.on('data', (chunk) => {
			stderr += chunk;
		});
		await until(() => stderr.includes('below zero'));
		child.kill('SIGUSR1');
		await until(() => stderr.includes('in 4'));
		assert.match(stderr, /left_out 1, explicit 1, too_large 1, bad 1/);
		child.stdin!.end();
		assert.is((await done).status, 0);
		assert.is(pointsIn(server.taken).length, 1);
	}));

test('a token and a password by file, read again when it changes, and other headers', () =>
	withServer(async (server) => {
		const [token, user] = [join(folder, 'token'), join(folder, 'user')];
		writeFileSync(token, 'old\n');
		writeFileSync(user, 'me:secret\n');
		server.become(({ headers }) => {
			if (headers.authorization !== 'Bearer old') return undefined;
			writeFileSync(token, 'new-token\n');
			return { status: 401 };
		});
		const args = ['--token-file', token, '--header', 'X-Scope-OrgID: 7', '--retry-max', '10ms'];
		const { status, stderr } = await run('otlp-send', [server.url, ...args], textOf(gaugeOf(1)));
		assert.is(status, 0);
		assert.match(stderr, '401; tried again until somebody sets that right');
		assert.not.match(stderr, /old|new-token/);
		assert.is(server.taken[0]!.headers.authorization, 'Bearer new-token');
		assert.is(server.taken[0]!.headers['x-scope-orgid'], '7');
		await run('otlp-send', [server.url, '--user-file', user], textOf(gaugeOf(1)));
		const basic = `Basic ${Buffer.from('me:secret').toString('base64')}`;
		assert.is(server.taken[1]!.headers.authorization, basic);
	}));

testWith(test, commandsLack('openssl'), 'a server whose issuer is in a file', async () => {
	const { key, cert, file } = certificateIn(folder);
	await withServer(
		async (server) => {
			const strange = await run('otlp-send', [server.url, '--drain', '300ms'], textOf(gaugeOf(1)));
			assert.is(strange.status, 69);
			assert.match(strange.stderr, 'self-signed certificate');
			assert.is((await run('otlp-send', [server.url, '--ca-file', file], textOf(gaugeOf(1)))).status, 0);
			assert.is(server.taken.length, 1);
		},
		{ key, cert },
	);
});

testWith(
	test,
	commandsLack('openssl'),
	'a server that asks who calls, and a certificate that is renewed',
	async () => {
		const folders = ['server', 'mine', 'renewed'].map((name) => join(folder, name));
		for (const one of folders) mkdirSync(one);
		const [own, mine, renewed] = folders.map((one) => certificateIn(one)) as [Pem, Pem, Pem];
		const [certFile, keyFile] = [join(folder, 'client.pem'), join(folder, 'client.key')];
		const put = ({ cert, key }: Pem) => {
			writeFileSync(certFile, cert);
			writeFileSync(keyFile, key);
		};
		put(mine);
		const trusted = { key: own.key, cert: own.cert, ca: mine.cert + renewed.cert, requestCert: true };
		await withServer(async (server) => {
			const url = [server.url, '--ca-file', own.file];
			const args = [...url, '--cert-file', certFile, '--key-file', keyFile];
			const nobody = await run('otlp-send', [...url, '--drain', '300ms'], textOf(gaugeOf(1)));
			assert.is(nobody.status, 69, 'without one it is turned away');
			assert.is(server.taken.length, 0);
			assert.is((await run('otlp-send', args, textOf(gaugeOf(1)))).status, 0);
			assert.is(server.taken.length, 1);

			const child = start('otlp-send', [...args, '--linger', '10ms']);
			const done = outcome(child);
			child.stdin!.write(textOf(gaugeOf(2)));
			await until(() => server.taken.length === 2, 10_000);
			// Half of a pair: what was there before is shown on.
			writeFileSync(certFile, renewed.cert);
			child.stdin!.write(textOf(gaugeOf(3)));
			await until(() => server.taken.length === 3, 10_000);
			put(renewed);
			child.stdin!.end(textOf(gaugeOf(4)));
			const { status, stderr } = await done;
			assert.equal([status, stderr], [0, '']);
			assert.equal(
				server.taken.map(({ peer }) => peer),
				[mine, mine, mine, renewed].map(({ cert }) => new X509Certificate(cert).fingerprint256),
			);
			for (const [more, code] of [
				[['--cert-file', certFile], 64],
				[['--cert-file', certFile, '--key-file', join(folders[1]!, 'key.pem')], 78],
				[['--cert-file', join(folder, 'none'), '--key-file', keyFile], 69],
			] as const)
				assert.is((await run('otlp-send', [...url, ...more])).status, code, more.join(' '));
			const plain = await run('otlp-send', ['http://x', ...args.slice(3)]);
			assert.is(plain.status, 64);
			assert.match(plain.stderr, /means nothing without https/);
		}, trusted);
	},
);

test('an outage with --ack: nothing is lost, the reader waits, TERM ends at once', async () => {
	const port = await freePort();
	const ack = join(folder, 'ack');
	const args = [
		`http://127.0.0.1:${port}`,
		...JSON_PLAIN,
		'--ack',
		ack,
		'--batch',
		'2',
		'--retry-max',
		'50ms',
	];
	const child = start('otlp-send', args);
	const done = outcome(child);
	for (let at = 0; at < 50; at++)
		child.stdin!.write(textOf(`#!pos {"at":${at}}`, sumOf(at, { ts: TS + at })));
	child.stdin!.write(textOf('#!pos {"at":50}'));
	await new Promise((resolve) => setTimeout(resolve, 400));
	assert.equal(JSON.parse(readFileSync(ack, 'utf8')), { at: 0 });
	const server = await taker(undefined, port);
	await until(() => JSON.parse(readFileSync(ack, 'utf8')).at === 50, 10_000);
	assert.is(pointsIn(server.taken).length, 50);
	await server.close();
	child.stdin!.write(textOf(sumOf(99, { ts: TS + 99 }), '#!pos {"at":99}'));
	await new Promise((resolve) => setTimeout(resolve, 300));
	const from = performance.now();
	child.kill('SIGTERM');
	const { status, stderr } = await done;
	assert.is(status, 0);
	assert.ok(performance.now() - from < 3000);
	assert.match(stderr, '1 points are not delivered; the next run reads them again');
	assert.equal(JSON.parse(readFileSync(ack, 'utf8')), { at: 50 });
});

test('without --ack what is not delivered is 69, and the oldest are dropped first', async () => {
	const args = [`http://127.0.0.1:${await freePort()}`, '--drain', '100ms', '--queue', '4', '--batch', '2'];
	const many = Array.from({ length: 9 }, (_, at) => gaugeOf(at, { host: `h${at}` }));
	const { status, stderr } = await run('otlp-send', args, textOf(...many));
	assert.is(status, 69);
	assert.match(stderr, 'more than 4 points wait; the oldest are dropped');
	assert.match(stderr, 'connection refused');
});

test('usage', async () => {
	for (const args of [
		[],
		['a', 'b'],
		['nowhere'],
		['ftp://x'],
		['http://me:pass@x'],
		['http://me@x'],
		['http://:pass@x'],
		['http://x', '--encoding', 'xml'],
		['http://x', '--histograms', 'native'],
		['http://x', '--compression', 'zip'],
		['http://x', '--resource', 'x'],
		['http://x', '--header', 'a b: c'],
		['http://x', '--header', 'x: a\nb: c'],
		['http://x', '--batch', '0'],
		['http://x', '--token-file', '/dev/null', '--user-file', '/dev/null'],
	]) {
		const { status, stdout, stderr } = await run('otlp-send', args);
		assert.equal([status, stdout], [64, ''], args.join(' '));
		assert.match(stderr, /^otlp-send: .*\n$/, args.join(' '));
	}
	assert.is((await run('otlp-send', ['http://x', '--ca-file', join(folder, 'none')])).status, 69);
	assert.not(existsSync(join(folder, 'none')));
});

test.run();
