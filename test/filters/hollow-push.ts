import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { contentsOf } from '../../filters/lib/hollow/folder/contents.ts';
import { linesOf } from '../../filters/lib/hollow/metrics/cycle.ts';
import { payloadText } from '../../filters/lib/hollow/metrics/payload.ts';
import { commandsLack, testWith } from '../parts.ts';
import { outcome, run, start } from '../program.ts';
import { endAnyway } from '../servers/carbon.ts';
import { certificateIn } from '../servers/certificate.ts';
import { freePort } from '../servers/ports.ts';
import { cycleNumber, startReceiver, textNumber, until, versionNumber } from '../servers/receiver.ts';
import { type Reply, restServer } from '../servers/rest-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'hollow-push-'));
let files = 0;
const fresh = () => join(folder, `f${files++}`);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const texts = (from: number, to: number) =>
	Array.from({ length: to - from + 1 }, (_, at) => textNumber(from + at)).join('');
const versions = (from: number, to: number) =>
	Array.from({ length: to - from + 1 }, (_, at) => versionNumber(from + at));
const at = (number: number, rest = '') => `/api/datasets/m/versions/${versionNumber(number)}${rest}`;
const QUICK = ['--retry-max', '50ms'];

const test = suite('hollow-push: the program');
test.after(() => {
	rmSync(folder, { recursive: true });
	endAnyway();
});

test('three calls for a cycle, below the URL however it is spelt', async () => {
	const server = await restServer();
	for (const [tail, number] of [
		['', 1],
		['/', 2],
		['/api', 3],
		['/api/', 4],
	] as const) {
		const { status, stdout, stderr } = await run(
			'hollow-push',
			['-p', server.url + tail],
			textNumber(number),
		);
		assert.equal([status, stdout, stderr], [0, '', '']);
		const three = server.seen.splice(0);
		assert.equal(
			three.map(({ method, path }) => `${method} ${path}`),
			['POST /api/datasets/m/versions', `POST ${at(number, '/data')}`, `PUT ${at(number, '/status')}`],
		);
		assert.equal(
			three.map(({ body }) => body),
			[
				`{"version":"${versionNumber(number)}","status":"ANNOUNCING"}`,
				[...payloadText(cycleNumber(number))].join(''),
				'{"status":"PUBLISHED"}',
			],
		);
		for (const { headers } of three) {
			assert.is(headers['content-type'], 'application/json');
			assert.is(headers.authorization, undefined);
			assert.ok(Number(headers['content-length']) > 0);
		}
	}
	await server.close();
});

test('a long body arrives whole; -d names the data set; -v says what was published', async () => {
	const server = await restServer();
	const args = ['-p', `${server.url}/base/api`, '-d', 'other set', '-v'];
	const { status, stderr } = await run('hollow-push', args, textNumber(1, 40_000));
	assert.is(status, 0);
	assert.is(stderr, `hollow-push: ${versionNumber(1)} published\n`);
	assert.is(server.seen[1]!.path, `/base/api/datasets/other%20set/versions/${versionNumber(1)}/data`);
	assert.is(server.seen[1]!.body, [...payloadText(cycleNumber(1, 40_000))].join(''));
	await server.close();
});

test('the token: from a file, from the environment, and from the command line with a warning', async () => {
	const server = await restServer();
	const file = fresh();
	writeFileSync(file, ' from-file \n');
	const quiet = await run('hollow-push', ['-p', server.url, '--token-file', file], textNumber(1));
	assert.equal([quiet.status, quiet.stderr], [0, '']);
	const env = await run('hollow-push', ['-p', server.url], textNumber(2), { HOLLOW_TOKEN: 'from-env' });
	assert.equal([env.status, env.stderr], [0, '']);
	const seen = await run('hollow-push', ['-p', server.url, '-t', 'from-argv'], textNumber(3));
	assert.is(seen.status, 0);
	assert.is(
		seen.stderr,
		'hollow-push: warning: a token on the command line shows in the list of processes; use --token-file\n',
	);
	const tokens = server.seen
		.filter(({ method }) => method === 'PUT')
		.map(({ headers }) => headers.authorization);
	assert.equal(tokens, ['Bearer from-file', 'Bearer from-env', 'Bearer from-argv']);
	await server.close();
});

