import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { nextStep } from '../../filters/lib/flow/steps.ts';
import { type AnyRecord, parseControl, parseRecord } from '../../filters/lib/record.ts';
import { runAsNobody } from '../harness/as-nobody.ts';
import { isRoot } from '../parts.ts';
import { run, start } from '../program.ts';
import { endAnyway, until } from '../servers/carbon.ts';
import { fakeKea, type Said, saidBy, statistics } from '../servers/fake-kea.ts';

const pure = suite('kea-stats: steps');

pure('prints are at whole multiples of the interval', () => {
	assert.equal([nextStep(0, 1000), nextStep(1, 1000), nextStep(1000, 1000)], [1000, 1000, 2000]);
});

pure.run();

const test = suite('kea-stats');
const dir = mkdtempSync(join(tmpdir(), 'kea-stats-'));
test.after(() => {
	rmSync(dir, { recursive: true });
	endAnyway();
});
const path = (name: string) => join(dir, name);

const acks = (value: number) => saidBy({}, () => statistics({ 'pkt4-ack-sent': value }));
const recordsIn = (text: string): AnyRecord[] =>
	text
		.split('\n')
		.filter((line) => line.startsWith('{'))
		.map((line) => parseRecord(line)!);
const brief = (text: string): string[] =>
	recordsIn(text)
		.filter(({ metric, kind }) => metric === 'kea_up' || metric === 'kea_packets' || kind)
		.map(({ metric, kind, value, attributes }) => {
			const { service, server = '' } = attributes as Record<string, string>;
			return [metric ?? kind, service, server, value]
				.filter((one) => one !== '' && one !== undefined)
				.join(' ');
		});

test('one print of two servers has one time', async () => {
	const four = await fakeKea(path('kea4-socket'), acks(3));
	const six = await fakeKea(
		path('kea6-socket'),
		saidBy({ config: { Dhcp6: {} } }, () => statistics({ 'pkt6-reply-sent': 4 })),
	);
	const args = ['--once', '--host', 'h', '--socket', path('kea4-socket'), '--socket', path('kea6-socket')];
	const { status, stdout, stderr } = await run('kea-stats', args);
	assert.equal([status, stderr.replace(/^.*stat-lease.*\n/gm, '')], [0, '']);
	assert.equal(brief(stdout), [
		'kea_up dhcp4 1',
		'kea_packets dhcp4 3',
		'kea_up dhcp6 1',
		'kea_packets dhcp6 4',
	]);
	const time = parseControl(stdout.split('\n')[0]!);
	assert.equal(
		[...new Set(recordsIn(stdout).map(({ ts }) => ts))],
		[time.kind === 'ts' ? time.ms : undefined],
	);
	await Promise.all([four.close(), six.close()]);
});

test('two servers of one service have names; without names nothing comes twice', async () => {
	const [a, b] = await Promise.all([fakeKea(path('a4'), acks(1)), fakeKea(path('b4'), acks(2))]);
	const sockets = (first: string, second: string) => [
		'--socket',
		first + path('a4'),
		'--socket',
		second + path('b4'),
	];
	const named = await run('kea-stats', ['--once', ...sockets('east=', 'west=')]);
	assert.equal(brief(named.stdout), [
		'kea_up dhcp4 east 1',
		'kea_packets dhcp4 east 1',
		'kea_up dhcp4 west 1',
		'kea_packets dhcp4 west 2',
	]);
	const plain = await run('kea-stats', ['--once', ...sockets('', '')]);
	assert.equal(brief(plain.stdout), ['kea_up dhcp4 1', 'kea_packets dhcp4 1']);
	assert.match(plain.stderr, /b4: dhcp4 comes from another server too; NAME= in front/);
	await Promise.all([a.close(), b.close()]);
});

const running = new Set<ChildProcess>();
test.after.each(() => {
	for (const child of running) child.kill('SIGKILL');
	running.clear();
});

/** What is printed and logged while Kea does this and that. */
const watched = (args: string[]) => {
	const child = start('kea-stats', ['--host', 'h', '-i', '100ms', '--timeout', '5s', ...args]);
	running.add(child);
	let [stdout, stderr] = ['', ''];
	child.stdout!.on('data', (piece) => {
		stdout += piece;
	});
	child.stderr!.on('data', (piece) => {
		stderr += piece;
	});
	return {
		child,
		stdout: () => stdout,
		stderr: () => stderr,
		ups: () => brief(stdout).filter((line) => line.startsWith('kea_up')),
		end: async () => {
			child.kill('SIGTERM');
			const [code] = await once(child, 'exit');
			return code;
		},
	};
};

