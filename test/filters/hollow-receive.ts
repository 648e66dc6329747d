import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { payloadText } from '../../filters/lib/hollow/metrics/payload.ts';
import { run, start } from '../program.ts';
import { endAnyway } from '../servers/carbon.ts';
import { cycleNumber, startReceiver, until, versionNumber } from '../servers/receiver.ts';

const test = suite('hollow-receive: the program');
const folder = mkdtempSync(join(tmpdir(), 'hollow-receive-'));
let folders = 0;
const fresh = () => join(folder, `d${folders++}`);
test.after(() => {
	rmSync(folder, { recursive: true });
	endAnyway();
});

const payload = (at: number, buckets = 3) => [...payloadText(cycleNumber(at, buckets))].join('');
// biome-ignore lint/suspicious/noExplicitAny: whatever the server says, the assertions look at it.
type Said = { status: number; body: any; headers: Headers };
const caller =
	(url: string, token?: string) =>
	async (
		method: string,
		path: string,
		body?: unknown,
		headers: Record<string, string> = {},
	): Promise<Said> => {
		const reply = await fetch(`${url}/api${path}`, {
			method,
			headers: {
				...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
				...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
				...headers,
			},
			...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
		});
		return { status: reply.status, headers: reply.headers, body: await reply.json() };
	};
type Call = ReturnType<typeof caller>;

const announce = (call: Call, at: number, name = 'm') =>
	call('POST', `/datasets/${name}/versions`, { version: versionNumber(at), status: 'ANNOUNCING' });
const send = (call: Call, at: number, text = payload(at), name = 'm') =>
	call('POST', `/datasets/${name}/versions/${versionNumber(at)}/data`, text);
const publish = (call: Call, at: number, name = 'm') =>
	call('PUT', `/datasets/${name}/versions/${versionNumber(at)}/status`, { status: 'PUBLISHED' });
const all = async (call: Call, at: number, name = 'm') => {
	for (const step of [announce, send, publish]) {
		const { status, body } = await (
			step as (call: Call, at: number, text?: string, name?: string) => Promise<Said>
		)(call, at, ...((step === send ? [payload(at), name] : [name]) as [string]));
		assert.ok(status < 300, `${step.name}: ${JSON.stringify(body)}`);
	}
};
const refused = ({ status, body }: Said, wanted: number, code: string, text: RegExp) => {
	assert.is(status, wanted, JSON.stringify(body));
	assert.is(body.code, code);
	assert.match(`${body.error} ${body.hint ?? ''}`, text);
};
/** Bytes to the port, and what comes back until the server closes. */
const raw = (port: number, ...pieces: (string | Buffer)[]): Promise<string> =>
	new Promise((resolve) => {
		let text = '';
		const socket = connect(port, '127.0.0.1');
		socket.on('data', (chunk) => {
			text += chunk;
		});
		socket.on('error', () => {});
		socket.on('close', () => resolve(text));
		for (const piece of pieces) socket.write(piece);
	});

test("the predecessor's calls: a version of milliseconds as a number, and its payload", async () => {
	const dir = fresh();
	const receiver = await startReceiver([dir]);
	const call = caller(receiver.url);
	const ms = Date.UTC(2025, 10, 21, 1, 2, 3, 45);
	const first = await call('POST', '/datasets/ebpf_metrics/versions', { version: ms, status: 'ANNOUNCING' });
	assert.is(first.status, 201);
	assert.is(first.body.version, '20251121010203045');
	assert.match(first.body.note, new RegExp(`milliseconds ${ms} are version 20251121010203045`));
	const metric = { total: 3, unit: 'count', buckets: [{ lower: 0, upper: 1, count: 3 }] };
	const data = {
		types: { Metric: { fields: { total: 'Integer' } } },
		data: {
			MetricsState: [
				{ timestamp: '2025-11-21T01:02:03', source: 'k', metrics: { 'Cpu Usage': metric }, aggregates: {} },
			],
		},
	};
	assert.is((await call('POST', `/datasets/ebpf_metrics/versions/${ms}/data`, data)).status, 200);
	const last = await call('PUT', `/datasets/ebpf_metrics/versions/${ms}/status`, { status: 'PUBLISHED' });
	assert.is(last.status, 200);
	assert.is(last.body.status, 'PUBLISHED');
	assert.is(readFileSync(join(dir, 'ebpf_metrics/announced.version'), 'utf8'), '20251121010203045');
	assert.equal((await call('GET', '/status')).body.status, 'ok');
	assert.equal((await call('GET', '/datasets')).body, [
		{ name: 'ebpf_metrics', version: '20251121010203045' },
	]);
	const back = (await call('GET', `/datasets/ebpf_metrics/versions/${ms}/data`)).body.data.MetricsState;
	assert.equal(back[0].metrics['Cpu Usage'].buckets, metric.buckets);
	const { status, stdout, stderr } = await receiver.end();
	assert.is(status, 0);
	assert.is(stdout, '');
	assert.match(
		stderr,
		/^hollow-receive: listening on .*\nhollow-receive: ebpf_metrics: published 20251121010203045 /,
	);
	const records = await run('hollow-cat', [join(dir, 'ebpf_metrics')]);
	assert.match(records.stdout, /"metric":"Cpu Usage"/);
});

