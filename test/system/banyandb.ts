// banyandb-write and banyandb-read with the real BanyanDB: what went in comes back equal, whatever is killed meanwhile.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { PATH } from '../../filters/lib/banyandb/paths.ts';
import {
	getMeasureRequest,
	readMeasureAnswer,
	updateMeasureRequest,
} from '../../filters/lib/banyandb/schema.ts';
import { createGrpcClient } from '../../filters/lib/grpc/client/client.ts';
import { gaugeOf, histogramOf, noticeOf, sumOf } from '../data/measures.ts';
import { testWith } from '../parts.ts';
import { outcome, run, start } from '../program.ts';
import { type Banyandb, banyandbLacks, startBanyandb } from '../servers/banyandb.ts';
import { until } from '../servers/carbon.ts';
import { certificateIn } from '../servers/certificate.ts';

const test = suite('banyandb-write and banyandb-read with a real BanyanDB');
const folder = mkdtempSync(join(tmpdir(), 'system-banyandb-'));
let server: Banyandb;
// It writes what it took after a second, in place of five, so that a test need not wait for ten.
const QUICK = ['--measure-flush-timeout', '1s', '--schema-server-flush-timeout', '1s'];
const SAFETY = ['--safety', '3s'];
test.before(async () => {
	if (banyandbLacks() === '') server = await startBanyandb(QUICK);
});
test.after(async () => {
	await server?.end();
	rmSync(folder, { recursive: true });
});
const withDb = (name: string, body: () => Promise<void>) => testWith(test, banyandbLacks(), name, body);

const NOW = Math.floor(Date.now() / 1000) * 1000;
const textOf = (records: object[]): string => records.map((record) => `${JSON.stringify(record)}\n`).join('');
const sortedKeys = (value: unknown): unknown =>
	typeof value === 'object' && value !== null && !Array.isArray(value)
		? Object.fromEntries(
				Object.keys(value)
					.sort()
					.map((key) => [key, sortedKeys((value as Record<string, unknown>)[key])]),
			)
		: value;
/** Lines in one order, with one order of keys, so that equal sets of records are equal. */
const canonical = (records: object[]): string[] =>
	records.map((one) => JSON.stringify(sortedKeys(one))).sort();
const readBack = async (url: string, ...args: string[]): Promise<object[]> => {
	const { status, stdout, stderr } = await run('banyandb-read', [
		url,
		...args,
		...['--since', '1d', '--until', '2100-01-01T00:00:00Z'],
	]);
	assert.equal({ status, stderr }, { status: 0, stderr: '' });
	return stdout
		.split('\n')
		.filter(Boolean)
		.map((line) => JSON.parse(line));
};
const same = (found: object[], wanted: object[]) => {
	const [a, b] = [canonical(found), canonical(wanted)];
	assert.is(a.length, b.length);
	const digest = (lines: string[]) => createHash('sha256').update(lines.join('\n')).digest('hex');
	if (digest(a) !== digest(b)) assert.equal(a, b);
};

const LARGE = '9007199254740993';
const EVERY_KIND = [
	histogramOf(
		[
			[0, 1, 5],
			[1, 2, LARGE],
			[4, 8, 3],
			[8, null, 1],
		],
		{ ts: NOW, start: NOW - 1500, attributes: { comm: 'a "b"\\\n', synthetic: 'no', series: 'x', '': 'y' } },
	),
	histogramOf(
		[
			[null, -4, 1],
			[-4, -2, 7],
			['18446744073709551616', '36893488147419103232', 3],
		],
		{ ts: NOW, metric: 'exp', temporality: 'delta', start: NOW - 1000 },
	),
	histogramOf([], { ts: NOW, metric: 'empty' }),
	histogramOf([[null, null, 4]], { ts: NOW, metric: 'all/ü' }),
	sumOf('9223372036854775807', { ts: NOW, host: 'web2' }),
	sumOf('-9223372036854775808', { ts: NOW, host: 'web3', monotonic: false, start: NOW - 1 }),
	sumOf(-5, { ts: NOW, metric: 'open', monotonic: false, temporality: 'delta' }),
	sumOf(1.5, { ts: NOW, host: 'a fraction among integers' }),
	gaugeOf(3.5, { ts: NOW, synthetic: true, unit: 'By' }),
	gaugeOf(7, { ts: NOW, attributes: { ge: 'x', exported_ge: 'y', later: 'z' } }),
	gaugeOf(LARGE, { ts: NOW + 1 }),
	gaugeOf(1e300, { ts: NOW + 2 }),
	noticeOf('lost_events', { ts: NOW, metric: 'lat', count: 17, detail: 'so', attributes: { comm: 'x' } }),
	noticeOf('lost_events', { ts: NOW, metric: 'lat', count: 18, detail: 'so' }),
];

