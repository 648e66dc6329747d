import { mkdtempSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { authorizationFor, bearerFor, isBearer, tokenIn } from '../../../../filters/lib/net/token.ts';
import { keptLog } from '../../../data/published.ts';

const test = suite('token');
const folder = mkdtempSync(join(tmpdir(), 'token-'));
test.after(() => rmSync(folder, { recursive: true }));

test('a header holds the token, or it does not', () => {
	for (const good of ['Bearer abc', 'bearer abc', 'BEARER   abc']) assert.ok(isBearer(good, 'abc'), good);
	for (const bad of [
		undefined,
		'',
		'Bearer',
		'Bearer ',
		'abc',
		'Basic abc',
		'Bearer ab',
		'Bearer abcd',
		'Bearer abc d',
	])
		assert.not(isBearer(bad, 'abc'), bad);
	// An empty token is never configured; should it come to that, an empty header must not fit by accident of casing.
	assert.not(isBearer('Bearer x', ''));
});

test('a file is read again when it changes; while it is away or broken the last token stays', () => {
	const path = join(folder, 't');
	writeFileSync(path, '\n one \n');
	const token = tokenIn(path);
	assert.is(token(), 'one');
	writeFileSync(path, 'second');
	assert.is(token(), 'second');
	writeFileSync(path, 'no token at all');
	assert.is(token(), 'second');
	unlinkSync(path);
	assert.is(token(), 'second');
	writeFileSync(path, 'third');
	assert.is(token(), 'third');
});

test('what cannot be a token is refused without being shown', () => {
	for (const bad of ['', ' ', 'two words', 'a\nb', 'é', 'x'.repeat(5000)]) {
		writeFileSync(join(folder, 'bad'), bad);
		assert.throws(
			() => tokenIn(join(folder, 'bad')),
			(error: Error) =>
				/bad: not a token/.test(error.message) && (bad.length < 3 || !error.message.includes(bad)),
		);
	}
	assert.throws(() => tokenIn(join(folder, 'none')), /ENOENT/);
});

test('a token that others could read on its way is warned of', () => {
	for (const [url, warns] of [
		['http://hollow.example:7001', true],
		['https://hollow.example', false],
		['http://localhost:7001', false],
		['http://127.0.0.1:7001', false],
		['http://127.1.2.3', false],
		['http://[::1]:7001', false],
		['http://127.0.0.1.example', true],
		['http://localhost.example', true],
	] as const) {
		const { log, lines } = keptLog();
		const token = bearerFor(
			{ file: undefined, word: 'secret', variable: 'NO_SUCH_TOKEN' },
			new URL(url),
			log,
		);
		assert.is(token(), 'secret');
		assert.is(
			lines.some((line) => /unencrypted; use https/.test(line)),
			warns,
			url,
		);
	}
	const { log, lines } = keptLog();
	assert.is(
		bearerFor(
			{ file: undefined, word: undefined, variable: 'NO_SUCH_TOKEN' },
			new URL('http://a.example'),
			log,
		)(),
		undefined,
	);
	assert.equal(lines, []);
});

test('a token comes from a file, else the command line, else the environment, and each says its name when it is none', () => {
	const file = join(folder, 'from-file');
	writeFileSync(file, 'filed');
	const variable = 'BPFPIPE_TEST_TOKEN';
	const base = new URL('https://hollow.example');
	for (const [given, value, wanted, isSaid] of [
		[{ file, word: undefined }, 'set', 'filed', false],
		[{ file: undefined, word: 'said' }, 'set', 'said', true],
		[{ file: undefined, word: undefined }, 'set', 'set', false],
		[{ file: undefined, word: undefined }, '', undefined, false],
	] as const) {
		process.env[variable] = value;
		const { log, lines } = keptLog();
		assert.is(bearerFor({ ...given, variable }, base, log)(), wanted);
		assert.is(
			lines.some((line) => /shows in the list of processes; use --token-file/.test(line)),
			isSaid,
		);
		assert.is(lines.length, isSaid ? 1 : 0);
	}
	process.env[variable] = 'two words';
	const { log } = keptLog();
	const none = { file: undefined, word: undefined };
	assert.throws(
		() => bearerFor({ ...none, variable }, base, log),
		/^Error: BPFPIPE_TEST_TOKEN: not a token|^BPFPIPE_TEST_TOKEN: not a token/,
	);
	assert.throws(
		() => bearerFor({ ...none, word: 'two words', variable }, base, log),
		/--auth-token: not a token/,
	);
	delete process.env[variable];
});

test('a header out of a file with a token, or with a name and a password', () => {
	const [token, user] = [join(folder, 'login-token'), join(folder, 'login-user')];
	const none = { token: undefined, user: undefined };
	const { log, lines } = keptLog();
	const here = new URL('http://127.0.0.1:1');
	assert.is(authorizationFor(none, here, log)(), undefined);
	writeFileSync(token, 'abc\n');
	writeFileSync(user, 'me:pass word:é\n');
	assert.is(authorizationFor({ ...none, token }, here, log)(), 'Bearer abc');
	const login = authorizationFor({ ...none, user }, here, log);
	assert.is(Buffer.from(login()!.slice('Basic '.length), 'base64').toString(), 'me:pass word:é');
	writeFileSync(user, 'me:other');
	assert.is(login(), `Basic ${Buffer.from('me:other').toString('base64')}`);
	assert.equal(lines, []);
	authorizationFor({ ...none, user }, new URL('http://metrics.example'), log);
	assert.match(lines.join(), 'the password travels to metrics.example unencrypted');
	assert.throws(() => authorizationFor({ token, user }, here, log), /not both/);
	for (const bad of ['', 'name', ':x', 'a:b\nc']) {
		writeFileSync(user, bad);
		assert.throws(() => authorizationFor({ ...none, user }, here, log), /not a NAME:PASSWORD/);
	}
});

test.run();
