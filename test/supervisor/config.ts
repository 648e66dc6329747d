// Pipeline files: what a good one becomes, and the exact words for each kind of mistake.

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { loadPlan } from '../../supervisor/config.ts';
import { matches, ROOT, run } from '../program.ts';

const folder = join(ROOT, 'test', 'golden', 'bpfpipe');

const mistakes = suite('config: mistakes');
for (const file of readdirSync(folder).filter((name) => name.endsWith('.yaml'))) {
	mistakes(file, async () => {
		const { status, stdout, stderr } = await run('bpfpipe', ['check', join(folder, file)]);
		assert.is(status, 78);
		assert.is(stdout, '');
		assert.not.match(stderr, /\n\s+at /);
		matches('bpfpipe', file.replace(/yaml$/, 'err'), stderr.replaceAll(`${folder}/`, ''));
	});
}

const good = suite('config');
const load = (text: string, set: string[] = []) => {
	const dir = mkdtempSync(join(tmpdir(), 'bpfpipe-test-'));
	try {
		const file = join(dir, 'x.yaml');
		writeFileSync(file, text);
		return loadPlan(file, { builtin: { 'bpfpipe.share': '/share' }, env: {}, set });
	} finally {
		rmSync(dir, { recursive: true });
	}
};

good('a stage line and a stage map become the same plan', () => {
	const { name, pipelines } = load(`
pipelines:
  p:
    stages:
      - cat 'a b'
      - { run: cat, grace: 2s, fallback: "echo \${bpfpipe.share}", env: { A: "1" } }
`);
	assert.is(name, 'x');
	assert.equal(pipelines[0]!.stages, [
		{ name: 'cat', command: ['cat', 'a b'], fallback: undefined, hint: undefined, env: {}, grace: 5000 },
		{
			name: 'cat-2',
			command: ['cat'],
			fallback: ['echo', '/share'],
			hint: undefined,
			env: { A: '1' },
			grace: 2000,
		},
	]);
	assert.equal(
		[pipelines[0]!.delivery, pipelines[0]!.restart, pipelines[0]!.retry],
		['best-effort', 'on-failure', 10_000],
	);
});

good('when: set, not set, equal, one of', () => {
	const text = `
settings: { uri: "", mode: prom }
pipelines:
  set: { when: { uri: true }, stages: [cat] }
  unset: { when: { uri: false }, stages: [cat] }
  equal: { when: { mode: prom }, stages: [cat] }
  oneof: { when: { mode: [a, b] }, stages: [cat] }
`;
	const names = (set: string[]) => load(text, set).pipelines.map(({ name }) => name);
	assert.equal(names([]), ['unset', 'equal']);
	assert.equal(names(['uri=h']), ['set', 'equal']);
	assert.equal(names(['mode=b']), ['unset', 'oneof']);
});

good('the files in etc/ are in order', async () => {
	for (const file of readdirSync(join(ROOT, 'etc')).filter((name) => name.endsWith('.yaml'))) {
		const { status, stderr } = await run('bpfpipe', ['check', join(ROOT, 'etc', file)]);
		assert.is(stderr, '');
		assert.is(status, 0);
	}
});

mistakes.run();
good.run();