withDb('every kind of record, exact to the last digit', async () => {
	const { status, stderr } = await run(
		'banyandb-write',
		[server.url, '--create', '--safety', '0s'],
		textOf(EVERY_KIND),
	);
	assert.is(status, 0, stderr);
	same(await readBack(server.url), EVERY_KIND);
	assert.is((await readBack(server.url, 'exp', 'empty')).length, 2);
});

const series = (metric: string, count: number, each: number) =>
	Array.from({ length: count }, (_, at) =>
		sumOf(at, {
			ts: NOW - count + Math.floor(at / each),
			metric,
			attributes: { comm: `worker-${at % each}` },
		}),
	);

withDb('100,000 points come back equal, more than any page of many has', async () => {
	const records = series('many', 100_000, 1000);
	const { status, stderr } = await run(
		'banyandb-write',
		[server.url, '--create', '--safety', '0s', '--group', 'many'],
		textOf(records),
	);
	assert.is(status, 0, stderr);
	same(await readBack(server.url, 'many', '--group', 'many'), records);
});

/** Records with a barrier behind each `step`, from the barrier `from` on. */
const barred = (records: object[], step: number, from = 0): string[] =>
	Array.from({ length: Math.ceil(records.length / step) - from }, (_, at) => {
		const first = (from + at) * step;
		return `${textOf(records.slice(first, first + step))}#!pos {"n":${from + at + 1}}\n`;
	});

withDb('killed in mid-write and started again: nothing missing, nothing doubled', async () => {
	const records = series('killed', 20_000, 500);
	const ack = join(folder, 'ack-killed');
	const args = [server.url, '--create', '--linger', '20ms', '--batch', '1000', '--ack', ack, ...SAFETY];
	const child = start('banyandb-write', [...args, '--retry-max', '500ms']);
	const done = outcome(child);
	const pieces = barred(records, 500);
	for (const [at, piece] of pieces.entries()) {
		child.stdin!.write(piece);
		await sleep(25);
		// What was answered a moment ago, and the measure itself, are gone with it.
		if (at === 20) {
			await server.kill();
			await server.again();
		}
	}
	child.stdin!.end('#!end\n');
	const { status, stderr } = await done;
	assert.is(status, 0, stderr);
	assert.match(stderr, /points that were answered lately are sent once more/);
	assert.equal(JSON.parse(readFileSync(ack, 'utf8')), { n: pieces.length });
	same(await readBack(server.url, 'killed'), records);
});

withDb('both killed after the last answer: the ack file is behind what the server had written', async () => {
	const records = series('both', 10_000, 100);
	const ack = join(folder, 'ack-both');
	const args = [server.url, '--create', '--linger', '20ms', '--batch', '1000', '--ack', ack, ...SAFETY];
	const child = start('banyandb-write', args);
	const done = outcome(child);
	const pieces = barred(records, 500);
	for (const piece of pieces) {
		child.stdin!.write(piece);
		await sleep(200);
	}
	await until(() => existsSync(ack));
	child.kill('SIGKILL');
	await server.kill();
	await done;
	const { n } = JSON.parse(readFileSync(ack, 'utf8'));
	assert.ok(n < pieces.length, 'everything was confirmed, too early');
	await server.again();
	const again = await run(
		'banyandb-write',
		[...args.slice(0, -2), '--safety', '0s'],
		`${barred(records, 500, n).join('')}#!end\n`,
	);
	assert.is(again.status, 0, again.stderr);
	same(await readBack(server.url, 'both'), records);
});

