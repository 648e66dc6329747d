import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createDrafts } from '../../../../../../filters/lib/hollow/rest/receive/drafts.ts';
import { HttpError } from '../../../../../../filters/lib/http/http-error.ts';

const test = suite('incoming');
const folder = mkdtempSync(join(tmpdir(), 'incoming-'));
test.after(() => rmSync(folder, { recursive: true }));

const open = () => {
	const clock = { now: 0 };
	const expired: string[] = [];
	const incoming = createDrafts({
		folder,
		most: 2,
		patienceMs: 1000,
		now: () => clock.now,
		onExpired: ({ version }) => expired.push(version),
	});
	const put = (version: string, text: string) => {
		const path = incoming.fresh(version);
		writeFileSync(path, text);
		incoming.replace(incoming.get(version)!, path, text.length);
	};
	return { clock, expired, incoming, put };
};
const files = () => readdirSync(join(folder, '.incoming'));

test('a body replaces the one before it, and goes with its version', () => {
	const { incoming, put } = open();
	assert.ok(incoming.begin('1'));
	assert.not(incoming.begin('1'));
	put('1', 'first');
	put('1', 'second!');
	assert.is(files().length, 1);
	assert.is(incoming.bytes(), 7);
	incoming.forget('1');
	assert.equal(files(), []);
	assert.is(incoming.get('1'), undefined);
	incoming.clear();
	assert.not.ok(existsSync(join(folder, '.incoming')));
});

test('what nobody touches expires, what somebody touches does not; the number is bounded', () => {
	const { clock, expired, incoming, put } = open();
	incoming.begin('1');
	put('1', 'x');
	clock.now = 400;
	incoming.begin('2');
	try {
		incoming.begin('3');
		assert.unreachable();
	} catch (error) {
		assert.instance(error, HttpError);
		assert.equal([(error as HttpError).status, (error as HttpError).headers], [429, { 'Retry-After': '1' }]);
	}
	clock.now = 900;
	incoming.begin('2');
	clock.now = 1000;
	incoming.expire();
	assert.equal(expired, ['1']);
	assert.equal(files(), []);
	assert.equal(
		incoming.list().map(({ version }) => version),
		['2'],
	);
	assert.ok(incoming.begin('3'));
});

test('what an earlier run left is removed', () => {
	const { incoming, put } = open();
	incoming.begin('1');
	put('1', 'x');
	open();
	assert.not.ok(existsSync(join(folder, '.incoming')));
});

test.run();