test('what passes is tried again: 503, 429 with Retry-After, a reset, silence; each version is published once', async () => {
	const server = await restServer();
	const bad: Reply[] = [{ status: 503 }, { status: 408 }, 'reset', 'silent', { status: 500, body: 'oops' }];
	server.become(({ method, path }, before) => {
		if (method === 'POST' && path.endsWith('/versions') && before < bad.length) return bad[before];
		if (path === at(1, '/data') && before === 0) return { status: 429, headers: { 'Retry-After': '1' } };
		return undefined;
	});
	const from = performance.now();
	const args = ['-p', server.url, ...QUICK, '--timeout', '300ms'];
	const { status, stderr } = await run('hollow-push', args, texts(1, 2));
	assert.is(status, 0);
	assert.equal(server.published(), versions(1, 2));
	assert.ok(performance.now() - from >= 1300, 'Retry-After or the time-out was not kept');
	assert.match(stderr, /127\.0\.0\.1:\d+: 503; trying again/);
	assert.match(stderr, /no answer within 0\.3 s; trying again/);
	assert.match(stderr, /500: oops; trying again/);
	assert.match(stderr, /answers again/);
	await server.close();
});

test('an answer that got lost: the version is looked up, and only what is missing is done', async () => {
	const server = await restServer();
	let published = false;
	server.become(({ method, path }, before) => {
		if (method === 'GET') return { status: 200, body: { status: published ? 'PUBLISHED' : 'ANNOUNCING' } };
		if (path.endsWith('/data') && before === 0) return 'reset';
		if (method === 'PUT') published = true;
		return method === 'PUT' ? 'reset' : undefined;
	});
	const { status } = await run('hollow-push', ['-p', server.url, ...QUICK], textNumber(1));
	assert.is(status, 0);
	assert.equal(server.calls(), [
		'POST /api/datasets/m/versions',
		`POST ${at(1, '/data')}`,
		`GET ${at(1)}`,
		`POST ${at(1, '/data')}`,
		`PUT ${at(1, '/status')}`,
		`GET ${at(1)}`,
	]);
	await server.close();
});

test('a server that knows only the three calls: 409 "exists" and "already published" are done', async () => {
	const server = await restServer();
	server.become(({ method, path }, before) => {
		if (method === 'POST' && path.endsWith('/versions') && before > 0)
			return { status: 409, body: { message: 'Version exists' } };
		if (method === 'PUT') return before === 0 ? 'reset' : { status: 409, body: 'Already published' };
		return undefined;
	});
	const { status, stderr } = await run('hollow-push', ['-p', server.url, ...QUICK], textNumber(1));
	assert.is(status, 0);
	assert.not.match(stderr, /given up/);
	assert.equal(server.calls().slice(3), [
		`GET ${at(1)}`,
		'POST /api/datasets/m/versions',
		`POST ${at(1, '/data')}`,
		`PUT ${at(1, '/status')}`,
	]);
	await server.close();
});

test('a cycle that the server refuses is given up and counted; a server that always forgets is no endless loop', async () => {
	const server = await restServer();
	server.become(({ path }) => {
		if (path === at(1, '/data')) return { status: 422, body: { error: 'no good', hint: 'do better' } };
		return path === at(2, '/data') ? { status: 404, body: { error: 'never heard of it' } } : undefined;
	});
	const ack = fresh();
	const args = ['-p', server.url, '--retry-max', '10ms', '--ack', ack];
	const { status, stderr } = await run('hollow-push', args, texts(1, 3));
	assert.is(status, 0);
	assert.equal(server.published(), [versionNumber(3)]);
	assert.match(
		stderr,
		/m 20251121000001000 is given up: the server's answer to data is 422: no good; do better\n/,
	);
	assert.match(stderr, /m 20251121000002000 is given up: .* 404: never heard of it, again and again\n/);
	assert.is(readFileSync(ack, 'utf8'), '{"at":3}\n');
	await server.close();
});

test('a body that the receiver refuses while it is still being sent is given up at once', async () => {
	const receiver = await startReceiver([fresh(), '--max-body', '64K']);
	const input = textNumber(1, 40_000) + textNumber(2);
	const { status, stderr } = await run('hollow-push', ['-p', receiver.url, ...QUICK, '--drain', '5s'], input);
	assert.is(status, 0);
	assert.match(stderr, /000001000 is given up: .*413: the body is larger than 65536 bytes/);
	await receiver.end();
	assert.match(receiver.log(), /: published 20251121000002000 /);
});

test('401 and 404 wait for somebody to set it right: a new token in the file goes on', async () => {
	const server = await restServer();
	const file = fresh();
	writeFileSync(file, 'old');
	server.become(({ headers }) => (headers.authorization === 'Bearer new' ? undefined : { status: 401 }));
	const child = start('hollow-push', ['-p', server.url, '--token-file', file, ...QUICK]);
	const done = outcome(child);
	child.stdin!.end(textNumber(1));
	await until(() => server.seen.length > 2);
	writeFileSync(file, 'new');
	const { status, stderr } = await done;
	assert.is(status, 0);
	assert.equal(server.published(), [versionNumber(1)]);
	assert.match(stderr, /401; tried again until somebody sets that right/);
	server.become(() => ({ status: 404 }));
	const lost = await run('hollow-push', ['-p', server.url, ...QUICK, '--drain', '300ms'], textNumber(2));
	assert.is(lost.status, 77);
	assert.match(lost.stderr, /1 cycles were not published\n/);
	await server.close();
});

