// Versions on their way into a real S3 server: in order, announced last, none left out while it is away.

import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { applyDelta, readSnapshot } from '../../../../../filters/lib/hollow/blob/reader.ts';
import { checksum, hex } from '../../../../../filters/lib/hollow/blob/state.ts';
import { ANNOUNCED, announce } from '../../../../../filters/lib/hollow/folder/announcement.ts';
import { contentsOf } from '../../../../../filters/lib/hollow/folder/contents.ts';
import { decodeIndex, keyOf } from '../../../../../filters/lib/hollow/store/layout.ts';
import { createMirror } from '../../../../../filters/lib/hollow/store/mirror.ts';
import { credentialsFrom, parseS3Uri } from '../../../../../filters/lib/hollow/store/store.ts';
import type { Version } from '../../../../../filters/lib/hollow/version.ts';
import { cycleAt, keptLog, sumAt, textOf, version } from '../../../../data/published.ts';
import { testWith } from '../../../../parts.ts';
import { outcome, run, start } from '../../../../program.ts';
import { endAnyway, until } from '../../../../servers/carbon.ts';
import { type S3, S3_ENV, s3Lacks, startS3 } from '../../../../servers/s3.ts';

const test = suite('hollow mirror');
const room = mkdtempSync(join(tmpdir(), 'mirror-'));
const PORT = 20_000 + (process.pid % 10_000);
const BUCKET = 'metrics-bucket';
let s3: S3 | undefined;
const buckets = join(room, 'buckets');
const begin = async (): Promise<S3> => {
	await s3?.stop();
	s3 = await startS3(PORT, buckets);
	await s3.fetch(BUCKET, { method: 'PUT' });
	return s3;
};
test.after(async () => {
	endAnyway();
	rmSync(room, { recursive: true });
	await s3?.stop();
});

const args = (folder: string, prefix: string, ...more: string[]) => [
	folder,
	'-i',
	'0',
	'--s3-uri',
	`s3://${BUCKET}/${prefix}`,
	'--s3-endpoint',
	`http://127.0.0.1:${PORT}`,
	...more,
];
const upTo = (n: number, from = 1) => Array.from({ length: n - from + 1 }, (_, at) => cycleAt(from + at));

/** An object's bytes and the versions in its metadata, checked as the reference consumer does: by its ETag. */
const object = async (server: S3, key: string) => {
	const response = await server.fetch(`${BUCKET}/${key}`);
	assert.is(response.status, 200, key);
	const bytes = Buffer.from(await response.arrayBuffer());
	const { createHash } = await import('node:crypto');
	assert.is(response.headers.get('etag'), `"${createHash('md5').update(bytes).digest('hex')}"`);
	const noted = (name: string) => response.headers.get(`x-amz-meta-${name}`);
	return { bytes, from: noted('from_state'), to: noted('to_state') };
};
const announced = async (server: S3, prefix: string): Promise<string | undefined> => {
	const response = await server.fetch(`${BUCKET}/${prefix}/announced.version`);
	return response.ok ? response.text() : undefined;
};

const eventually = async (holds: () => Promise<boolean>) => {
	for (let tries = 0; tries < 300; tries++) {
		if (await holds()) return;
		await new Promise((resolve) => setTimeout(resolve, 30));
	}
	throw new Error('did not happen in time');
};

/** Go from the first version to the last by the keys that the reference consumer asks for, and back. */
const walk = async (server: S3, prefix: string, folder: string, versions: Version[]) => {
	const first = await object(server, `${prefix}/${keyOf('snapshot', versions[0]!)}`);
	assert.is(first.to, versions[0]);
	const state = readSnapshot(first.bytes);
	const follow = async (kind: 'delta' | 'reversedelta', way: Version[]) => {
		for (const [at, from] of way.slice(0, -1).entries()) {
			const step = await object(server, `${prefix}/${keyOf(kind, from)}`);
			assert.equal([step.from, step.to], [from, way[at + 1]]);
			applyDelta(state, step.bytes);
			assert.is(hex(checksum(state)), sumAt(folder, way[at + 1]!));
		}
	};
	await follow('delta', versions);
	const last = await object(server, `${prefix}/${keyOf('snapshot', versions.at(-1)!)}`);
	assert.is(hex(checksum(readSnapshot(last.bytes))), hex(checksum(state)));
	await follow('reversedelta', [...versions].reverse());
	const index = await object(server, `${prefix}/snapshot.index`);
	assert.equal(decodeIndex(index.bytes), versions);
};

