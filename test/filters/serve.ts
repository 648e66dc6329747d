import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { request as secureRequest } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ColumnsAnswer, MetricsAnswer, NoticesAnswer, Tick } from '../../filters/lib/history/answers.ts';
import { cycleAt, textOf, version } from '../data/published.ts';
import { commandsLack, testWith } from '../parts.ts';
import { bundleOf, cleanEnv, outcome, run, start } from '../program.ts';
import { certificateIn } from '../servers/certificate.ts';
import { freePort } from '../servers/ports.ts';

const test = suite('serve: the program');
const folder = mkdtempSync(join(tmpdir(), 'serve-'));
const running = new Set<ChildProcess>();
test.after(() => {
	for (const child of running) child.kill('SIGKILL');
	rmSync(folder, { recursive: true });
});

const PATIENCE_MS = 10_000;
const until = async (what: string, holds: () => boolean | Promise<boolean>): Promise<void> => {
	for (const deadline = performance.now() + PATIENCE_MS; !(await holds()); await sleep(10))
		if (performance.now() > deadline) throw new Error(`not within ${PATIENCE_MS} ms: ${what}`);
};

/** A serve that listens, and what it is asked. */
const begin = async (args: string[] = [], env: Record<string, string> = {}) => {
	const port = await freePort();
	const child = start('serve', ['--listen', `127.0.0.1:${port}`, ...args], env);
	running.add(child);
	const done = outcome(child).finally(() => running.delete(child));
	const url = `http://127.0.0.1:${port}`;
	let text = '';
	child.stdout!.on('data', (chunk: Buffer) => {
		text += chunk;
	});
	await until('it listens', () => text.includes('\n') || child.exitCode !== null);
	return {
		url,
		child,
		done,
		feed: (records: object[]) =>
			child.stdin!.write(records.map((one) => `${JSON.stringify(one)}\n`).join('')),
		get: (path: string, headers: Record<string, string> = {}) => fetch(`${url}${path}`, { headers }),
		json: async <T>(path: string): Promise<T> => (await fetch(`${url}${path}`)).json() as Promise<T>,
		end: async () => {
			child.kill('SIGTERM');
			return done;
		},
	};
};

const START = 1_763_712_000_000;
const histogram = (at: number, count: number, more: object = {}) => ({
	type: 'histogram',
	ts: START + 1000 * at,
	host: 'web1',
	metric: 'cpu-lat',
	unit: 'us',
	attributes: { comm: 'nginx' },
	temporality: 'cumulative',
	buckets: [
		[0, 1, count],
		[2, 4, 2 * count],
	],
	...more,
});

test('records become columns, of which the first of a counter gives none', async () => {
	const serve = await begin();
	serve.feed([0, 1, 2, 3].map((at) => histogram(at, 5 * at)));
	const query = `metric=cpu-lat&unit=us&type=histogram&from=${START}&to=${START + 4000}&columns=10`;
	await until('three columns', async () => {
		const { groups } = await serve.json<ColumnsAnswer>(`/api/v1/columns?${query}`);
		return groups[0]?.columns.filter(Boolean).length === 3;
	});
	const answer = await serve.json<ColumnsAnswer>(`/api/v1/columns?${query}`);
	assert.is(answer.step, 1000);
	assert.equal(answer.rows, [
		[0, 1],
		[2, 4],
	]);
	assert.equal(answer.groups[0]!.columns, [[1, 0, 5, 10], [1, 0, 5, 10], [1, 0, 5, 10], null]);
	const { metrics } = await serve.json<MetricsAnswer>('/api/v1/metrics');
	assert.equal(
		metrics.map(({ metric, series }) => [metric, series]),
		[['cpu-lat', 1]],
	);
	const { status, stdout, stderr } = await serve.end();
	assert.is(status, 0);
	assert.is(stdout, `${serve.url}/\n`);
	assert.is(stderr, '');
});