test('every step again changes nothing; other data under a published version do not get in', async () => {
	const receiver = await startReceiver([fresh()]);
	const call = caller(receiver.url);
	assert.is((await announce(call, 1)).status, 201);
	assert.is((await announce(call, 1)).status, 200);
	assert.is((await send(call, 1, payload(5))).status, 200);
	assert.is((await send(call, 1)).body.data, true);
	assert.is((await publish(call, 1)).status, 200);
	assert.is((await publish(call, 1)).status, 200);
	assert.equal((await send(call, 1)).body, { dataset: 'm', version: versionNumber(1), status: 'PUBLISHED' });
	refused(await send(call, 1, payload(2)), 409, 'conflict', /is published, with other data/);
	refused(await announce(call, 1), 409, 'published', /published already/);
	refused(await announce(call, 0), 409, 'old', /is not above the announced 20251121000001000/);
	const { body, headers } = await call('GET', `/datasets/m/versions/${versionNumber(1)}/data`);
	assert.equal([headers.get('content-type'), headers.get('cache-control')], ['application/json', 'no-store']);
	assert.equal(
		body.data.MetricsState[0].metrics['cpu-lat'].total,
		cycleNumber(1).states[0]!.metrics[0]!.total,
	);
	await receiver.end();
	assert.is(receiver.log().match(/: published /g)!.length, 1);
});

test('the same data as before: done, though no version is made of it', async () => {
	const dir = fresh();
	const receiver = await startReceiver([dir]);
	const call = caller(receiver.url);
	await all(call, 1);
	assert.is((await announce(call, 2)).status, 201);
	await send(call, 2, payload(1));
	const { status, body } = await publish(call, 2);
	assert.is(status, 200);
	assert.equal([body.unchanged, body.announced], [true, versionNumber(1)]);
	assert.is(readFileSync(join(dir, 'm/announced.version'), 'utf8'), versionNumber(1));
	await receiver.end();
});

