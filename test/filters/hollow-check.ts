import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { run } from '../program.ts';
import { startReceiver, textNumber, versionNumber } from '../servers/receiver.ts';
import { type Reply, restServer, type Seen } from '../servers/rest-server.ts';

const test = suite('hollow-check');
const dir = mkdtempSync(join(tmpdir(), 'hollow-check-'));
test.after(() => rmSync(dir, { recursive: true }));

test('what the server has, or 69', async () => {
	const receiver = await startReceiver([dir]);
	await run('hollow-push', ['-p', receiver.url], textNumber(1));
	const good = await run('hollow-check', ['-p', `${receiver.url}/api`]);
	assert.equal(
		[good.status, good.stdout, good.stderr],
		[0, `${receiver.url}/api: status ok, 1 data sets\nm ${versionNumber(1)}\n`, ''],
	);
	await receiver.end();
	const gone = await run('hollow-check', ['-p', receiver.url]);
	assert.equal([gone.status, gone.stdout], [69, '']);
	assert.is(gone.stderr, `hollow-check: ${receiver.url}/api/status: connection refused\n`);
	const server = await restServer();
	server.become(({ path }) => {
		const list = [{ name: 'a\u001b[2J\nb', version: 1 }, {}, { name: 'c', version: null }];
		return { status: 200, body: path.endsWith('/status') ? { status: 'up' } : list };
	});
	const odd = await run('hollow-check', ['-p', server.url]);
	assert.is(odd.stdout.split('\n').slice(1).join('|'), 'a?[2J?b 1|? nothing published|c nothing published|');
	server.become((): Reply => ({ status: 200, body: '<html>' }));
	const page = await run('hollow-check', ['-p', server.url]);
	assert.is(page.status, 69);
	assert.match(page.stderr, /the answer is no JSON; is this the right address\?\n$/);
	server.become((_seen: Seen): Reply => 'silent');
	const mute = await run('hollow-check', ['-p', server.url, '--timeout', '200ms']);
	assert.is(mute.status, 69);
	assert.match(mute.stderr, /no answer within 0\.2 s\n$/);
	await server.close();
});

test('usage', async () => {
	assert.is((await run('hollow-check', ['x'])).status, 64);
	assert.is((await run('hollow-check', ['-p', 'ftp://h'])).status, 64);
	assert.is((await run('hollow-check', ['--timeout', '0'])).status, 64);
});

test.run();
