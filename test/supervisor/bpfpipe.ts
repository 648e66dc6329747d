// The command line of bpfpipe itself: what it says of itself, and what it does not understand.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ROOT, run } from '../program.ts';

const test = suite('bpfpipe');
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

test('its version and its manual, by an option or by a word', async () => {
	for (const word of ['--version', '-V', 'version'])
		assert.equal(await run('bpfpipe', [word]), {
			status: 0,
			signal: null,
			stdout: `bpfpipe ${version}\n`,
			stderr: '',
		});
	const manual = await run('bpfpipe', ['--help']);
	assert.match(manual.stdout, /^bpfpipe - .*\n\nusage: /);
	for (const word of ['-h', 'help']) assert.equal(await run('bpfpipe', [word]), manual);
	assert.equal([manual.status, manual.stderr], [0, '']);
	// Whoever asks for help gets it, whatever else stands there.
	assert.equal(await run('bpfpipe', ['up', '--help', '/nonexistent']), manual);
});

test('what it does not understand is one line and 64', async () => {
	for (const [args, problem] of [
		[[], 'a command is missing; see bpfpipe --help'],
		[['fly'], 'unknown command "fly"; see bpfpipe --help'],
		[['up', '--fly'], /^bpfpipe: .*--fly/],
	] as const) {
		const { status, stdout, stderr } = await run('bpfpipe', [...args]);
		assert.equal([status, stdout, stderr.split('\n').length], [64, '', 2]);
		if (typeof problem === 'string') assert.is(stderr, `bpfpipe: ${problem}\n`);
		else assert.match(stderr, problem);
	}
});

test.run();