test('a redirect is not followed, and the token goes nowhere else', async () => {
	const [server, other] = [await restServer(), await restServer()];
	server.become(() => ({ status: 307, headers: { Location: `${other.url}/api/datasets/m/versions` } }));
	const args = ['-p', server.url, ...QUICK, '--drain', '200ms'];
	const { status, stderr } = await run('hollow-push', args, textNumber(1), { HOLLOW_TOKEN: 'secret' });
	assert.is(status, 77);
	assert.match(stderr, /307: redirects to http:\/\/127/);
	assert.not.match(stderr, /secret/);
	assert.is(other.seen.length, 0);
	await server.close();
	await other.close();
});

test('no server: without --ack the loss is said (69); with it nothing is read, nothing is lost, and the exit is 0', async () => {
	const url = `http://127.0.0.1:${await freePort()}`;
	const lost = await run('hollow-push', ['-p', url, ...QUICK, '--drain', '200ms'], texts(1, 3));
	assert.is(lost.status, 69);
	assert.match(lost.stderr, /connection refused; trying again/);
	assert.match(lost.stderr, /3 cycles were not published\n/);
	const ack = fresh();
	const child = start('hollow-push', ['-p', url, ...QUICK, '--ack', ack]);
	const done = outcome(child);
	for (let number = 1; number <= 200; number += 1) child.stdin!.write(textNumber(number, 400));
	await pause(700);
	assert.ok(child.stdin!.writableLength > 500_000, 'reading did not stop');
	child.kill('SIGTERM');
	child.stdin!.destroy();
	const { status, stderr } = await done;
	assert.is(status, 0);
	assert.match(stderr, /cycles are not published; the next run takes them up again/);
	assert.not.ok(existsSync(ack));
});

test('without --ack the queue is bounded: the oldest are dropped and counted, the newest arrive', async () => {
	const port = await freePort();
	const child = start('hollow-push', ['-p', `http://127.0.0.1:${port}`, ...QUICK, '--queue', '3']);
	const done = outcome(child);
	child.stdin!.write(texts(1, 10));
	await pause(600);
	const server = await restServer(undefined, port);
	await until(() => server.published().length === 3);
	child.kill('SIGUSR1');
	await pause(100);
	child.stdin!.end();
	const { status, stderr } = await done;
	assert.is(status, 0);
	assert.equal(server.published(), versions(8, 10));
	assert.match(stderr, /more than 3 cycles wait; the oldest are dropped/);
	assert.match(stderr, /published 3.*dropped 7|dropped 7.*published 3/);
	await server.close();
});

test('USR1 shows what waits and for how long', async () => {
	const child = start('hollow-push', ['-p', `http://127.0.0.1:${await freePort()}`, '--drain', '0']);
	const done = outcome(child);
	child.stdin!.write(texts(1, 2));
	await pause(1700);
	child.kill('SIGUSR1');
	await pause(100);
	child.stdin!.end();
	assert.match((await done).stderr, /waiting 2.*oldest_waits_s [12]/);
});

test('--spool: what waits is confirmed at once, outlives a kill, and goes out in order', async () => {
	const [spool, ack] = [fresh(), fresh()];
	const port = await freePort();
	const args = ['-p', `http://127.0.0.1:${port}`, ...QUICK, '--spool', spool, '--ack', ack];
	const child = start('hollow-push', args);
	const done = outcome(child);
	child.stdin!.write(texts(1, 5));
	await until(() => existsSync(ack) && readFileSync(ack, 'utf8') === '{"at":5}\n');
	child.kill('SIGKILL');
	await done;
	assert.is(readdirSync(spool).length, 5);
	writeFileSync(join(spool, `${versionNumber(3)}.m.cycle`), 'broken\n');
	const server = await restServer(undefined, port);
	const { status, stderr } = await run('hollow-push', args, texts(6, 6));
	assert.is(status, 0);
	assert.equal(server.published(), [...versions(1, 2), ...versions(4, 6)]);
	assert.match(stderr, /a cycle is given up: .*000003000\.m\.cycle: it has no end/);
	assert.equal(readdirSync(spool), []);
	await server.close();
});