test('a server that is not there yet, comes, goes and comes back', async () => {
	const socket = path('kea4-late');
	const seen = watched(['--socket', socket]);
	await until(() => seen.ups().length >= 3);
	assert.equal(brief(seen.stdout()).slice(0, 3), ['kea_up dhcp4 0', 'away dhcp4', 'kea_up dhcp4 0']);
	let kea = await fakeKea(socket, acks(1));
	await until(() => seen.ups().includes('kea_up dhcp4 1'));
	await kea.close();
	await until(() => seen.ups().at(-1) === 'kea_up dhcp4 0');
	kea = await fakeKea(socket, acks(2));
	await until(() => seen.ups().at(-1) === 'kea_up dhcp4 1');
	assert.is(await seen.end(), 0);
	assert.is(brief(seen.stdout()).filter((line) => line === 'away dhcp4').length, 2);
	const lines = seen.stderr().split('\n');
	assert.match(lines[0]!, /kea4-late: dhcp4 cannot be had: no such file or directory; asked again/);
	assert.is(lines.filter((line) => line.endsWith('dhcp4 answers again')).length, 2);
	await kea.close();
});

test('answers that are torn, empty, silent, huge or no answers at all are a server that is away', async () => {
	const socket = path('kea4-odd');
	const kea = await fakeKea(socket, acks(1));
	const CASES: [Said, RegExp][] = [
		['{"result": 0, "argum', /the answer is broken: the end of a string is missing/],
		['', /the answer is empty/],
		['silent', /no answer in time/],
		['closed', /the answer is empty|broke the connection/],
		['[]', /the answer has no "result"; is this Kea\?/],
		['{"arguments": {}}', /the answer has no "result"/],
		[`{"result": 0, "text": "${'x'.repeat(5000)}"}`, /more than 4096 bytes; --max-answer/],
		['['.repeat(3000), /the answer is broken/],
	];
	for (const [said, reason] of CASES) {
		kea.become(() => said);
		const args = ['--once', '--timeout', '1s', '--max-answer', '4K', '--socket', socket];
		const { status, stdout, stderr } = await run('kea-stats', args);
		assert.is(status, 69, String(said));
		assert.equal(brief(stdout), ['kea_up dhcp4 0', 'away dhcp4']);
		assert.match(stderr, reason);
	}
	// The last command of a print fails: nothing of it is printed.
	kea.become((command) => (command === 'statistic-get-all' ? '{' : acks(1)(command)));
	const { stdout } = await run('kea-stats', ['--once', '--socket', socket]);
	assert.equal(brief(stdout), ['kea_up dhcp4 0', 'away dhcp4']);
	await kea.close();
});

test('a server that hangs does not hold up its neighbour beyond the time limit', async () => {
	const kea = await fakeKea(path('good4'), acks(1));
	const mute = await fakeKea(path('kea6-mute'), () => 'silent');
	const args = ['--once', '--timeout', '2s', '--socket', path('kea6-mute'), '--socket', path('good4')];
	const { stdout } = await run('kea-stats', args);
	assert.equal(brief(stdout), ['kea_up dhcp6 0', 'away dhcp6', 'kea_up dhcp4 1', 'kea_packets dhcp4 1']);
	await Promise.all([kea.close(), mute.close()]);
});

/** Kea over HTTP; `agent` is the configuration that it tells of itself. */
const overHttp = async (agent: object, user = '') => {
	const seen: string[] = [];
	const server = createServer(async (request, response) => {
		let body = '';
		for await (const piece of request) body += piece;
		const { command, service } = JSON.parse(body);
		seen.push(`${command} ${service ?? ''}`.trim());
		const login = `Basic ${Buffer.from(user).toString('base64')}`;
		if (user !== '' && request.headers.authorization !== login) {
			response.writeHead(401).end('{ "result": 401, "text": "Unauthorized" }');
			return;
		}
		if (service?.[0] === 'dhcp6') {
			response.end('[{"result": 1, "text": "unable to forward command to the dhcp6 service: gone"}]');
			return;
		}
		const isOfAgent = service === undefined && command === 'config-get';
		const said = isOfAgent ? { result: 0, arguments: agent } : acks(5)(command);
		response.end(`[${typeof said === 'string' ? said : JSON.stringify(said)}]`);
	});
	await once(server.listen(0, '127.0.0.1'), 'listening');
	return {
		seen,
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
		close: () => {
			server.closeAllConnections();
			server.close();
		},
	};
};

const AGENT = { 'Control-agent': { 'control-sockets': { dhcp4: {}, dhcp6: {} } } };

