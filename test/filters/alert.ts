// alert as a program: rules, records and receivers that are well, slow, refusing, or not there.

import { type ChildProcess, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AlertRecord } from '../../filters/lib/alert/alert-record.ts';
import { counter, gauge, ruleText } from '../harness/alerting.ts';
import { bundleOf, cleanEnv, goldenSuite, outcome, run, start } from '../program.ts';
import { freePort } from '../servers/ports.ts';
import { type Taker, taker } from '../servers/taker.ts';

goldenSuite('alert');

const test = suite('alert');
const folder = mkdtempSync(join(tmpdir(), 'alert-'));
test.after(() => rmSync(folder, { recursive: true }));

let files = 0;
const fileOf = (text: string, name = 'file'): string => {
	files += 1;
	const path = join(folder, `${name}-${files}`);
	writeFileSync(path, text);
	return path;
};
const RULES = fileOf(ruleText('temp > 30', { annotations: { summary: '{{ $value }}' } }));
const BY_ROOM = { a: { attributes: { room: 'a' } }, b: { attributes: { room: 'b' } } };

const lines = (...records: object[]): string =>
	records.map((record) => `${JSON.stringify(record)}\n`).join('');
const temp = (second: number, value: number, more = {}): string => lines(gauge(second, 'temp', value, more));

type Running = {
	child: ChildProcess;
	write: (text: string) => void;
	out: () => { type: string; [key: string]: unknown }[];
	err: () => string;
	ends: ReturnType<typeof outcome>;
};

const begun = new Set<ChildProcess>();
test.after.each(() => {
	for (const child of begun) child.kill('SIGKILL');
	begun.clear();
});

const begin = (args: string[], env: Record<string, string> = {}): Running => {
	const child = start('alert', args, env);
	begun.add(child);
	const text = { out: '', err: '' };
	child.stdout!.on('data', (chunk) => {
		text.out += chunk;
	});
	child.stderr!.on('data', (chunk) => {
		text.err += chunk;
	});
	const records = () =>
		text.out
			.split('\n')
			.filter((line) => line.startsWith('{'))
			.map((line) => JSON.parse(line));
	const ends = outcome(child);
	return { child, write: (more) => void child.stdin!.write(more), out: records, err: () => text.err, ends };
};

const until = async (what: string, holds: () => boolean | Promise<boolean>): Promise<void> => {
	for (const deadline = performance.now() + 15_000; !(await holds()); await sleep(10))
		if (performance.now() > deadline) throw new Error(`not in time: ${what}`);
};

/** What a webhook was told, a line for each body: its status, and each alert of it. */
const toldTo = ({ taken }: Pick<Taker, 'taken'>): string[] =>
	taken.map(({ body }) => {
		const { status, alerts } = JSON.parse(body.toString());
		const each = alerts.map(
			({ status: one, labels, endsAt }: { status: string; labels: Record<string, string>; endsAt: string }) =>
				`${labels.room ?? labels.alertname} ${one}${endsAt.startsWith('0001') ? '' : ' ended'}`,
		);
		return `${status}: ${each.sort().join(', ')}`;
	});

const undelivered = (running: Running) => running.out().filter(({ kind }) => kind === 'undelivered');

const LIVE = ['--event-time', '--only', '--retry-max', '300ms'];

test('everything passes as it stands, and alerts stand before the record that showed time had passed', async () => {
	const odd = temp(0, 31).replace('}\n', ',"x":  1.0}\n');
	const { stdout, status, stderr } = await run(
		'alert',
		[RULES, '--event-time'],
		`${odd}{"type":"yak"}\n${temp(15, 20)}`,
	);
	assert.is(status, 0, stderr);
	const [first, second, third, fourth, fifth] = stdout.split('\n');
	assert.equal([`${first}\n`, second, `${fourth}\n`], [odd, '{"type":"yak"}', temp(15, 20)]);
	assert.is((JSON.parse(third!) as AlertRecord).state, 'firing');
	assert.is((JSON.parse(fifth!) as AlertRecord).state, 'resolved', 'at the end as of then');
});

