// The picture of a plan, as text and as Mermaid, case by case.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { matches, ROOT, run } from '../../program.ts';

const folder = join(ROOT, 'test', 'golden', 'graph');
const test = suite('graph');
for (const file of readdirSync(folder).filter((name) => name.endsWith('.yaml'))) {
	test(file, async () => {
		for (const [ending, args] of [
			['.out', []],
			['.mermaid.out', ['--mermaid']],
		] as const) {
			const { status, stdout, stderr } = await run('bpfpipe', ['graph', join(folder, file), ...args]);
			assert.is(status, 0);
			assert.is(stderr, '');
			matches('graph', file.replace(/\.yaml$/, ending), stdout);
		}
	});
}

test('PIPELINE draws that one alone; a broken file is refused as everywhere', async () => {
	const file = join(folder, 'logs-in-a-row.yaml');
	const { stdout } = await run('bpfpipe', ['graph', file, 'send']);
	assert.match(stdout, /\+-- send {2}bpftrace-tail \| graphite-line \| graphite-send$/m);
	assert.not.match(stdout, /collect/);
	const broken = await run('bpfpipe', ['graph', join(ROOT, 'test', 'golden', 'bpfpipe', 'bad-name.yaml')]);
	assert.is(broken.status, 78);
	assert.is(broken.stdout, '');
});

test.run();