/** The next events of a stream, as they stand in it. */
const eventsFrom = async (url: string, lastId?: string, more: Record<string, string> = {}) => {
	const controller = new AbortController();
	const headers = { ...more, ...(lastId === undefined ? {} : { 'Last-Event-ID': lastId }) };
	const response = await fetch(url, { headers, signal: controller.signal });
	const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
	let text = '';
	const next = async (): Promise<{ id: string; event: string; data: Tick }> => {
		for (;;) {
			const end = text.indexOf('\n\n');
			if (end >= 0) {
				const block = text.slice(0, end);
				text = text.slice(end + 2);
				const fields = Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2)));
				if (fields.event) return { ...fields, data: JSON.parse(fields.data) } as never;
				continue;
			}
			const { value, done } = await reader.read();
			if (done) throw new Error('the stream ended');
			text += value;
		}
	};
	return { response, next, close: () => controller.abort() };
};

test('events: a tick when something came, resumed by id, reset when nobody knows that id any more', async () => {
	const serve = await begin();
	const stream = await eventsFrom(`${serve.url}/events`);
	assert.is(stream.response.headers.get('content-type'), 'text/event-stream; charset=utf-8');
	assert.match(stream.response.headers.get('cache-control')!, /no-transform/);
	assert.is(stream.response.headers.get('content-encoding'), null);
	const first = await stream.next();
	assert.is(first.event, 'tick');
	assert.is(first.data.source, 'waiting');
	serve.feed([histogram(0, 1)]);
	const second = await stream.next();
	assert.equal(
		second.data.changed.map(({ metric }) => metric),
		['cpu-lat'],
	);
	assert.is(second.data.source, 'flowing');
	assert.is(second.id, `${second.data.epoch}-${second.data.seq}`);
	stream.close();
	serve.feed([{ ...histogram(1, 2), metric: 'other' }]);
	await sleep(1300);
	const again = await eventsFrom(`${serve.url}/events`, second.id);
	const missed = await again.next();
	assert.is(missed.event, 'tick');
	assert.equal(
		missed.data.changed.map(({ metric }) => metric),
		['other'],
	);
	again.close();
	for (const strange of ['00ff-1', `${second.data.epoch}-999`, 'x']) {
		const lost = await eventsFrom(`${serve.url}/events`, strange);
		assert.is((await lost.next()).event, 'reset', strange);
		lost.close();
	}
	const ending = await eventsFrom(`${serve.url}/events`);
	await ending.next();
	serve.child.stdin!.end();
	assert.is((await ending.next()).data.source, 'ended');
	const { status, stderr } = await serve.end();
	assert.is(status, 0);
	assert.match(stderr, /the input has ended; the page stays/);
});

test('a line that is too long to be read is among the bad ones, a series that Prometheus cannot have is not', async () => {
	const serve = await begin();
	const long = (length: number) => ({ ...histogram(0, 1), attributes: { comm: 'x'.repeat(length) } });
	serve.feed([long(1 << 20), long(100_000), histogram(1, 3)]);
	const figures = async () => (await serve.get('/metrics')).text();
	await until('it has come', async () => (await figures()).includes('bpfpipe_serve_lines_total 2\n'));
	await until('it was left out', async () => (await figures()).includes('kind="too_long"'));
	assert.match(await figures(), /^bpfpipe_serve_bad_lines_total 1$/m);
	await serve.end();
});