test('a rule file that is wrong is 78, each mistake with its place; without a pipeline --check says the same', async () => {
	const bad = fileOf('groups:\n  - name: g\n    rules:\n      - alert: A\n        expr: irate(x[5m])\n');
	for (const args of [[bad], ['--check', bad]]) {
		const { status, stdout, stderr } = await run('alert', args);
		assert.is(status, 78);
		assert.is(stdout, '');
		assert.match(
			stderr,
			new RegExp(`^alert: ${bad}:5:9: "expr", at character 1: there is no function irate`),
		);
	}
	assert.is((await run('alert', [join(folder, 'nowhere')])).status, 78);
	const { status, stdout } = await run('alert', ['--check', RULES]);
	assert.is(status, 0);
	assert.match(stdout, /^group g, every 15s\n {2}A\n {4}fires when temp > 30\n/);
});

test('options that do not go together are 64', async () => {
	const token = fileOf('secret');
	for (const args of [
		[RULES, 'stray'],
		[RULES, '--webhook', 'no url'],
		[RULES, '--webhook', 'http://user:word@localhost/'],
		[RULES, '--webhook', 'http://localhost/', '--webhook-file', fileOf('http://localhost/')],
		[RULES, '--webhook', 'http://localhost/', '--alertmanager', 'http://localhost/', '--token-file', token],
		[RULES, '--max-alerts', '0'],
		[RULES, '--jobs', '0'],
		[RULES, '--interval', '0s'],
	])
		assert.is((await run('alert', args)).status, 64, args.join(' '));
	assert.is(
		(await run('alert', [RULES, '--webhook', '', '--command', ''])).status,
		0,
		'an empty one is none',
	);
});

test('a webhook that is down at first: one line, one notice, tried again, and told the newest when it comes', async () => {
	const port = await freePort();
	const running = begin([RULES, ...LIVE, '--webhook', `http://127.0.0.1:${port}/hook`]);
	running.write(
		temp(0, 31, BY_ROOM.a) + temp(0, 31, BY_ROOM.b) + temp(15, 31, BY_ROOM.b) + temp(16, 20, BY_ROOM.a),
	);
	await until('an outage', () => undelivered(running).length > 0);
	running.write(temp(31, 20, BY_ROOM.a));
	await sleep(1500);
	running.child.kill('SIGUSR1');
	await until('counters', () => / retries [2-9]/.test(running.err()));
	const server = await taker(undefined, port);
	await until('a body', () => server.taken.length > 0);
	running.child.stdin!.end();
	const { status } = await running.ends;
	await server.close();
	assert.equal(
		toldTo(server),
		['firing: a resolved ended, b firing'],
		'one body, and who fired meanwhile is in it',
	);
	assert.is(server.taken[0]!.path, '/hook');
	assert.is(status, 0);
	assert.equal(
		undelivered(running).map(({ count, detail }) => [count, String(detail).replace(/\d{5}/, 'PORT')]),
		[[2, 'webhook cannot be had: connection refused; what waits is tried again']],
	);
	const said = running
		.err()
		.split('\n')
		.filter((line) => /webhook/.test(line));
	assert.is(said.length, 2, said.join('\n'));
	assert.match(said[0]!, /warning: webhook http:.*: connection refused; trying again$/);
	assert.match(said[1]!, /answers again$/);
});

