import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { gaugeOf, sumOf } from '../data/measures.ts';
import { outcome, run, start } from '../program.ts';
import { until } from '../servers/carbon.ts';
import { certificateIn } from '../servers/certificate.ts';
import { type FakeBanyandb, startFakeBanyandb } from '../servers/fake-banyandb.ts';
import { freePort } from '../servers/ports.ts';

const test = suite('banyandb-write');
const folder = mkdtempSync(join(tmpdir(), 'banyandb-write-'));
test.after(() => rmSync(folder, { recursive: true }));

const textOf = (...lines: (object | string)[]): string =>
	lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join('');
const withServer = async (
	act: (server: FakeBanyandb) => Promise<void>,
	...how: Parameters<typeof startFakeBanyandb>
) => {
	const server = await startFakeBanyandb(...how);
	try {
		await act(server);
	} finally {
		await server.close();
	}
};
const QUICK = ['--create', '--safety', '0s', '--linger', '20ms', '--retry-max', '100ms'];
const ours = (name: string, type: number) => ({
	tag_families: [
		{
			name: 'labels',
			tags: ['series', 'host', 'unit', 'type', 'temporality', 'monotonic'].map((tag) => ({
				name: tag,
				type: 1,
			})),
		},
	],
	fields: [{ name, field_type: type, encoding_method: 1, compression_method: 1 }],
	entity: { tag_names: ['series'] },
});

test('group and measure are made, and a point has its labels as tags', () =>
	withServer(async (server) => {
		const record = sumOf(42, { attributes: { comm: 'nginx' }, ts: 1763712000123 });
		const { status, stdout } = await run(
			'banyandb-write',
			[server.address.replace('http://', ''), ...QUICK],
			textOf(record),
		);
		assert.equal([status, stdout], [0, '']);
		assert.ok(server.groups.has('bpfpipe'));
		const [{ measure, ts, tags, fields }] = server.taken as [FakeBanyandb['taken'][0]];
		assert.equal([measure, ts, fields], ['calls', 1763712000123, { value: '42' }]);
		const { series, ...labels } = tags;
		assert.equal(labels, {
			host: 'web1',
			unit: '1',
			type: 'sum',
			temporality: 'cumulative',
			monotonic: 'true',
			comm: 'nginx',
		});
		assert.is(JSON.parse(series!).attributes.comm, 'nginx');
		assert.match(String(server.headers()['user-agent']), /^bpfpipe\/\d/);
	}));

test('each status is acted upon', () =>
	withServer(async (server) => {
		const records = [1, 2, 3, 4, 5].map((value) => sumOf(value, { host: `h${value}` }));
		const seen = new Map<string, number>();
		const ANSWERS: Record<string, string[]> = {
			h1: ['STATUS_DISK_FULL', 'STATUS_DISK_FULL'],
			h2: ['STATUS_EXPIRED_SCHEMA'],
			h3: ['STATUS_INVALID_TIMESTAMP'],
			h4: Array(9).fill('STATUS_INTERNAL_ERROR'),
		};
		server.become(({ tags }) => {
			const times = seen.get(tags.host!) ?? 0;
			seen.set(tags.host!, times + 1);
			return ANSWERS[tags.host!]?.[times];
		});
		const { status, stderr } = await run('banyandb-write', [server.address, ...QUICK], textOf(...records));
		assert.is(status, 0);
		assert.equal(server.taken.map(({ tags }) => tags.host).sort(), ['h1', 'h2', 'h5']);
		assert.equal([...seen.values()], [3, 2, 1, 5, 1]);
		assert.match(stderr, 'its disk is full');
		assert.match(stderr, '1 points are lost: the server says STATUS_INVALID_TIMESTAMP');
		assert.match(stderr, '1 points are lost: the server says STATUS_INTERNAL_ERROR, again and again');
		assert.ok(server.calls.get('getMeasure')! >= 2);
	}));

test('a wrong type, a foreign measure and a missing one are refused here, and the others arrive', () =>
	withServer(async (server) => {
		server.put(ours('value', 2), 'whole');
		server.put({ ...ours('value', 2), entity: { tag_names: ['host'] } }, 'foreign');
		const args = [server.address, ...QUICK.slice(1)];
		const records = [
			sumOf(1.5, { metric: 'whole' }),
			sumOf(2, { metric: 'whole' }),
			sumOf(3, { metric: 'foreign' }),
			gaugeOf(4, { metric: 'nowhere' }),
		];
		const { status, stderr } = await run('banyandb-write', args, textOf(...records));
		assert.is(status, 0);
		assert.equal(
			server.taken.map(({ fields }) => fields),
			[{ value: '2' }],
		);
		assert.match(stderr, 'whole cannot hold a value of ours: it has no field value_float of type float');
		assert.match(stderr, 'measure foreign of group bpfpipe: its entity is (host)');
		assert.match(stderr, 'group bpfpipe has no measure nowhere');
	}));