testWith(
	test,
	s3Lacks(),
	'every version arrives, over restarts, in the layout of the reference consumers',
	async () => {
		const server = await begin();
		const folder = join(room, 'one');
		for (const [from, to] of [
			[1, 3],
			[4, 4],
			[5, 6],
		] as const) {
			const { status, stderr } = await run(
				'hollow-publish',
				args(folder, 'a/b'),
				textOf(...upTo(to, from)),
				S3_ENV,
			);
			assert.is(status, 0, stderr);
			assert.not.match(stderr, /store|secret/);
			assert.is(await announced(server, 'a/b'), version(to));
		}
		// The first run was told of all three versions at once or one by one; from its first one on none is missing.
		const first = decodeIndex((await object(server, 'a/b/snapshot.index')).bytes)[0]!;
		const all = contentsOf(folder).snapshots;
		await walk(server, 'a/b', folder, all.slice(all.indexOf(first)));
		const keys = await server.keys(BUCKET);
		const count = all.length - all.indexOf(first);
		assert.is(keys.length, 2 + count + 2 * (count - 1));
		assert.ok(
			keys.every((key) => /^a\/b\/(announced\.version|snapshot\.index|\w+\/[0-9a-f]+-\d{17})$/.test(key)),
		);
	},
);

testWith(
	test,
	s3Lacks(),
	'while the store is away the folder is the queue, beyond --keep, also over a restart',
	async () => {
		const server = await begin();
		const folder = join(room, 'two');
		await run('hollow-publish', args(folder, 'p', '--keep', '2'), textOf(cycleAt(1)), S3_ENV);
		await server.stop();
		const away = await run('hollow-publish', args(folder, 'p', '--keep', '2'), textOf(...upTo(4, 2)), S3_ENV);
		assert.is(away.status, 0);
		assert.match(
			away.stderr,
			/s3:\/\/metrics-bucket\/p\/announced\.version: connection refused; up to \d versions wait for the store, the oldest for \d+ s; trying/,
		);
		assert.match(
			away.stderr,
			/warning: up to 4 versions are not in s3:\/\/metrics-bucket\/p yet; the next run brings them there\n/,
		);
		const four = upTo(4).map((cycle) => cycle.version);
		assert.equal(contentsOf(folder).snapshots, four);
		s3 = await startS3(PORT, buckets);
		const back = await run('hollow-publish', args(folder, 'p', '--keep', '0'), '', S3_ENV);
		assert.is(back.stderr, '');
		await walk(s3, 'p', folder, four);
		await run('hollow-publish', args(folder, 'p', '--keep', '2'), textOf(cycleAt(5)), S3_ENV);
		assert.is(await announced(s3, 'p'), version(5));
		assert.equal(contentsOf(folder).snapshots, [version(4), version(5)]);
	},
);

testWith(
	test,
	s3Lacks(),
	'a missing bucket and wrong credentials are said, and do not stop the folder',
	async () => {
		await begin();
		const [first, second] = [join(room, 'six'), join(room, 'seven')];
		const nowhere = args(first, 'p').map((word) => word.replace(BUCKET, 'no-such-bucket'));
		const env = { ...S3_ENV, AWS_SECRET_ACCESS_KEY: 'wrong-secret' };
		const [missing, denied] = await Promise.all([
			run('hollow-publish', nowhere, textOf(cycleAt(1)), S3_ENV),
			run('hollow-publish', args(second, 'p'), textOf(cycleAt(1)), env),
		]);
		assert.is(missing.status, 0);
		assert.match(
			missing.stderr,
			/no-such-bucket\/p\/announced\.version: the store answers 404 NoSuchBucket; up to 1/,
		);
		assert.is(denied.status, 0);
		assert.match(denied.stderr, /the store answers 403 SignatureDoesNotMatch/);
		assert.not.match(denied.stderr, /wrong-secret|AKIATEST/);
		for (const folder of [first, second]) assert.equal(contentsOf(folder).snapshots, [version(1)]);
	},
);