test('wrong order, unknown things, wrong words', async () => {
	const receiver = await startReceiver([fresh()]);
	const call = caller(receiver.url);
	refused(await send(call, 1), 404, 'not-found', /has no version 20251121000001000 begin it with POST/);
	refused(await publish(call, 1), 404, 'not-found', /has no version/);
	refused(await call('GET', '/datasets/m/versions'), 404, 'not-found', /there is no data set m/);
	await announce(call, 1);
	refused(await publish(call, 1), 409, 'order', /has no data yet/);
	refused(
		await call('GET', `/datasets/m/versions/${versionNumber(1)}/data`),
		404,
		'not-found',
		/has no version/,
	);
	refused(await call('GET', `/datasets/m/versions/${versionNumber(2)}`), 404, 'not-found', /has no version/);
	assert.equal((await call('GET', '/datasets/m/versions')).body, [
		{ version: versionNumber(1), status: 'ANNOUNCING' },
	]);
	assert.equal((await call('GET', '/datasets')).body, [{ name: 'm', version: null }]);
	const versions = '/datasets/m/versions';
	refused(await call('POST', versions, { version: 17, status: 'ANNOUNCING' }), 422, 'payload', /17 digits/);
	refused(await call('POST', versions, { version: null, status: 'ANNOUNCING' }), 422, 'payload', /17 digits/);
	refused(await call('POST', versions, { version: versionNumber(1) }), 422, 'payload', /"status" is nothing/);
	refused(
		await call('POST', versions, '{"version":'),
		400,
		'bad-request',
		/line 1, column 12: it ends where a value should/,
	);
	refused(await call('POST', versions, '[1]'), 400, 'bad-request', /no JSON object/);
	refused(await call('POST', versions, 'x'.repeat(70_000)), 413, 'too-large', /65536/);
	const plain = { 'Content-Type': 'text/plain' };
	refused(await call('POST', versions, '{}', plain), 415, 'type', /"text\/plain" is not application\/json/);
	refused(
		await call('POST', versions, '{}', { 'Content-Encoding': 'gzip' }),
		415,
		'type',
		/"gzip" is not taken/,
	);
	const wrong = await call('DELETE', versions);
	refused(wrong, 405, 'method', /DELETE means nothing here/);
	assert.is(wrong.headers.get('allow'), 'GET, HEAD, POST');
	refused(await call('GET', '/api/datasets'), 404, 'not-found', /must not end in \/api/);
	refused(await call('GET', '/nothing'), 404, 'not-found', /GET \/api\/status/);
	refused(await call('GET', '/datasets/.incoming/versions'), 400, 'bad-request', /no name of a data set/);
	refused(await call('GET', '/datasets/m/versions/12x'), 400, 'bad-request', /is no version/);
	await receiver.end();
});

test('versions beyond 2^53 as JSON numbers are read exactly; Longs too, as numbers and as strings', async () => {
	const receiver = await startReceiver([fresh()]);
	const call = caller(receiver.url);
	const version = '20251121000000999';
	const begun = await call('POST', '/datasets/m/versions', `{"version":${version},"status":"ANNOUNCING"}`);
	assert.is(begun.body.version, version);
	const types = '"types":{"Metric":{"fields":{"total":"Long"}}}';
	const metric = (total: string) =>
		`{${types},"data":{"MetricsState":[{"metrics":{"a":{"total":${total}}}}]}}`;
	const path = `/datasets/m/versions/${version}`;
	for (const total of ['9007199254740993', '"9007199254740993"']) {
		assert.is((await call('POST', `${path}/data`, metric(total))).status, 200);
	}
	assert.is((await call('PUT', `${path}/status`, { status: 'PUBLISHED' })).status, 200);
	const back = await call('GET', `${path}/data`);
	assert.is(back.body.data.MetricsState[0].metrics.a.total, '9007199254740993');
	assert.is(back.body.data.MetricsState[0].timestamp, '2025-11-21T00:00:00.999Z');
	await receiver.end();
});

test('a payload that does not fit: where it is wrong, and what came before it stays', async () => {
	const receiver = await startReceiver([fresh()]);
	const call = caller(receiver.url);
	await announce(call, 1);
	assert.is((await send(call, 1)).status, 200);
	const large = '{"data":{"MetricsState":[{"metrics":{"cpu":{"total":30000000000}}}]}}';
	refused(
		await send(call, 1, large),
		422,
		'payload',
		/^data\.MetricsState\[0\]\.metrics\["cpu"\]\.total: 30000000000 does not fit an Integer/,
	);
	refused(await send(call, 1, '{"data":\n{"MetricsState":[,'), 400, 'bad-request', /line 2, column 18/);
	refused(
		await send(call, 1, `${'['.repeat(100_000)}`),
		400,
		'bad-request',
		/column 33: nested deeper than 32/,
	);
	const bytes = Buffer.from([0x22, 0xff, 0x22]);
	const reply = await fetch(`${receiver.url}/api/datasets/m/versions/${versionNumber(1)}/data`, {
		method: 'POST',
		headers: { 'Content-Type': 'application/json' },
		body: bytes,
	});
	assert.equal(
		[reply.status, ((await reply.json()) as { error: string }).error],
		[400, 'not JSON: the body is not UTF-8'],
	);
	assert.is((await publish(call, 1)).status, 200);
	await receiver.end();
});

