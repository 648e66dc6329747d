import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { reread } from '../../../../filters/lib/disk/reread.ts';
import type { Failure } from '../../../../filters/lib/failure.ts';
import { accountsIn } from '../../../../filters/lib/http/accounts.ts';
import { addressOf, inheritedAddresses, isLocalOnly } from '../../../../filters/lib/http/address.ts';
import { createGuard } from '../../../../filters/lib/http/guard.ts';
import type { HttpError } from '../../../../filters/lib/http/http-error.ts';
import { originsOf } from '../../../../filters/lib/http/origin.ts';
import { hashedPassword, isHashed, isPassword } from '../../../../filters/lib/http/password.ts';
import { keptLog } from '../../../data/published.ts';

const test = suite('guard');
const folder = mkdtempSync(join(tmpdir(), 'guard-'));
test.after(() => rmSync(folder, { recursive: true }));

const codeOf = (work: () => unknown): number => {
	try {
		work();
	} catch (error) {
		return (error as Failure).code;
	}
	return 0;
};
const asked = (headers: Record<string, string>, more: object = {}): IncomingMessage =>
	({ method: 'GET', headers, socket: { remoteAddress: '127.0.0.1' }, ...more }) as unknown as IncomingMessage;

test('addresses, and which of them other machines reach', () => {
	for (const [text, name, isLocal] of [
		['127.0.0.1:80', '127.0.0.1:80', true],
		['localhost', 'localhost:8080', true],
		['[::1]:1', '[::1]:1', true],
		['0.0.0.0:1', '0.0.0.0:1', false],
		['[::]:1', '[::]:1', false],
		['web1', 'web1:8080', false],
		['/run/x', 'unix:/run/x', true],
		['unix:x', 'unix:x', true],
	] as const) {
		const address = addressOf(text, '--listen', 8080);
		assert.equal([address.name, address.isLocal], [name, isLocal], text);
	}
	for (const bad of ['', 'unix:', '::1:1', 'a:b', '1.2.3.4:99999'])
		assert.is(
			codeOf(() => addressOf(bad, '--listen', 1)),
			64,
			bad,
		);
	assert.not(isLocalOnly('127.0.0.1.example'));
	assert.equal(inheritedAddresses({ LISTEN_PID: '1', LISTEN_FDS: '2' }), []);
	assert.equal(
		inheritedAddresses({ LISTEN_PID: `${process.pid}`, LISTEN_FDS: '2' }).map(({ options }) => options.fd),
		[3, 4],
	);
});

test('who may not come in is refused before anything else, in words', async () => {
	const { log } = keptLog();
	const options = { addresses: [], authFile: undefined, allowOrigin: [], log };
	const guard = createGuard({ ...options, isInsecure: false, isEncrypted: false });
	let reached = 0;
	const answer = guard.answer(() => {
		reached += 1;
		return { status: 200, body: {} };
	});
	for (const host of ['localhost', 'localhost:1', '127.0.0.1:8080', '[::1]:1', '10.1.2.3'])
		assert.is((await answer(asked({ host }), [])).status, 200, host);
	assert.is(reached, 5);
	for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example:80', ''])
		await answer(asked({ host }), []).then(
			() => assert.unreachable(host),
			(error: HttpError) => assert.is(error.status, 421, host),
		);
	assert.is(reached, 5);
	const outside = [addressOf('0.0.0.0:1', '--listen', 1)];
	assert.is(
		codeOf(() => createGuard({ ...options, addresses: outside, isInsecure: false, isEncrypted: true })),
		78,
	);
});

test('origins as a browser writes them', () => {
	for (const bad of [
		'wall.example',
		'https://wall.example/',
		'https://a b',
		'ftp://x',
		'null',
		'https://u@x',
	])
		assert.is(
			codeOf(() => originsOf([bad], '--allow-origin')),
			64,
			bad,
		);
	const origins = originsOf(['https://wall.example:8443', 'http://[::1]:1'], '--allow-origin');
	assert.equal(origins.hosts, ['wall.example', '[::1]']);
	assert.equal(origins.headersFor(asked({ origin: 'https://wall.example:8443' })), {
		'Access-Control-Allow-Origin': 'https://wall.example:8443',
		Vary: 'Origin',
	});
	assert.equal(origins.headersFor(asked({ origin: 'https://wall.example' })), { Vary: 'Origin' });
	assert.is(origins.preflight(asked({ origin: 'x' })), undefined);
	assert.equal(originsOf([], '').headersFor(asked({ origin: 'x' })), {});
});

test('a password is known by what stands for it, and by nothing else', async () => {
	const kept = await hashedPassword('pässword');
	assert.ok(isHashed(kept));
	assert.not(isHashed('pässword'));
	assert.ok(await isPassword('pässword', kept));
	// The same characters, put together from others.
	assert.ok(await isPassword('pa\u0308ssword', kept));
	assert.not(await isPassword('password', kept));
	assert.is.not(kept, await hashedPassword('pässword'));
});

test('a file of accounts that others can read is said, a broken one is refused with its line', async () => {
	const path = join(folder, 'auth');
	const { log, lines } = keptLog();
	writeFileSync(path, `user ann ${await hashedPassword('x')}\n`, { mode: 0o644 });
	const accounts = accountsIn(path, log);
	assert.match(lines.join(), /others can read it/);
	assert.ok(await accounts.isUser('ann', 'x'));
	assert.ok(await accounts.isUser('ann', 'x'), 'also by what is remembered');
	assert.not(await accounts.isUser('ann', 'y'));
	assert.not(await accounts.isUser('', ''));
	for (const bad of [
		'',
		'# nobody',
		'token short',
		'token two words here',
		'user ann',
		'user a:b scrypt:00:00',
		'x',
	]) {
		writeFileSync(path, `${bad}\n`);
		assert.is(
			codeOf(() => accountsIn(path, log)),
			78,
			bad,
		);
	}
	assert.ok(await accounts.isUser('ann', 'x'), 'while the file says nothing, the last word counts');
});

test('a file is read again when it has changed, and while it cannot be the last word counts', () => {
	const path = join(folder, 'word');
	writeFileSync(path, 'one');
	let reads = 0;
	const word = reread(path, (text) => {
		reads += 1;
		if (text === 'bad') throw new Error('bad');
		return text;
	});
	assert.equal([word(), word(), reads], ['one', 'one', 1]);
	writeFileSync(path, 'three');
	assert.is(word(), 'three');
	writeFileSync(path, 'bad');
	assert.is(word(), 'three');
	rmSync(path);
	assert.is(word(), 'three');
	assert.throws(() => reread(path, String));
	assert.throws(() => statSync(path));
});

test.run();