test('an alert that fires again before its end could be told: the newest is told, the time before is lost and said', async () => {
	const port = await freePort();
	const running = begin([RULES, ...LIVE, '--webhook', `http://127.0.0.1:${port}`]);
	for (const [second, value] of [
		[0, 31],
		[15, 20],
		[30, 31],
		[46, 31],
	] as const)
		running.write(temp(second, value));
	await until('what is lost', () =>
		undelivered(running).some(({ detail }) => /took its place/.test(String(detail))),
	);
	const server = await taker(undefined, port);
	await until('a body', () => server.taken.length > 0);
	running.child.stdin!.end();
	const { stderr } = await running.ends;
	await server.close();
	assert.equal(toldTo(server), ['firing: A firing']);
	assert.match(stderr, /not delivered: A \(resolved, since .*took its place/);
});

test('500, 503 and 429 are tried again, 429 no earlier than it asks; one that hangs is given up after --timeout', async () => {
	const server = await taker();
	const times: number[] = [];
	server.become((_, before) => {
		times.push(performance.now());
		const answers = [
			{ status: 500, body: 'oops' },
			{ status: 503 },
			{ status: 429, headers: { 'Retry-After': '1' } },
			'silent' as const,
			'reset' as const,
		];
		return answers[before];
	});
	const running = begin([RULES, ...LIVE, '--timeout', '400ms', '--webhook', server.url]);
	running.write(temp(0, 31) + temp(1, 31));
	await until('a body', () => server.taken.length > 0);
	running.child.stdin!.end();
	const { status, stderr } = await running.ends;
	await server.close();
	assert.is(status, 0, stderr);
	assert.is(server.seen.length, 6);
	assert.ok(times[3]! - times[2]! >= 950, `${times[3]! - times[2]!} ms after 429`);
	assert.ok(times[4]! - times[3]! >= 390, 'the one that hung');
	assert.equal(toldTo(server), ['firing: A firing']);
	assert.is(undelivered(running).length, 1, 'one outage');
});

test('400 is final: counted, said, a notice; the next change is told again', async () => {
	const server = await taker();
	server.become((_, before) => (before === 0 ? { status: 400, body: 'no such template' } : undefined));
	const running = begin([RULES, ...LIVE, '--webhook', server.url]);
	running.write(temp(0, 31) + temp(1, 31));
	await until('it is refused', () => undelivered(running).length > 0);
	await sleep(1000);
	assert.is(server.seen.length, 1, 'it is not tried again');
	running.write(temp(16, 20) + temp(31, 20));
	await until('a body', () => server.taken.length > 0);
	running.child.kill('SIGUSR1');
	await until('counters', () => /undelivered 1/.test(running.err()));
	running.child.stdin!.end();
	const { status } = await running.ends;
	await server.close();
	assert.is(status, 0);
	assert.equal(toldTo(server), ['resolved: A resolved ended']);
	const { count, detail } = undelivered(running)[0]!;
	assert.is(count, 1);
	assert.match(String(detail), /A \(firing, since .*\): webhook refused it: 400: no such template/);
});

test('a login that is wrong is tried again, with what the file says then', async () => {
	const token = fileOf('old');
	const server = await taker();
	server.become(({ headers }) => (headers.authorization === 'Bearer new' ? undefined : { status: 401 }));
	const running = begin([RULES, ...LIVE, '--webhook', server.url, '--token-file', token]);
	running.write(temp(0, 31) + temp(1, 31));
	await until('a refusal', () => server.seen.length > 0);
	writeFileSync(token, 'newer');
	writeFileSync(token, 'new');
	await until('a body', () => server.taken.length > 0);
	running.child.stdin!.end();
	const { stderr } = await running.ends;
	await server.close();
	assert.not.match(stderr, /Bearer|\bold\b|\bnew\b/);
});

test('a token out of the environment, headers, and an URL out of a file', async () => {
	const server = await taker();
	const url = fileOf(`${server.url}/secret-path\n`);
	const args = [RULES, '--event-time', '--webhook-file', url, '--header', 'X-Team: a'];
	const running = begin(args, { BPFPIPE_ALERT_TOKEN: 'word' });
	running.write(temp(0, 31) + temp(1, 31));
	running.child.stdin!.end();
	const { status, stderr } = await running.ends;
	await server.close();
	assert.is(status, 0, stderr);
	const { headers, path } = server.taken[0]!;
	assert.equal([headers.authorization, headers['x-team'], path], ['Bearer word', 'a', '/secret-path']);
	assert.not.match(stderr, /secret-path|word/);
});

test('what still fires is told again after --repeat, and what is over is not', async () => {
	const server = await taker();
	const running = begin([RULES, ...LIVE, '--repeat', '1s', '--webhook', server.url]);
	running.write(temp(0, 31, BY_ROOM.a) + temp(0, 20, BY_ROOM.b) + temp(1, 31, BY_ROOM.a));
	await until('three bodies', () => server.taken.length >= 3);
	running.write(temp(16, 20, BY_ROOM.a) + temp(31, 20, BY_ROOM.a));
	await until('its end', () => toldTo(server).at(-1) === 'resolved: a resolved ended');
	const count = server.taken.length;
	await sleep(2200);
	assert.is(server.taken.length, count);
	running.child.stdin!.end();
	await running.ends;
	await server.close();
	assert.is(new Set(toldTo(server).slice(0, -1)).size, 1);
});

test('at the end what cannot be delivered is a notice, a line and exit 69', async () => {
	const nobody = `http://127.0.0.1:${await freePort()}`;
	const { status, stderr, stdout } = await run(
		'alert',
		[RULES, ...LIVE, '--drain', '300ms', '--webhook', nobody],
		temp(0, 31) + temp(1, 31),
	);
	assert.is(status, 69);
	assert.match(stderr, /1 alerts were not delivered/);
	assert.match(stdout, /"kind":"undelivered","count":1,"detail":"still waiting at the end: A \(firing/);
});

test('--state: what waits is delivered by the next run, nothing fires twice, and an end is not lost', async () => {
	const state = join(folder, 'state');
	const port = await freePort();
	const args = [RULES, ...LIVE, '--state', state, '--webhook', `http://127.0.0.1:${port}`];
	const first = await run(
		'alert',
		args,
		temp(0, 31, BY_ROOM.a) + temp(0, 31, BY_ROOM.b) + temp(1, 31, BY_ROOM.a),
	);
	assert.is(first.status, 0, first.stderr);
	assert.match(first.stderr, /2 alerts wait; the next run delivers them/);
	const server = await taker(undefined, port);
	const second = await run(
		'alert',
		args,
		temp(15, 31, BY_ROOM.a) + temp(15, 31, BY_ROOM.b) + temp(16, 31, BY_ROOM.a),
	);
	assert.is(second.status, 0, second.stderr);
	assert.equal(toldTo(server), ['firing: a firing, b firing']);
	assert.not.match(second.stdout, /"state"/, 'no change, no record');
	const third = await run(
		'alert',
		args,
		temp(30, 20, BY_ROOM.a) + temp(30, 31, BY_ROOM.b) + temp(400, 31, BY_ROOM.b),
	);
	assert.is(third.status, 0, third.stderr);
	await server.close();
	assert.equal(toldTo(server).slice(1), ['firing: a resolved ended, b firing']);
	assert.is((await run('alert', [RULES, '--state', fileOf('{}')])).status, 78);
});

test('--state: a receiver that the run before did not have is told what fires', async () => {
	const state = join(folder, 'grown');
	const args = [RULES, ...LIVE, '--state', state];
	await run('alert', args, temp(0, 31) + temp(1, 31));
	const server = await taker();
	const { status, stderr } = await run('alert', [...args, '--webhook', server.url], temp(15, 31));
	assert.is(status, 0, stderr);
	await run('alert', [...args, '--webhook', server.url], temp(30, 31));
	await server.close();
	assert.equal(toldTo(server), ['firing: A firing'], 'once');
});

test('--state outlives SIGKILL', async () => {
	const state = join(folder, 'killed');
	const running = begin([RULES, ...LIVE, '--state', state]);
	running.write(temp(0, 31) + temp(1, 31));
	await until('the file', () => existsSync(state) && readFileSync(state, 'utf8').includes('"firing"'));
	running.child.kill('SIGKILL');
	await running.ends;
	const { stdout } = await run('alert', [RULES, ...LIVE, '--state', state], temp(15, 31) + temp(31, 31));
	assert.not.match(stdout, /"firing"/);
});

test('--ack: a barrier is acknowledged when what came before it is delivered and no rule looks behind it', async () => {
	const port = await freePort();
	const ack = join(folder, 'ack');
	const args = [
		RULES,
		...LIVE,
		'--state',
		join(folder, 'acked'),
		'--ack',
		ack,
		'--webhook',
		`http://127.0.0.1:${port}`,
	];
	const running = begin(args, { BPFPIPE_ACK: join(folder, 'not-this') });
	running.write(`${temp(0, 31)}${temp(1, 31)}#!pos {"at":1}\n`);
	running.write(temp(400, 31));
	await until('an outage', () => undelivered(running).length > 0);
	running.write('#!pos {"at":2}\n');
	await sleep(1200);
	assert.not(existsSync(ack), 'its alert is not delivered');
	const server = await taker(undefined, port);
	await until('the ack', () => existsSync(ack));
	assert.is(readFileSync(ack, 'utf8'), '{"at":1}\n');
	running.child.stdin!.end();
	const { stdout } = await running.ends;
	await server.close();
	assert.match(stdout, /^#!pos \{"at":1\}$/m);
	assert.not(existsSync(join(folder, 'not-this')));
});

test('--command: the record on stdin, arguments behind --, and what goes wrong is told', async () => {
	const out = join(folder, 'out');
	const args = [
		RULES,
		'--event-time',
		'--command',
		'sh',
		'--',
		'-c',
		`cat >> ${out}; echo "$ALERT_STATE" >> ${out}`,
	];
	const { status, stderr } = await run('alert', args, temp(0, 31) + temp(15, 31) + temp(30, 20));
	assert.is(status, 0, stderr);
	const [first, state] = readFileSync(out, 'utf8').split('\n');
	assert.is((JSON.parse(first!) as AlertRecord).alert, 'A');
	assert.ok(['firing', 'resolved'].includes(state!));
	const failing = await run(
		'alert',
		[RULES, '--event-time', '--command', 'false'],
		temp(0, 31) + temp(1, 31),
	);
	assert.is(failing.status, 0);
	assert.match(failing.stderr, /A \(firing\): false: ended with 1/);
	assert.match(failing.stdout, /"kind":"undelivered","count":1/);
});

test('HUP reads the rules again: what is on goes on, what has no rule is over, a wrong file changes nothing', async () => {
	const rule = (alert: string, expr: string) => ({ alert, expr });
	const file = (...rules: object[]) => JSON.stringify({ groups: [{ name: 'g', rules }] });
	const rules = fileOf(file(rule('A', 'temp > 30'), rule('B', 'temp > 30')));
	const running = begin([rules, ...LIVE]);
	const said = () => running.out().map(({ alert, state }) => `${alert} ${state}`);
	running.write(temp(0, 31) + temp(1, 31));
	await until('both fire', () => said().length === 2);
	writeFileSync(rules, file(rule('A', 'temp > 20'), rule('C', 'temp > 30')));
	running.child.kill('SIGHUP');
	await until('an end', () => said().includes('B resolved'));
	running.write(temp(16, 31) + temp(31, 31));
	await until('the new one', () => said().includes('C firing'));
	writeFileSync(rules, 'groups: no');
	running.child.kill('SIGHUP');
	await until('a complaint', () => /should be a list.*the rules of before stay/.test(running.err()));
	running.write(temp(46, 10) + temp(400, 10) + temp(420, 10));
	running.child.stdin!.end();
	await running.ends;
	assert.equal(said(), ['A firing', 'B firing', 'B resolved', 'C firing', 'C resolved', 'A resolved']);
});

test('by the clock: silence fires where no record ever comes', async () => {
	const rules = fileOf(ruleText('absent_over_time(temp[1s])'));
	const running = begin([rules, '--interval', '500ms', '--grace', '300ms']);
	await until('it fires', () => running.out().some(({ state }) => state === 'firing'));
	const second = () => ({ ...gauge(0, 'temp', 1), ts: Date.now() });
	for (const deadline = performance.now() + 5000; performance.now() < deadline; await sleep(200)) {
		running.write(lines(second()));
		if (running.out().some(({ state }) => state === 'resolved')) break;
	}
	assert.equal(
		running.out().flatMap(({ state }) => state ?? []),
		['firing', 'resolved'],
	);
	running.child.kill('SIGTERM');
	assert.is((await running.ends).status, 0);
});

test('a quarter of a million records of a series that a rule is about: bounded memory, and quick enough to see', async () => {
	const rules = fileOf(ruleText('rate(calls[5m]) > 1e9'));
	const text = Array.from({ length: 250_000 }, (_, at) => lines(counter(at / 10, 'calls', at))).join('');
	const { status, stdout } = spawnSync(
		process.execPath,
		['--max-old-space-size=96', bundleOf('alert'), rules, '--event-time', '--only'],
		{ input: text, env: cleanEnv(), encoding: 'utf8', maxBuffer: 1 << 20 },
	);
	assert.is(status, 0);
	assert.is(stdout, '');
});

test.run();