testWith(
	test,
	s3Lacks(),
	'what was published during an outage is announced version by version afterwards',
	async () => {
		const server = await begin();
		const folder = join(room, 'three');
		const child = start('hollow-publish', args(folder, 'q', '--keep', '2'), S3_ENV);
		const done = outcome(child);
		child.stdin!.write(textOf(cycleAt(1)));
		await eventually(async () => (await announced(server, 'q')) === version(1));
		process.kill(server.pid, 'SIGSTOP');
		child.stdin!.write(textOf(...upTo(6, 2)));
		await until(() => contentsOf(folder).snapshots.includes(version(6)));
		assert.is(contentsOf(folder).snapshots.length, 6);
		process.kill(server.pid, 'SIGCONT');
		await eventually(async () => (await announced(server, 'q')) === version(6));
		await walk(server, 'q', folder, contentsOf(folder).snapshots);
		child.stdin!.write(textOf(cycleAt(7)));
		child.stdin!.end();
		assert.is((await done).status, 0);
		assert.is(await announced(server, 'q'), version(7));
		assert.equal(contentsOf(folder).snapshots, [version(6), version(7)]);
	},
);

testWith(test, s3Lacks(), 'a prefix that another publisher is ahead in', async () => {
	const server = await begin();
	await server.fetch(`${BUCKET}/r/announced.version`, { method: 'PUT', body: version(9) });
	const { status, stderr } = await run(
		'hollow-publish',
		args(join(room, 'four'), 'r'),
		textOf(cycleAt(1)),
		S3_ENV,
	);
	assert.is(status, 78);
	assert.match(
		stderr,
		/announces 20251121000000009, and .* only 20251121000000001: another publisher writes there/,
	);
	assert.is(await announced(server, 'r'), version(9));
});

test('credentials: from the environment or from a file, never printed', async () => {
	const env = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'key', AWS_SESSION_TOKEN: 'token' };
	assert.equal(credentialsFrom(env), { accessKeyId: 'id', secretAccessKey: 'key', sessionToken: 'token' });
	const file = join(room, 'credentials');
	writeFileSync(
		file,
		'[other]\naws_access_key_id=x\n[default]\n aws_access_key_id = id\naws_secret_access_key = a=b/+ \n',
	);
	chmodSync(file, 0o600);
	assert.equal(credentialsFrom({}, file), { accessKeyId: 'id', secretAccessKey: 'a=b/+' });
	assert.equal(credentialsFrom({ AWS_SHARED_CREDENTIALS_FILE: file }), credentialsFrom({}, file));
	assert.throws(
		() => credentialsFrom({ AWS_PROFILE: 'other' }, file),
		/no aws_access_key_id and .* in .*credentials/,
	);
	const { status, stderr } = await run('hollow-publish', args(join(room, 'five'), 'x'), '');
	assert.is(status, 78);
	assert.match(stderr, /--s3-uri: no aws_access_key_id and aws_secret_access_key in the environment/);
	assert.ok(readFileSync(file, 'utf8').includes('a=b/+') && !stderr.includes('a=b/+'));
});

test('usage of the object store', async () => {
	assert.equal(parseS3Uri('s3://bucket/a/b/', '--s3-uri'), { bucket: 'bucket', prefix: 'a/b' });
	for (const uri of ['bucket/a', 's3://bucket', 's3://bucket/', 's3://B/a', 's3://bucket/a?b', 's3:///a'])
		assert.throws(() => parseS3Uri(uri, '--s3-uri'), /is not of the form s3:\/\/BUCKET\/PREFIX/, uri);
	const odd = await run(
		'hollow-publish',
		[room, '--s3-uri', 's3://bucket/a', '--s3-endpoint', 'localhost'],
		'',
		S3_ENV,
	);
	assert.is(odd.status, 64);
	assert.match(odd.stderr, /--s3-endpoint: "localhost" is not of the form https:\/\/HOST/);
});

test('a store that is ahead of its folder ends the mirror; one without versions, or a folder without, does not', async () => {
	for (const [there, here, isWrong] of [
		[undefined, undefined, false],
		[version(5), undefined, false],
		[version(5), version(5), false],
		[version(6), version(5), true],
	] as const) {
		const folder = mkdtempSync(join(room, 'ahead-'));
		if (here) announce(folder, here);
		const failures: unknown[] = [];
		const mirror = createMirror({
			folder,
			store: {
				name: 's3://bucket/prefix',
				get: async (key) => (key === ANNOUNCED && there ? Buffer.from(there) : undefined),
				put: async () => assert.unreachable('nothing is there to be put'),
			},
			log: keptLog().log,
			onFailure: (error) => failures.push(error),
		});
		assert.is(mirror.needed(), '0', 'nothing is known yet');
		await mirror.finish(20_000);
		assert.is(mirror.needed(), there);
		assert.is(failures.length, isWrong ? 1 : 0, String(failures));
		if (isWrong) assert.match(String(failures[0]), 'another publisher writes there');
	}
});

test.run();
