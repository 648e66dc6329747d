import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { goldenSuite, run } from '../program.ts';

goldenSuite('to-delta');

const test = suite('to-delta: the program');

test('a broken record is counted and reported, and fatal under --strict', async () => {
	const input = '{"type":"sum","ts":-1}\n';
	const lax = await run('to-delta', [], input);
	assert.is(lax.status, 0);
	assert.is(lax.stdout, '');
	assert.match(lax.stderr, /^to-delta: warning: <stdin>:1: .*; skipped\n$/);
	assert.is((await run('to-delta', ['--strict'], input)).status, 65);
});

test('a wrong duration is a usage error', async () => {
	const { status, stdout, stderr } = await run('to-delta', ['--stale', 'soon']);
	assert.is(status, 64);
	assert.is(stdout, '');
	assert.match(stderr, /--stale: "soon" is not a duration/);
});

test.run();
