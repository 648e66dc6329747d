// In a check every program of ours takes its options, says what is wrong with them, and does nothing else.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ROOT, run } from '../../program.ts';
import { startsIn } from '../../starts.ts';

const test = suite('doors');
const dir = mkdtempSync(join(tmpdir(), 'bpfpipe-doors-'));
test.after(() => rmSync(dir, { recursive: true }));
writeFileSync(join(dir, 'there'), 'text');

/** Every file in the folder, however deep. */
const tree = () => readdirSync(dir, { recursive: true });

test('every way out is closed, and a file can still be read whole', () => {
	const script = join(ROOT, 'test', 'fixtures', 'doors.ts');
	const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', script, dir], {
		encoding: 'utf8',
		cwd: ROOT,
	});
	assert.equal([stdout, stderr, status], ['', '', 0]);
});

/** An option of a program whose value only it can know to be wrong; the others are told of one that nobody has. */
const WRONG: Record<string, string> = {
	'append-log': '--max-size=x',
	board: '--width=x',
	every: '--grace=x',
	'graphite-line': '--values=x',
	'graphite-send': '--window=1x',
	'hollow-cat': '--limit=x',
	'hollow-check': '--timeout=x',
	'hollow-diff': '--limit=x',
	'hollow-publish': '--keep=x',
	'hollow-push': '--timeout=x',
	'hollow-receive': '--keep=x',
	'parse-histogram': '--keys=a,a',
	replay: '--speed=x',
	'to-hollow': '--linger=x',
	'top-keys': '--linger=x',
};
const starts = await startsIn(dir);

for (const [name, { idle, empty }] of Object.entries(starts)) {
	test(`${name}: 0 and nothing else, or 64 and the reason`, async () => {
		const words = Array.isArray(idle) ? idle : (empty as string[]);
		const bad = WRONG[name] ?? '--nonsense';
		const env = { BPFPIPE_CHECK: '1' };
		const before = tree();
		const well = await run(name, words, '', env);
		assert.is(well.stdout, '');
		// What is not there can be wrong, but no option is.
		assert.ok([0, 69].includes(well.status!), `${well.status}: ${well.stderr}`);
		assert.equal(tree(), before);
		const ill = await run(name, [...words, bad], '', env);
		assert.is(ill.status, 64, ill.stderr);
		assert.match(ill.stderr, new RegExp(`^${name}: `));
		assert.equal(tree(), before);
	});
}

test.run();