test('two writers: two versions at once, in whatever order; the lower one is too old after the higher', async () => {
	const receiver = await startReceiver([fresh()]);
	const call = caller(receiver.url);
	for (const at of [1, 2, 3]) await announce(call, at);
	await Promise.all([1, 2, 3].map((at) => send(call, at)));
	assert.is((await publish(call, 2)).status, 200);
	refused(await publish(call, 1), 409, 'old', /is not above the announced/);
	const many = await Promise.all(Array.from({ length: 10 }, () => publish(call, 3)));
	assert.ok(many.every(({ status }) => status === 200));
	const versions = (await call('GET', '/datasets/m/versions')).body.map(
		({ version }: { version: string }) => version,
	);
	assert.equal(versions.slice(0, 2), [versionNumber(2), versionNumber(3)]);
	await receiver.end();
	assert.is(receiver.log().match(/: published /g)!.length, 2);
});

test('so many versions may be begun in a data set, and no more', async () => {
	const receiver = await startReceiver([fresh()]);
	const call = caller(receiver.url);
	for (let at = 1; at <= 16; at += 1) assert.is((await announce(call, at)).status, 201);
	const more = await announce(call, 17);
	refused(more, 429, 'limit', /16 versions are begun/);
	assert.ok(Number(more.headers.get('retry-after')) > 500);
	assert.is((await announce(call, 16)).status, 200);
	await receiver.end();
});

test('the token: without it only the status; a file that changes is read again', async () => {
	const file = join(folder, 'token');
	writeFileSync(file, 'first-token\n');
	const receiver = await startReceiver([fresh(), '--token-file', file]);
	assert.is((await caller(receiver.url)('GET', '/status')).status, 200);
	const none = await caller(receiver.url)('GET', '/datasets');
	refused(none, 401, 'denied', /a token is needed/);
	assert.is(none.headers.get('www-authenticate'), 'Bearer');
	refused(await caller(receiver.url, 'wrong')('GET', '/datasets'), 401, 'denied', /not the right one/);
	await all(caller(receiver.url, 'first-token'), 1);
	writeFileSync(file, 'another\n');
	assert.is((await caller(receiver.url, 'first-token')('GET', '/datasets')).status, 401);
	assert.is((await caller(receiver.url, 'another')('GET', '/datasets')).status, 200);
	const { stderr } = await receiver.end();
	assert.not.match(stderr, /first-token|another/);
});

test('a body that is too large is refused early, and with chunks as soon as it is', async () => {
	const dir = fresh();
	const receiver = await startReceiver([dir, '--max-body', '64K']);
	const call = caller(receiver.url);
	await announce(call, 1);
	const target = `/api/datasets/m/versions/${versionNumber(1)}/data`;
	const head = `POST ${target} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n`;
	const from = performance.now();
	assert.match(await raw(receiver.port, `${head}Content-Length: 99999999999\r\n\r\n{`), /^HTTP\/1\.1 413 /);
	const expecting = await raw(receiver.port, `${head}Expect: 100-continue\r\nContent-Length: 999999\r\n\r\n`);
	assert.match(expecting, /^HTTP\/1\.1 413 /);
	const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
	const chunked = await raw(receiver.port, `${head}Transfer-Encoding: chunked\r\n\r\n`, chunk, chunk);
	assert.match(chunked, /^HTTP\/1\.1 413 /);
	assert.ok(performance.now() - from < 8000);
	assert.equal(readdirSync(join(dir, 'm/.incoming')), []);
	assert.is((await send(call, 1)).status, 200);
	await receiver.end();
});

