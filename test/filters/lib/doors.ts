// In a check every program of ours takes its options, says what is wrong with them, and does nothing else.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ROOT, run } from '../../program.ts';

const test = suite('doors');
const dir = mkdtempSync(join(tmpdir(), 'bpfpipe-doors-'));
test.after(() => rmSync(dir, { recursive: true }));
writeFileSync(join(dir, 'there'), 'text');
writeFileSync(join(dir, 'session'), '#!ts 1\na\n#!ts 2\nb\n');

test('every way out is closed, and a file can still be read whole', () => {
	const script = join(ROOT, 'test', 'fixtures', 'doors.ts');
	const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', script, dir], {
		encoding: 'utf8',
		cwd: ROOT,
	});
	assert.equal([stdout, stderr, status], ['', '', 0]);
});

/** For each program words that are as they should be, and a word more that is not. */
const WORDS: Record<string, [good: string, bad: string]> = {
	'append-log': [`${dir}/made.log`, '--max-size=x'],
	board: ['', '--width=x'],
	'bpftrace-tail': [`${dir}/made.log`, '--nonsense'],
	every: ['15s', '--grace=x'],
	'graphite-line': ['', '--values=x'],
	'graphite-send': ['--uri localhost', '--window=1x'],
	'hollow-cat': [`${dir}/made`, '--limit=x'],
	'hollow-check': ['-p http://127.0.0.1:1', '--timeout=x'],
	'hollow-diff': [`${dir}/made 1`, '--limit=x'],
	'hollow-history': [`${dir}/made`, '--nonsense'],
	'hollow-publish': [`${dir}/made`, '--keep=x'],
	'hollow-push': ['-p http://127.0.0.1:1 -d x', '--timeout=x'],
	'hollow-receive': [`--listen 127.0.0.1:47001 ${dir}/made`, '--keep=x'],
	'parse-histogram': ['--metric x', '--keys=a,a'],
	replay: [`${dir}/session`, '--speed=x'],
	'to-delta': ['', '--nonsense'],
	'to-hollow': ['', '--linger=x'],
	'top-keys': ['10', '--linger=x'],
};
const NAMES = readdirSync(join(ROOT, 'filters'))
	.filter((file) => file.endsWith('.ts'))
	.map((file) => basename(file, '.ts'));

for (const name of NAMES) {
	test(`${name}: 0 and nothing else, or 64 and the reason`, async () => {
		assert.ok(WORDS[name], `${name}: say here how it is started`);
		const [good, bad] = WORDS[name];
		const words = good.split(' ').filter(Boolean);
		const env = { BPFPIPE_CHECK: '1' };
		const before = readdirSync(dir);
		const well = await run(name, words, '', env);
		assert.is(well.stdout, '');
		// What is not there can be wrong, but no option is.
		assert.ok([0, 69].includes(well.status!), `${well.status}: ${well.stderr}`);
		assert.equal(readdirSync(dir), before);
		const ill = await run(name, [...words, bad], '', env);
		assert.is(ill.status, 64, ill.stderr);
		assert.match(ill.stderr, new RegExp(`^${name}: `));
		assert.equal(readdirSync(dir), before);
	});
}

test.run();