withDb('a schema that changes under us is read again, and one that is gone is made again', async () => {
	const client = createGrpcClient(new URL(server.url), {
		headers: () => ({}),
		timeoutMs: 5000,
		most: 1e7,
	});
	const child = start('banyandb-write', [server.url, '--create', '--linger', '20ms', '--safety', '0s']);
	const done = outcome(child);
	const record = (value: number, more: object = {}) =>
		sumOf(value, { ts: NOW + value, metric: 'shifty', ...more });
	const arrived = async (wanted: number) => {
		for (let left = 50; (await values()).length !== wanted; left--) {
			assert.ok(left > 0, `${(await values()).length} records came, not ${wanted}`);
			await sleep(100);
		}
	};
	const values = async () => {
		const { stdout } = await run('banyandb-read', [server.url, 'shifty', '--until', '2100-01-01']);
		return stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line).value]));
	};
	const get = async () => {
		const [answer] = await client.call(PATH.getMeasure, [getMeasureRequest('bpfpipe', 'shifty')]);
		return readMeasureAnswer(answer!);
	};
	try {
		child.stdin!.write(textOf([record(1)]));
		await arrived(1);
		const update = updateMeasureRequest(await get(), { tags: ['theirs'], fields: [['extra', 'float']] });
		await client.call(PATH.updateMeasure, [update]);
		child.stdin!.write(textOf([record(2), record(3, { attributes: { mine: 'too' } })]));
		await arrived(3);
		const { families, fields } = await get();
		const names = families.flatMap(({ tags }) => tags.map(({ name }) => name));
		assert.equal(
			['series', 'theirs', 'mine'].filter((name) => names.includes(name)),
			['series', 'theirs', 'mine'],
		);
		assert.ok(fields.some(({ name, kind }) => name === 'extra' && kind === 'float'));
		await client.call('/banyandb.database.v1.MeasureRegistryService/Delete', [
			getMeasureRequest('bpfpipe', 'shifty'),
		]);
		child.stdin!.write(textOf([record(4)]));
		// What was in it may come back with it, but the new one has to be there.
		for (let left = 50; left > 0 && !(await values()).includes(4); left--) await sleep(100);
		assert.ok((await values()).includes(4));
	} finally {
		child.stdin!.end();
		client.close();
	}
	assert.is((await done).status, 0);
});

withDb('a value of the wrong type is refused on our side, where the server would store nothing', async () => {
	const args = [server.url, '--safety', '0s'];
	const make = await run(
		'banyandb-write',
		[...args, '--create'],
		textOf([sumOf(1, { ts: NOW, metric: 'typed' })]),
	);
	assert.is(make.status, 0, make.stderr);
	const records = [sumOf(2.5, { ts: NOW + 1, metric: 'typed' }), sumOf(3, { ts: NOW + 2, metric: 'typed' })];
	const { status, stderr } = await run('banyandb-write', args, textOf(records));
	assert.is(status, 0);
	assert.match(
		stderr,
		'1 points are lost: typed cannot hold a value of ours: it has no field value_float of type float',
	);
	same(await readBack(server.url, 'typed'), [sumOf(1, { ts: NOW, metric: 'typed' }), records[1]!]);
	const missing = await run('banyandb-write', args, textOf([sumOf(1, { metric: 'nowhere' })]));
	assert.match(missing.stderr, '1 points are lost: group bpfpipe has no measure nowhere');
});

withDb('TLS, and a name with a password, from files', async () => {
	const own = join(folder, 'tls');
	mkdirSync(own);
	const { file } = certificateIn(own);
	const [users, user, wrong] = ['users.yaml', 'user', 'wrong'].map((name) => join(own, name)) as [
		string,
		string,
		string,
	];
	writeFileSync(users, 'users:\n  - username: me\n    password: secret:1\n', { mode: 0o600 });
	writeFileSync(user, 'me:secret:1\n', { mode: 0o600 });
	writeFileSync(wrong, 'me:other\n', { mode: 0o600 });
	const secure = await startBanyandb([...QUICK, '--auth-config-file', users], {
		cert: file,
		key: join(own, 'key.pem'),
	});
	try {
		const args = (...more: string[]) => [secure.url, '--create', '--safety', '0s', '--drain', '1s', ...more];
		const records = [sumOf(1, { ts: NOW })];
		const good = ['--ca-file', file, '--user-file', user];
		const { status, stderr } = await run('banyandb-write', args(...good), textOf(records));
		assert.is(status, 0, stderr);
		same(await readBack(secure.url, ...good), records);
		const [stranger, denied, unread] = await Promise.all([
			run('banyandb-write', args('--user-file', user), textOf(records)),
			run('banyandb-write', args('--ca-file', file, '--user-file', wrong), textOf(records)),
			run('banyandb-read', [secure.url, '--ca-file', file, '--user-file', wrong]),
		]);
		assert.is(stranger.status, 69);
		assert.match(stranger.stderr, /self-signed certificate/);
		assert.is(denied.status, 77);
		assert.is(unread.status, 77);
	} finally {
		await secure.end();
	}
});

test.run();