testWith(
	test,
	commandsLack('promtool'),
	'/metrics in base units is what promtool would have, and classic for whom asks for native',
	async () => {
		const serve = await begin(['--base-units', '--metrics-path', '/ebpf/figures']);
		serve.feed([
			histogram(0, 1),
			histogram(1, 3),
			{ type: 'gauge', ts: START, host: 'web1', metric: 'ack-age', unit: 'ms', attributes: {}, value: 250 },
			{ type: 'notice', ts: START, host: 'web1', metric: 'cpu-lat', kind: 'lost_events', count: 1 },
		]);
		await until('it has come', async () =>
			(await (await serve.get('/metrics')).text()).includes('lost_events'),
		);
		const text = await (await serve.get('/metrics')).text();
		assert.match(text, /^cpu_lat_seconds_bucket\{host="web1",comm="nginx",le="0\.000003"\} 9$/m);
		assert.match(text, /^ack_age_seconds\{host="web1"\} 0\.25$/m);
		const there = await (await serve.get('/ebpf/figures')).text();
		assert.match(there, /^cpu_lat_seconds_bucket\{host="web1",comm="nginx",le="0\.000003"\} 9$/m);
		assert.is((await serve.get('/ebpf')).status, 404);
		const told = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
		assert.equal([told.status, `${told.stdout}${told.stderr}`], [0, '']);
		const native = await serve.get('/metrics', {
			Accept: 'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited',
		});
		assert.match(Buffer.from(await native.arrayBuffer()).toString('latin1'), /classic only: scaled/);
		assert.is((await serve.end()).status, 0);
	},
);

test('a file of the page that did not change is not sent again', async () => {
	const serve = await begin();
	for (const path of ['/', '/page.js', '/page.css', '/favicon.svg']) {
		const first = await serve.get(path);
		const whole = await first.text();
		const tag = first.headers.get('etag')!;
		assert.match(tag, /^W\/"[\w-]{43}"$/, path);
		assert.is(first.headers.get('cache-control'), 'no-cache');
		// Through a proxy it may have become another kind of tag; there may be several.
		for (const known of [tag, tag.slice(2), `"x", ${tag}`, '*']) {
			const again = await serve.get(path, { 'If-None-Match': known });
			assert.equal([again.status, await again.text()], [304, ''], `${path} ${known}`);
			assert.is(again.headers.get('etag'), tag);
			assert.is(again.headers.get('content-type'), null);
			assert.is(again.headers.get('content-length'), null);
			assert.match(again.headers.get('vary') ?? '', path === '/favicon.svg' ? /.*/ : /Accept-Encoding/);
			assert.is(again.headers.get('content-security-policy'), first.headers.get('content-security-policy'));
		}
		const other = await serve.get(path, { 'If-None-Match': '"other"' });
		assert.equal([other.status, await other.text()], [200, whole]);
		const plain = await serve.get(path, { 'Accept-Encoding': 'identity' });
		assert.is(plain.headers.get('etag'), tag);
	}
	// Answers that live have none, and a method that changes nothing is still refused.
	assert.is((await serve.get('/api/v1/metrics', { 'If-None-Match': '*' })).status, 200);
	assert.is((await serve.get('/metrics', { 'If-None-Match': '*' })).status, 200);
	assert.is((await serve.get('/nothing', { 'If-None-Match': '*' })).status, 404);
	await serve.end();
});