test('hostile requests: torn anywhere, huge headers, paths that climb, requests in a row', async () => {
	const dir = fresh();
	const receiver = await startReceiver([dir]);
	const call = caller(receiver.url);
	const body = '{"version":"20251121000001000","status":"ANNOUNCING"}';
	const request = `POST /api/datasets/m/versions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
	for (let at = 0; at < request.length; at += 1) {
		const socket = connect(receiver.port, '127.0.0.1');
		socket.on('error', () => {});
		socket.end(request.slice(0, at), () => (at % 2 ? socket.destroy() : undefined));
	}
	await until(async () => (await call('GET', '/datasets')).body.length === 0);
	const large = await raw(receiver.port, `GET /api/status HTTP/1.1\r\nX: ${'y'.repeat(40_000)}\r\n\r\n`);
	assert.match(large, /^HTTP\/1\.1 431 .*\{"error":"the headers are too large"/s);
	assert.match(await raw(receiver.port, 'nonsense\r\n\r\n'), /^HTTP\/1\.1 400 .*not a proper HTTP request/s);
	for (const name of [
		'..',
		'%2e%2e',
		'%2e%2e%2f',
		'..%2f..%2fetc',
		'%00',
		'a%2fb',
		'.hidden',
		'-x',
		'a..b',
		'%ff',
		'x'.repeat(101),
	]) {
		const posted = request
			.replace('/datasets/m/', `/datasets/${name}/`)
			.replace('Content-Type', 'Connection: close\r\nContent-Type');
		assert.match(await raw(receiver.port, posted), /^HTTP\/1\.1 400 /, name);
	}
	const evil = 'GET /api/status HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n';
	assert.match(await raw(receiver.port, evil), /^HTTP\/1\.1 421 /);
	assert.equal(readdirSync(dir), []);
	assert.not.ok(existsSync(join(folder, 'versions')));
	const last = 'GET /api/datasets HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
	const answers = (await raw(receiver.port, request + request + last)).match(/^HTTP\/1\.1 \d+/gm);
	assert.equal(answers, ['HTTP/1.1 201', 'HTTP/1.1 200', 'HTTP/1.1 200']);
	await all(call, 2);
	assert.is((await receiver.end()).status, 0);
});

test('what was begun does not outlive the receiver; what is published does', async () => {
	const dir = fresh();
	const first = await startReceiver([dir]);
	await all(caller(first.url), 1);
	await announce(caller(first.url), 2);
	await send(caller(first.url), 2);
	await first.end('SIGKILL');
	const second = await startReceiver([dir]);
	const call = caller(second.url);
	assert.equal((await call('GET', '/datasets/m/versions')).body, [
		{ version: versionNumber(1), status: 'PUBLISHED' },
	]);
	refused(await publish(call, 2), 404, 'not-found', /has no version/);
	await all(call, 2);
	assert.equal(
		readdirSync(join(dir, 'm')).filter((name) => name.startsWith('delta-')),
		[`delta-${versionNumber(1)}-${versionNumber(2)}`],
	);
	await second.end();
});

test('a folder that has a writer: 503, and the same calls work once it is gone', async () => {
	const dir = fresh();
	const [first, second] = [await startReceiver([dir]), await startReceiver([dir])];
	await all(caller(first.url), 1);
	const busy = await announce(caller(second.url), 2);
	refused(busy, 503, 'server', /has a writer already/);
	assert.is(busy.headers.get('retry-after'), '5');
	await first.end();
	await all(caller(second.url), 2);
	await second.end();
});

test('TERM: a running request is finished, then the exit is 0', async () => {
	const receiver = await startReceiver([fresh()]);
	const call = caller(receiver.url);
	await announce(call, 1);
	const body = payload(1);
	const head = `POST /api/datasets/m/versions/${versionNumber(1)}/data HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`;
	const socket = connect(receiver.port, '127.0.0.1');
	let answer = '';
	socket.on('data', (chunk) => {
		answer += chunk;
	});
	socket.write(head + body.slice(0, 10));
	await new Promise((resolve) => setTimeout(resolve, 200));
	const done = receiver.end();
	await new Promise((resolve) => setTimeout(resolve, 200));
	socket.write(body.slice(10));
	assert.is((await done).status, 0);
	assert.match(answer, /^HTTP\/1\.1 200 /);
});

test('usage and configuration', async () => {
	assert.is((await run('hollow-receive', [])).status, 64);
	assert.is((await run('hollow-receive', [fresh(), '--max-body', '1T'])).status, 64);
	assert.is((await run('hollow-receive', [fresh(), '--token-file', join(folder, 'none')])).status, 69);
	const open = await run('hollow-receive', [fresh(), '--listen', '0.0.0.0:1']);
	assert.is(open.status, 78);
	assert.is(
		open.stderr,
		'hollow-receive: --listen 0.0.0.0:1: other machines could write; give --token-file, or --insecure\n',
	);
	const receiver = await startReceiver([fresh()]);
	const busy = await run('hollow-receive', [fresh(), '--listen', `127.0.0.1:${receiver.port}`]);
	assert.equal([busy.status, busy.stdout], [69, '']);
	assert.match(busy.stderr, /in use/);
	await receiver.end();
	const child = start('hollow-receive', ['--help']);
	child.stdin!.end();
});

test.run();
