import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { run } from '../program.ts';
import { startFakeBanyandb } from '../servers/fake-banyandb.ts';
import { freePort } from '../servers/ports.ts';

const test = suite('banyandb-read');

test('a measure that is not there, a login that is refused, a server that is away, a time that is none', async () => {
	const server = await startFakeBanyandb();
	try {
		const missing = await run('banyandb-read', [server.address, 'calls']);
		assert.is(missing.status, 69);
		assert.match(missing.stderr, 'group bpfpipe has no measure calls');
		server.refuse(() => ({ code: 16, details: 'who are you' }));
		const denied = await run('banyandb-read', [server.address]);
		assert.equal([denied.status, /who are you/.test(denied.stderr)], [77, true]);
	} finally {
		await server.close();
	}
	const away = await run('banyandb-read', [`127.0.0.1:${await freePort()}`]);
	assert.equal([away.status, /connection refused/.test(away.stderr)], [69, true]);
	assert.is((await run('banyandb-read', ['x:1', '--since', 'yesterday'])).status, 64);
});

test.run();