test('/metrics is text, or OpenMetrics, or smaller, as the client would have it', async () => {
	const serve = await begin();
	serve.feed([histogram(0, 1), histogram(1, 3)]);
	await until('it has come', async () => (await (await serve.get('/metrics')).text()).includes('le="3"'));
	const text = await serve.get('/metrics', { Accept: 'text/plain' });
	assert.is(text.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
	const body = await text.text();
	assert.match(body, /^cpu_lat_microseconds_bucket\{host="web1",comm="nginx",le="3"\} 9$/m);
	assert.match(body, /^bpfpipe_serve_lines_total 2$/m);
	assert.match(body, /^bpfpipe_serve_series 1$/m);
	assert.not.match(body, /# EOF/);
	const open = await serve.get('/metrics', {
		Accept: 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
	});
	assert.is(open.headers.get('content-type'), 'application/openmetrics-text; version=1.0.0; charset=utf-8');
	const lines = (await open.text()).split('\n');
	assert.is(lines.at(-2), '# EOF');
	assert.is(lines.filter((line) => line === '# EOF').length, 1);
	assert.is(open.headers.get('content-encoding'), 'gzip');
	assert.is(
		(await serve.get('/metrics', { 'Accept-Encoding': 'identity' })).headers.get('content-encoding'),
		null,
	);
	await serve.end();
});

test('/health says why it is not well', async () => {
	const serve = await begin(['--max-age', '100000d']);
	const reasons = async () => {
		const reply = await serve.get('/health');
		const { status, reasons: all } = (await reply.json()) as {
			status: string;
			reasons: { reason: string }[];
		};
		assert.is(reply.status, all.length === 0 ? 200 : 503);
		assert.is(status, all.length === 0 ? 'ok' : 'failing');
		return all.map(({ reason }) => reason);
	};
	assert.equal(await reasons(), ['waiting']);
	serve.feed([{ type: 'notice', ts: START, host: 'web1', kind: 'unreadable', count: 1 }]);
	await until('the notice has come', async () =>
		(await (await serve.get('/metrics')).text()).includes('unreadable'),
	);
	assert.equal(await reasons(), ['waiting']);
	serve.feed([histogram(0, 1, { synthetic: true })]);
	await until('it has come', async () => (await reasons()).join() === 'synthetic');
	serve.feed([histogram(1, 1)]);
	await until('real data have come', async () => (await reasons()).length === 0);
	const lacking = {
		host: 'web1',
		metric: 'bpf_missing',
		unit: '1',
		attributes: { what: 'program', name: 'lookup' },
	};
	serve.feed([{ type: 'gauge', ts: START + 1000, ...lacking, value: 1 }]);
	await until('something is missing', async () => {
		const reply = await serve.get('/health');
		const { status, reasons: all } = (await reply.json()) as { status: string; reasons: object[] };
		if (status === 'degraded')
			assert.equal(
				[reply.status, all],
				[200, [{ reason: 'missing', detail: 'web1: the program lookup cannot be had here' }]],
			);
		return status === 'degraded';
	});
	serve.child.stdin!.end();
	await until('the end has come', async () => {
		const { status, reasons: all } = await serve.json<{ status: string; reasons: { reason: string }[] }>(
			'/health',
		);
		return status === 'failing' && all.map(({ reason }) => reason).join() === 'ended,missing';
	});
	await serve.end();
	const old = await begin();
	const own = { host: 'web1', metric: 'bpfpipe_stage_up', unit: '1', attributes: {} };
	old.feed([{ type: 'gauge', ts: Date.now(), ...own, value: 1 }]);
	await until("the supervisor's own figure has come", async () =>
		(await (await old.get('/metrics')).text()).includes('bpfpipe_stage_up{'),
	);
	assert.is((await old.json<{ source: string }>('/health')).source, 'waiting');
	old.feed([histogram(0, 1)]);
	// The figure of now does not make the data of then new.
	await until('it has come', async () => {
		const { reasons: all } = await old.json<{ reasons: { reason: string }[] }>('/health');
		return all.map(({ reason }) => reason).join() === 'old';
	});
	await old.end();
});

test('records, stats and notices; broken questions are refused in words', async () => {
	const serve = await begin();
	serve.feed([
		histogram(0, 1),
		histogram(1, 1),
		histogram(1, 1, { attributes: { comm: 'redis' } }),
		{ type: 'gauge', ts: START, host: 'web2', metric: 'load', unit: '1', attributes: {}, value: 3 },
		{ type: 'notice', ts: START, host: 'web1', metric: 'cpu-lat', kind: 'lost_events', count: 17 },
		{ type: 'zebra' },
	]);
	const stats = () => serve.json<Record<string, unknown>>('/api/v1/stats');
	await until('all has come', async () => (await stats()).total_metrics === 3);
	const { status, total_modules, total_metrics, modules } = await stats();
	assert.equal([status, total_modules, total_metrics, modules], ['ok', 2, 3, { 'cpu-lat': 2, load: 1 }]);
	const records = await (await serve.get('/api/v1/records?host=web1&attribute.comm=nginx')).text();
	assert.equal(
		records
			.trimEnd()
			.split('\n')
			.map((line) => JSON.parse(line)),
		[histogram(1, 1)],
	);
	const { notices } = await serve.json<NoticesAnswer>(
		`/api/v1/notices?from=0&to=${START + 1}&metric=cpu-lat`,
	);
	assert.equal(
		notices.map(({ kind, count }) => [kind, count]),
		[['lost_events', 17]],
	);
	const metrics = await (await serve.get('/metrics')).text();
	assert.match(metrics, /bpfpipe_notices_total\{.*kind="lost_events".*\} 17/);
	for (const [path, wanted, text] of [
		['/api/v1/columns', 400, /unit|metric/],
		['/api/v1/columns?metric=a&unit=b&type=c', 400, /type=c is not one of/],
		['/api/v1/columns?metric=a&unit=b&type=sum&columns=0', 400, /columns=0/],
		['/api/v1/columns?metric=a&unit=b&type=sum&from=x', 400, /from=x/],
		['/api/v1/nothing', 404, /nothing at this path/],
		['/../etc/passwd', 404, /nothing/],
		['/%2e%2e/x', 404, /nothing/],
		['/constructor', 404, /nothing/],
	] as const) {
		const reply = await serve.get(path);
		assert.is(reply.status, wanted, path);
		assert.match(await reply.text(), text);
	}
	const posted = await fetch(`${serve.url}/metrics`, { method: 'POST', body: 'x' });
	assert.is(posted.status, 405);
	const empty = await serve.json<ColumnsAnswer>('/api/v1/columns?metric=no&unit=1&type=sum');
	assert.equal(empty.groups[0]!.series, 0);
	await serve.end();
});

test('a page of another name is not served, nor framed, nor may it read', async () => {
	const serve = await begin(['--allow-origin', 'https://wall.example']);
	const raw = async (host: string) => {
		const { hostname, port } = new URL(serve.url);
		return new Promise<number>((resolve, reject) => {
			request({ hostname, port, path: '/', headers: { host } }, (reply) => {
				reply.resume();
				resolve(reply.statusCode!);
			})
				.on('error', reject)
				.end();
		});
	};
	assert.is(await raw('evil.example'), 421);
	assert.is(await raw('wall.example'), 200);
	assert.is(await raw('localhost:1234'), 200);
	const page = await serve.get('/');
	assert.match(page.headers.get('content-security-policy')!, /default-src 'none'.*frame-ancestors 'none'/);
	assert.match(page.headers.get('content-security-policy')!, /require-trusted-types-for 'script'/);
	assert.is(page.headers.get('x-content-type-options'), 'nosniff');
	const other = await serve.get('/api/v1/stats', { Origin: 'https://evil.example' });
	assert.is(other.headers.get('access-control-allow-origin'), null);
	const wall = await serve.get('/api/v1/stats', { Origin: 'https://wall.example' });
	assert.is(wall.headers.get('access-control-allow-origin'), 'https://wall.example');
	const asked = await fetch(`${serve.url}/api/v1/stats`, {
		method: 'OPTIONS',
		headers: { Origin: 'https://wall.example', 'Access-Control-Request-Method': 'GET' },
	});
	assert.is(asked.status, 204);
	await serve.end();
});

test('with an auth file: a token, a name and password, or a cookie that the form gives', async () => {
	const hashed = await run('serve', ['--hash-password'], 'secret words\n');
	assert.is(hashed.status, 0);
	assert.match(hashed.stdout, /^scrypt:[0-9a-f]{32}:[0-9a-f]{64}\n$/);
	const file = join(folder, 'auth');
	writeFileSync(file, `# who\ntoken 0123456789abcdef\nuser ann ${hashed.stdout}`, { mode: 0o600 });
	const serve = await begin(['--auth-file', file]);
	const basic = (text: string) => ({ Authorization: `Basic ${Buffer.from(text).toString('base64')}` });
	assert.is((await serve.get('/api/v1/stats')).status, 401);
	assert.match((await serve.get('/metrics')).headers.get('www-authenticate')!, /Bearer, Basic/);
	assert.is((await serve.get('/metrics', { Authorization: 'Bearer 0123456789abcdef' })).status, 200);
	assert.is((await serve.get('/metrics', { Authorization: 'Bearer 0123456789abcdeX' })).status, 401);
	assert.is((await serve.get('/metrics', basic('ann:secret words'))).status, 200);
	assert.is((await serve.get('/metrics', basic('ann:secret'))).status, 401);
	assert.is((await serve.get('/metrics', basic('bob:secret words'))).status, 401);
	const health = await serve.get('/health');
	assert.equal(await health.json(), { status: 'failing' });
	const page = await fetch(serve.url, { headers: { Accept: 'text/html' }, redirect: 'manual' });
	assert.is(page.status, 303);
	assert.is(page.headers.get('location'), '/log-in');
	const form = await serve.get('/log-in');
	assert.match(await form.text(), /<form method="post" action="\/log-in">/);
	assert.match(form.headers.get('content-security-policy')!, /form-action 'self'/);
	const logIn = (name: string, password: string, headers: Record<string, string> = {}) =>
		fetch(`${serve.url}/log-in`, {
			method: 'POST',
			redirect: 'manual',
			headers,
			body: new URLSearchParams({ name, password }),
		});
	assert.is((await logIn('ann', 'wrong')).status, 403);
	assert.is((await logIn('ann', 'secret words', { Origin: 'https://evil.example' })).status, 403);
	const entered = await logIn('ann', 'secret words');
	assert.is(entered.status, 303);
	const cookie = entered.headers.get('set-cookie')!;
	assert.match(cookie, /^bpfpipe-session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict/);
	const Cookie = cookie.split(';')[0]!;
	const stream = await eventsFrom(`${serve.url}/events`, undefined, { Cookie });
	assert.is((await stream.next()).event, 'tick');
	stream.close();
	await fetch(`${serve.url}/log-out`, { method: 'POST', headers: { Cookie }, redirect: 'manual' });
	assert.is((await serve.get('/api/v1/stats', { Cookie })).status, 401);
	// The file says something else now: whoever came in by it is asked again.
	const later = (await logIn('ann', 'secret words')).headers.get('set-cookie')!.split(';')[0]!;
	assert.is((await serve.get('/api/v1/stats', { Cookie: later })).status, 200);
	writeFileSync(file, 'token fedcba9876543210\n');
	assert.is((await serve.get('/api/v1/stats', { Cookie: later })).status, 401);
	assert.is((await serve.get('/metrics', { Authorization: 'Bearer fedcba9876543210' })).status, 200);
	for (let wrong = 0; wrong < 12; wrong++) await serve.get('/metrics', { Authorization: 'Bearer nonsense' });
	const calm = await serve.get('/metrics', { Authorization: 'Bearer nonsense' });
	assert.is(calm.status, 429);
	assert.ok(Number(calm.headers.get('retry-after')) > 0);
	assert.is((await serve.get('/metrics', { Authorization: 'Bearer fedcba9876543210' })).status, 200);
	await serve.end();
});

test('other machines only with a log-in, or when it is said', async () => {
	const refused = await run('serve', ['--listen', '0.0.0.0:18999']);
	assert.is(refused.status, 78);
	assert.is(
		refused.stderr,
		'serve: --listen 0.0.0.0:18999: other machines could read; give --auth-file, or --insecure\n',
	);
	const bad = join(folder, 'bad-auth');
	writeFileSync(bad, 'user ann plain\n');
	const broken = await run('serve', ['--auth-file', bad]);
	assert.is(broken.status, 78);
	assert.match(broken.stderr, /bad-auth:1: neither "token WORD"/);
	const open = await run('serve', ['--listen', `0.0.0.0:${await freePort()}`, '--insecure', '--until-eof']);
	assert.is(open.status, 0);
});

test('an address in use is one line and 69', async () => {
	const serve = await begin();
	const { host } = new URL(serve.url);
	const second = await run('serve', ['--listen', host]);
	assert.is(second.status, 69);
	assert.is(second.stderr, `serve: ${host}: the address is in use\n`);
	await serve.end();
});

test('several addresses, a Unix socket among them, which a dead server may have left', async () => {
	const path = join(folder, 'sock');
	const first = start('serve', ['--listen', path]);
	await until('it listens', () => existsSync(path));
	const busy = await run('serve', ['--listen', path]);
	assert.is(busy.status, 69);
	first.kill('SIGKILL');
	await outcome(first);
	assert.ok(existsSync(path));
	const serve = await begin(['--listen', path]);
	const status = await new Promise<number>((resolve, reject) => {
		request({ socketPath: path, path: '/api/v1/stats', headers: { host: 'any.name' } }, (reply) => {
			reply.resume();
			resolve(reply.statusCode!);
		})
			.on('error', reject)
			.end();
	});
	assert.is(status, 200);
	assert.is((await serve.get('/api/v1/stats')).status, 200);
	const { stdout } = await serve.end();
	assert.is(stdout, `${serve.url}/\nunix:${path}\n`);
	assert.not(existsSync(path));
});

test('a socket that systemd has opened', async () => {
	const port = await freePort();
	const server = createServer().listen(port, '127.0.0.1');
	await once(server, 'listening');
	// biome-ignore lint/suspicious/noExplicitAny: the descriptor has no public name.
	const { fd } = (server as any)._handle;
	// LISTEN_PID has to be the process's own, which a shell that becomes it knows.
	const child = spawn('sh', ['-c', 'LISTEN_PID=$$ exec "$0" "$1"', process.execPath, bundleOf('serve')], {
		stdio: ['pipe', 'pipe', 'pipe', fd],
		env: cleanEnv({ LISTEN_FDS: '1' }),
	});
	const done = outcome(child);
	server.close();
	await once(child.stdout!, 'data');
	assert.is((await fetch(`http://127.0.0.1:${port}/api/v1/stats`)).status, 200);
	child.kill('SIGTERM');
	const { status, stdout } = await done;
	assert.is(status, 0);
	assert.is(stdout, `http://127.0.0.1:${port}/\n`);
});

test('HTTPS, whose certificate is read again at HUP', async () => {
	const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
	certificateIn(folder, 'first');
	const serve = await begin(['--tls-cert', cert, '--tls-key', key]);
	const secure = serve.url.replace('http:', 'https:');
	const nameOf = () =>
		new Promise<string>((resolve, reject) => {
			secureRequest(`${secure}/api/v1/stats`, { rejectUnauthorized: false, agent: false }, (reply) => {
				const { subject } = (reply.socket as TLSSocket).getPeerCertificate();
				reply.resume();
				resolve(`${subject.CN}`);
			})
				.on('error', reject)
				.end();
		});
	assert.is(await nameOf(), 'first');
	certificateIn(folder, 'second');
	serve.child.kill('SIGHUP');
	await until('the new certificate', async () => (await nameOf()) === 'second');
	writeFileSync(cert, 'nothing');
	serve.child.kill('SIGHUP');
	await sleep(200);
	assert.is(await nameOf(), 'second');
	const { status, stdout, stderr } = await serve.end();
	assert.is(status, 0);
	assert.is(stdout, `${secure}/\n`);
	assert.match(stderr, /no certificate and its key.*going on with the certificate from before/);
	assert.is((await run('serve', ['--tls-cert', cert])).status, 64);
});

test('at the end of input it stays, and INT ends it then; below a supervisor it ends', async () => {
	const ends = async (serve: Awaited<ReturnType<typeof begin>>) => {
		serve.child.stdin!.end();
		const source = async () => (await serve.json<MetricsAnswer>('/api/v1/metrics')).source;
		await until('the end has come', async () => (await source()) === 'ended');
	};
	const serve = await begin();
	await ends(serve);
	serve.child.kill('SIGINT');
	assert.is((await serve.done).status, 0);
	// Ctrl-C goes to all of a pipeline: whoever ended the source by it does not want to end the page once more.
	const interrupted = await begin();
	interrupted.child.kill('SIGINT');
	await sleep(100);
	assert.is((await interrupted.get('/api/v1/stats')).status, 200);
	interrupted.child.stdin!.end();
	assert.is((await interrupted.done).status, 0);
	const address = `127.0.0.1:${await freePort()}`;
	assert.is((await run('serve', ['--listen', address, '--until-eof'])).status, 0);
	const [lifeline, other] = [
		spawn('sleep', ['60'], { stdio: ['ignore', 'pipe', 'ignore'] }),
		await freePort(),
	];
	const supervised = spawn(process.execPath, [bundleOf('serve'), '--listen', `127.0.0.1:${other}`], {
		stdio: ['pipe', 'pipe', 'pipe', lifeline.stdout],
		env: cleanEnv({ BPFPIPE_LIFELINE: '3' }),
	});
	const ended = outcome(supervised);
	supervised.stdin!.end();
	assert.is((await ended).status, 0);
	lifeline.kill();
});

test('readers that do not read are let go, and others have every tick', async () => {
	const serve = await begin(['--max-clients', '400']);
	const { hostname, port } = new URL(serve.url);
	const slow = Array.from({ length: 80 }, () => connect(Number(port), hostname));
	for (const socket of slow) {
		socket.on('error', () => {});
		socket.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
		socket.pause();
	}
	const stream = await eventsFrom(`${serve.url}/events`);
	await stream.next();
	// A tick with names so long that a slow reader has a mebibyte waiting soon.
	let seq = 0;
	for (let at = 0; at < 12; at++) {
		serve.feed([{ ...histogram(at, at), metric: `${at}${'m'.repeat(900_000)}` }]);
		const { data } = await stream.next();
		assert.ok(seq === 0 || data.seq === seq + 1, `${data.seq} after ${seq}`);
		seq = data.seq;
	}
	const figure = async (name: string) =>
		Number(
			new RegExp(`^bpfpipe_serve_${name} (\\d+)`, 'm').exec(await (await serve.get('/metrics')).text())?.[1],
		);
	assert.ok((await figure('readers_let_go_total')) >= 70, `${await figure('readers_let_go_total')}`);
	assert.ok((await figure('resident_memory_bytes')) < 400 * 1024 ** 2);
	for (const socket of slow) socket.destroy();
	stream.close();
	await serve.end();
});

test('one client has a quarter of the connections, and the next is turned away', async () => {
	const serve = await begin(['--max-clients', '8']);
	const { hostname, port } = new URL(serve.url);
	const sockets = Array.from({ length: 5 }, () => connect(Number(port), hostname));
	const texts = sockets.map(() => '');
	for (const [at, socket] of sockets.entries())
		socket
			.on('error', () => {})
			.on('data', (chunk) => {
				texts[at] = `${texts[at]}${chunk}`;
			});
	await until(
		'three are turned away',
		() => texts.filter((text) => text.startsWith('HTTP/1.1 503')).length === 3,
	);
	for (const socket of sockets) socket.destroy();
	// Each that ends makes room for another, however many there have been.
	for (let at = 0; at < 20; at++) {
		const socket = connect(Number(port), hostname).on('error', () => {});
		await once(socket, 'connect');
		socket.destroy();
		await once(socket, 'close');
	}
	await until('the others may come back', async () => (await serve.get('/api/v1/stats')).status === 200);
	await serve.end();
});

test('data sets of Hollow below the same roof', async () => {
	const hollow = join(folder, 'hollow');
	const published = await run('hollow-publish', [hollow], textOf(cycleAt(1)));
	assert.is(published.status, 0, published.stderr);
	const serve = await begin(['--hollow', hollow]);
	const { datasets } = await serve.json<{ datasets: { announced: string }[] }>('/api/v1/hollow');
	assert.is(datasets[0]!.announced, version(1));
	const path = '/api/v1/hollow/hollow/announced/records?search=metric-1';
	assert.ok((await serve.json<{ records: object[] }>(path)).records.length > 0);
	assert.is((await serve.get('/api/v1/hollow/no')).status, 404);
	await serve.end();
	const without = await begin();
	assert.is((await without.get('/api/v1/hollow')).status, 404);
	await without.end();
});

test.run();
