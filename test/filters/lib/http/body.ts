import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readBody, smallBody, spool } from '../../../../filters/lib/http/body.ts';

const test = suite('body');
const folder = mkdtempSync(join(tmpdir(), 'body-'));
let take: (request: IncomingMessage) => Promise<unknown> = async () => {};
const results: unknown[] = [];
const server = createServer(async (request, response) => {
	results.push(await take(request).catch((error) => error));
	response.end();
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address() as AddressInfo;
test.after(() => {
	server.close();
	server.closeAllConnections();
	rmSync(folder, { recursive: true });
});

const head = (length: number) => `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n`;
/** What `how` makes of a request of which these bytes come, and then nothing or the end. */
const outcomeOf = async (how: typeof take, text: string, ends: boolean): Promise<unknown> => {
	take = how;
	const socket = connect(port, '127.0.0.1');
	socket.on('error', () => {});
	socket.write(text);
	while (results.length === 0) {
		await new Promise((resolve) => setTimeout(resolve, 10));
		if (ends) socket.destroy();
	}
	socket.destroy();
	return results.pop();
};

test('a body that comes whole', async () => {
	assert.is(String(await outcomeOf((request) => smallBody(request, 5), `${head(5)}hello`, false)), 'hello');
	const path = join(folder, 'whole');
	assert.is(await outcomeOf((request) => spool(request, 5, path), `${head(5)}hello`, false), 5);
	assert.is(readFileSync(path, 'utf8'), 'hello');
});

test('too much, too slow, cut off: an error each, and no file stays', async () => {
	const path = join(folder, 'torn');
	const large = (await outcomeOf((request) => spool(request, 4, path), `${head(5)}hello`, false)) as Error;
	assert.match(large.message, /larger than 4 bytes/);
	const slow = (request: IncomingMessage) => readBody(request, 9, () => {}, 100);
	const late = (await outcomeOf(slow, `${head(5)}hel`, false)) as Error;
	assert.match(late.message, /did not come within 0\.1 s/);
	const torn = (await outcomeOf((request) => spool(request, 9, path), `${head(5)}hel`, true)) as Error;
	assert.match(torn.message, /hung up/);
	assert.not.ok(existsSync(path));
});

test('what the taker throws ends the reading', async () => {
	const full = (request: IncomingMessage) =>
		readBody(request, 9, () => {
			throw new Error('disk full');
		});
	assert.match(((await outcomeOf(full, `${head(5)}hello`, false)) as Error).message, /disk full/);
});

test.run();