test('an agent says what is behind it, and one of them may be away alone', async () => {
	const server = await overHttp(AGENT);
	const { status, stdout } = await run('kea-stats', ['--once', '--url', server.url]);
	assert.is(status, 69);
	assert.equal(brief(stdout), ['kea_up dhcp4 1', 'kea_packets dhcp4 5', 'kea_up dhcp6 0', 'away dhcp6']);
	const one = await run('kea-stats', ['--once', '--url', server.url, '--service', 'dhcp4']);
	assert.is(one.status, 0);
	assert.equal(brief(one.stdout), ['kea_up dhcp4 1', 'kea_packets dhcp4 5']);
	server.close();
});

test('a server that speaks HTTP itself is asked without a service', async () => {
	const server = await overHttp({ Dhcp4: { subnet4: [] } });
	const { status, stdout } = await run('kea-stats', ['--once', '--url', `east=${server.url}`]);
	assert.is(status, 0);
	assert.equal(brief(stdout), ['kea_up dhcp4 east 1', 'kea_packets dhcp4 east 5']);
	assert.ok(server.seen.includes('statistic-get-all'), server.seen.join());
	const huge = await run('kea-stats', ['--once', '--max-answer', '40', '--url', server.url]);
	assert.is(huge.status, 69);
	assert.match(huge.stderr, /an answer of more than 40 bytes/);
	server.close();
});

test('a server that does not show its configuration has no CIDRs, and its service by the path', async () => {
	const base = acks(3);
	const kea = await fakeKea(path('dhcp4.sock'), (command) =>
		command === 'config-get' ? { result: 1, text: 'not for you' } : base(command),
	);
	const { status, stdout, stderr } = await run('kea-stats', ['--once', '--socket', path('dhcp4.sock')]);
	assert.is(status, 0);
	assert.equal(brief(stdout), ['kea_up dhcp4 1', 'kea_packets dhcp4 3']);
	assert.match(stderr, /config-get: not for you; subnets have no CIDR/);
	await kea.close();
});

test('a password comes from a file, and without the right one the exit is 77', async () => {
	const server = await overHttp(AGENT, 'bpf:secret');
	const file = path('auth');
	writeFileSync(file, 'bpf:wrong\n');
	const args = ['--once', '--service', 'dhcp4', '--url', server.url, '--auth-file', file];
	for (const given of [args, args.slice(0, -2)]) {
		const { status, stdout, stderr } = await run('kea-stats', given);
		assert.equal([status, stdout], [77, '']);
		assert.is(
			stderr,
			`kea-stats: ${server.url}: Kea does not let us in (401); --auth-file FILE holds NAME:PASSWORD of one of its clients\n`,
		);
	}
	writeFileSync(file, 'bpf:secret\n');
	const good = await run('kea-stats', args);
	assert.is(good.status, 0);
	// What was right once and is wrong now: the file is read again each time.
	const seen = watched(args.slice(1));
	await until(() => seen.ups().includes('kea_up dhcp4 1'));
	writeFileSync(file, 'bpf:changed\n');
	await until(() => seen.ups().includes('kea_up dhcp4 0'));
	writeFileSync(file, 'bpf:secret\n');
	await until(() => seen.ups().at(-1) === 'kea_up dhcp4 1');
	assert.is(await seen.end(), 0);
	assert.not.match(seen.stderr() + seen.stdout() + good.stderr, /secret|changed|wrong/);
	server.close();
});

test('something else at the address', async () => {
	const server = createServer((_request, response) => response.writeHead(404).end('<html>'));
	await once(server.listen(0, '127.0.0.1'), 'listening');
	const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	const { status, stderr } = await run('kea-stats', ['--once', '--url', url]);
	assert.is(status, 69);
	assert.match(stderr, /the answer is HTTP status 404; is this the address of Kea\?/);
	server.closeAllConnections();
	server.close();
});

if (isRoot)
	test('a socket that we may not write to ends it with 77', async () => {
		const kea = await fakeKea(path('kea4-private'), acks(1));
		chmodSync(dir, 0o755);
		chmodSync(path('kea4-private'), 0o600);
		const args = ['--once', '--socket', path('kea4-private')];
		const { status, stdout, stderr } = await runAsNobody('kea-stats', args);
		assert.equal([status, stdout], [77, '']);
		assert.match(stderr, /kea4-private: permission denied; .*group/);
		await kea.close();
	});

test('usage', async () => {
	for (const args of [
		[],
		['--socket', `/${'x'.repeat(200)}`],
		['--url', 'ftp://h'],
		['--url', 'http://u:p@h'],
		['--socket', '/s', '--auth-file', '/f'],
		['--socket', '/s', '--socket', '/s'],
		['--socket', '/s', '-i', '0'],
		['--socket', '/s', '--max-answer', 'x'],
		['x'],
	]) {
		const { status, stdout, stderr } = await run('kea-stats', args);
		assert.equal([status, stdout], [64, ''], args.join(' '));
		assert.ok(stderr.startsWith('kea-stats: '));
	}
});

test.run();