test('--local alone makes blobs; beside a server that is away they go on, and nothing is lost in the end', async () => {
	const dir = fresh();
	const ack = fresh();
	const alone = await run('hollow-push', ['--local', dir, '--ack', ack], texts(1, 3));
	assert.equal([alone.status, alone.stdout, alone.stderr], [0, '', '']);
	assert.equal(contentsOf(dir).snapshots, versions(1, 3));
	assert.is(readFileSync(ack, 'utf8'), '{"at":3}\n');
	const port = await freePort();
	const child = start('hollow-push', [
		'-p',
		`http://127.0.0.1:${port}`,
		...QUICK,
		'--local',
		dir,
		'--ack',
		ack,
	]);
	const done = outcome(child);
	child.stdin!.write(texts(3, 6));
	await until(() => contentsOf(dir).snapshots.length === 6);
	assert.is(readFileSync(ack, 'utf8'), '{"at":3}\n');
	const server = await restServer(undefined, port);
	child.stdin!.end();
	assert.is((await done).status, 0);
	assert.equal(server.published(), versions(3, 6));
	assert.is(readFileSync(ack, 'utf8'), '{"at":6}\n');
	await server.close();
});

test('-i: at most one cycle in the interval, and the last', async () => {
	const server = await restServer();
	const child = start('hollow-push', ['-p', server.url, '-i', '4s']);
	const done = outcome(child);
	child.stdin!.write(texts(1, 10));
	await until(() => server.published().length === 3);
	child.kill('SIGUSR1');
	await pause(100);
	child.stdin!.end();
	const { status, stderr } = await done;
	assert.is(status, 0);
	assert.equal(server.published(), [1, 5, 9, 10].map(versionNumber));
	assert.match(stderr, /superseded 7/);
	await server.close();
});

test('lines that are no cycle, a cycle with a line missing, and one that is cut off', async () => {
	const server = await restServer();
	const [metric, , ...rest] = [...linesOf(cycleNumber(1))];
	const torn = [metric, ...rest].join('\n');
	const input = `{"type":"notice","ts":1,"kind":"x"}\nnothing\n${torn}\n${textNumber(2)}${metric}\n`;
	const { status, stderr } = await run('hollow-push', ['-p', server.url], input);
	assert.is(status, 0);
	assert.equal(server.published(), [versionNumber(2)]);
	assert.match(stderr, /a record of type notice is no part of a cycle: ignored/);
	assert.match(stderr, /not a record: "nothing"/);
	assert.match(stderr, /cycle 20251121000001000 is left out: the state of web1 has 1 of its 2 metrics/);
	assert.match(stderr, /the input ended within a cycle, which is left out/);
	const strict = await run('hollow-push', ['-p', server.url, '--strict'], 'nothing\n');
	assert.is(strict.status, 65);
	await server.close();
});

test('the former spelling of hollow-check', async () => {
	const server = await restServer();
	server.become(({ path }) => ({ status: 200, body: path.endsWith('/status') ? { status: 'up' } : [] }));
	for (const args of [
		['-p', server.url],
		['-p', 'http://127.0.0.1:1'],
		['-p', 'x'],
		['-p', server.url, '--timeout', 'x'],
	]) {
		const former = await run('hollow-push', ['--check', ...args]);
		const { status, stdout, stderr } = await run('hollow-check', args);
		assert.equal([former.status, former.stdout], [status, stdout], args.join(' '));
		assert.is(former.stderr, stderr.replaceAll('hollow-check:', 'hollow-push:'));
	}
	await server.close();
});

testWith(test, commandsLack('openssl'), 'https: an issuer that is not known, and one that is', async () => {
	const { key, cert, file } = certificateIn(mkdtempSync(join(folder, 'certificate-')));
	const server = await restServer({ key, cert });
	const args = ['-p', server.url, ...QUICK, '--drain', '200ms'];
	const strange = await run('hollow-push', args, textNumber(1));
	assert.is(strange.status, 69);
	assert.match(strange.stderr, /self-signed certificate; NODE_EXTRA_CA_CERTS=FILE adds an issuer to trust/);
	const known = await run('hollow-push', args, textNumber(1), { NODE_EXTRA_CA_CERTS: file });
	assert.equal([known.status, known.stderr], [0, '']);
	assert.equal(server.published(), [versionNumber(1)]);
	await server.close();
});

test('usage', async () => {
	for (const args of [
		[],
		['-p', 'localhost:7001'],
		['-p', 'ftp://x'],
		['-p', 'http://user:secret@x'],
		['-p', 'http://x', '--timeout', '0'],
		['-p', 'http://x', '--queue', '0'],
		['-p', 'http://x', '-i', 'x'],
		['--local', '/x', '--keep', '1'],
	]) {
		const { status, stdout, stderr } = await run('hollow-push', args);
		assert.is(status, 64, args.join(' '));
		assert.is(stdout, '');
		assert.match(stderr, /^hollow-push: (--|neither)/);
		assert.not.match(stderr, /secret/);
	}
	const token = await run('hollow-push', ['-p', 'http://x', '-t', 'two words']);
	assert.is(token.status, 78);
	assert.not.match(token.stderr, /two words/);
});

test.run();