test('new labels and other types become columns, and what others added stays', () =>
	withServer(async (server) => {
		server.put({ ...ours('value', 2), later: 'kept' }, 'calls');
		const records = [sumOf(1, { attributes: { a: 'x' } }), sumOf(1.5, { attributes: { b: 'y' } })];
		assert.is((await run('banyandb-write', [server.address, ...QUICK], textOf(...records))).status, 0);
		assert.equal(
			server.taken.map(({ fields, tags: { a, b } }) => ({ fields, a, b })),
			[
				{ fields: { value: '1' }, a: 'x', b: undefined },
				{ fields: { value_float: 1.5 }, a: undefined, b: 'y' },
			],
		);
		assert.is(server.measures.get('bpfpipe calls')!.later, 'kept');
		assert.is(server.calls.get('updateMeasure'), 1);
	}));

test('what was answered lately is sent again when the connection breaks, with the same versions, and confirmed later', async () => {
	const ack = join(folder, 'ack');
	const port = await freePort();
	let server = await startFakeBanyandb(undefined, port);
	const child = start('banyandb-write', [server.address, ...QUICK, '--safety', '1500ms', '--ack', ack]);
	const done = outcome(child);
	try {
		child.stdin!.write(textOf(sumOf(1), '#!pos {"n":1}'));
		await until(() => server.taken.length === 1);
		const [first] = server.taken;
		assert.not.ok(existsSync(ack), 'confirmed with the answer');
		await server.close();
		// The one that comes back knows nothing any more.
		server = await startFakeBanyandb(undefined, port);
		await until(() => server.taken.length === 1);
		assert.equal(server.taken, [first]);
		child.stdin!.end(textOf('#!end'));
		const { status, stderr } = await done;
		assert.is(status, 0, stderr);
		assert.match(stderr, '1 points that were answered lately are sent once more');
		assert.equal(JSON.parse(readFileSync(ack, 'utf8')), { n: 1 });
	} finally {
		await server.close();
	}
});

test('without an ack file what waits has an end: 69, or 77 for a login that is refused', () =>
	withServer(async (server) => {
		const nobody = `127.0.0.1:${await freePort()}`;
		const [away, denied] = await Promise.all([
			run('banyandb-write', [nobody, ...QUICK, '--drain', '300ms'], textOf(sumOf(1))),
			(async () => {
				server.refuse(() => ({ code: 16, details: 'who are you' }));
				const file = join(folder, 'user');
				writeFileSync(file, 'me:se:cret\n', { mode: 0o600 });
				return run(
					'banyandb-write',
					[server.address, ...QUICK, '--drain', '300ms', '--user-file', file],
					textOf(sumOf(1)),
				);
			})(),
		]);
		assert.equal([away.status, denied.status], [69, 77]);
		assert.match(away.stderr, 'connection refused');
		assert.match(denied.stderr, 'who are you');
		assert.equal([server.headers().username, server.headers().password], ['me', 'se:cret']);
	}));

test('a stream that the server takes only in parts is sent in parts', () =>
	withServer(async (server) => {
		let left = 3;
		server.refuse((path) => (path === 'write' && left-- > 0 ? { code: 8, details: 'too much' } : undefined));
		const records = [1, 2, 3, 4].map((value) => sumOf(value, { host: `h${value}` }));
		const { status, stderr } = await run('banyandb-write', [server.address, ...QUICK], textOf(...records));
		assert.is(status, 0);
		assert.match(stderr, '1 points are lost: too much');
		assert.is(server.taken.length, 3);
	}));

test('a server that wants a certificate is shown one', () => {
	const { key, cert, file } = certificateIn(folder);
	const tls = { key: Buffer.from(key), cert: Buffer.from(cert), ca: Buffer.from(cert) };
	return withServer(async (server) => {
		const args = [server.address, ...QUICK, '--drain', '500ms', '--ca-file', file];
		const shown = ['--cert-file', file, '--key-file', join(folder, 'key.pem')];
		const [good, bad] = await Promise.all([
			run('banyandb-write', [...args, ...shown], textOf(sumOf(1))),
			run('banyandb-write', args, textOf(sumOf(2))),
		]);
		assert.equal([good.status, bad.status], [0, 69], good.stderr);
		assert.equal(
			server.taken.map(({ fields }) => fields.value),
			['1'],
		);
	}, tls);
});

for (const [args, says] of [
	[['ftp://x:1'], 'is neither http nor https'],
	[['http://a:b@x:1'], 'use --user-file'],
	[['http://x:1/path'], 'has a path'],
	[['x:1', '--ttl', '90m'], 'is not a number of whole hours or days'],
	[['x:1', '--group', ''], '--group is empty'],
	[[], 'argument'],
] as const)
	test(`refused: ${args.join(' ') || 'nothing'}`, async () => {
		const { status, stderr } = await run('banyandb-write', [...args]);
		assert.is(status, 64);
		assert.match(stderr, says);
	});

test.run();
