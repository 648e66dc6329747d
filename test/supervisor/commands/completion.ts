// What Tab offers: asked directly, and through a real bash with the script sourced.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { candidates, completionScript, offered } from '../../../supervisor/commands/completion.ts';
import { commandsLack, testWith } from '../../parts.ts';
import { bundleOf, cleanEnv, run } from '../../program.ts';

const test = suite('completion');
let dir = '';
test.before(() => {
	dir = mkdtempSync(join(tmpdir(), 'bpfpipe-completion-'));
	mkdirSync(join(dir, 'etc'));
	writeFileSync(
		join(dir, 'etc', 'plan.yaml'),
		'settings: { on: false }\npipelines:\n  first: { stages: [cat, wc] }\n  second: { stages: [cat] }\n  off: { when: { on: true }, stages: [cat] }\n',
	);
	writeFileSync(join(dir, 'etc', 'broken.yaml'), 'pipelines: [');
	writeFileSync(join(dir, 'etc', 'other.txt'), '');
	symlinkSync(bundleOf('bpfpipe'), join(dir, 'bpfpipe'));
});
test.after(() => rmSync(dir, { recursive: true }));

/** What bpfpipe itself offers for a line. */
const asked = async (...words: string[]): Promise<string[]> => {
	const { status, stdout, stderr } = await run('bpfpipe', ['completion', 'words', '--', ...words]);
	assert.is(status, 0);
	assert.is(stderr, '');
	return stdout.split('\n').filter(Boolean);
};

/** What a real bash would show after this line and Tab. */
const tab = (line: string): string[] => {
	const script = `
source <(bpfpipe completion bash)
complete -p bpfpipe > /dev/null || exit 3
COMP_LINE=${JSON.stringify(line)} COMP_POINT=${line.length}
_bpfpipe 2> /dev/null
printf '%s\\n' "\${COMPREPLY[@]}"
`;
	const env = cleanEnv({ PATH: `${dir}:${process.env.PATH}` });
	const { status, stdout, stderr } = spawnSync('bash', ['--norc', '-c', script], {
		cwd: dir,
		env,
		encoding: 'utf8',
	});
	assert.is(status, 0, stderr);
	return stdout.split('\n').filter(Boolean);
};

test('every command of the manual is offered, and their options', async () => {
	const { stdout } = await run('bpfpipe', ['--help']);
	const { commands, options, short } = offered(stdout);
	for (const name of ['up', 'check', 'status', 'graph', 'doctor', 'completion', 'version']) {
		assert.ok(commands.has(name), name);
	}
	assert.equal([options.get('--set'), options.get('--json'), short.get('-s')], ['KEY', '', '--set']);
	assert.equal(await asked(''), [...commands.keys()]);
	assert.equal(await asked('ch'), ['check']);
	assert.equal(await asked('up', '--se'), ['--set', '--settings']);
	assert.equal(await asked('up', '--log-level', ''), ['error', 'warn', 'info', 'debug']);
	assert.equal(await asked('up', '--log-format', 'j'), ['json']);
	assert.equal(await asked('completion', ''), ['bash', 'zsh']);
	assert.equal(await asked('no-such-command', ''), []);
});

test('stages are offered to commands that take them', () => {
	const stage = (name: string) => ({ name, command: [name], env: {}, grace: 0 });
	const pipelines = [
		{
			name: 'p',
			delivery: 'best-effort' as const,
			restart: 'always' as const,
			retry: 1,
			delays: [1, 2] as [number, number],
			stages: [stage('a'), stage('b')],
		},
	];
	const plan = () => ({ file: 'f', name: 'n', whole: 'n', known: ['p'], pipelines });
	const manual =
		'x\n\nusage:  bpfpipe up FILE.yaml [PIPELINE ...]   run\n        bpfpipe kick|shove [-f] FILE.yaml [PIPELINE[/STAGE] ...]   kick\n';
	assert.equal(candidates(manual, ['up', 'f', ''], plan), ['p']);
	assert.equal(candidates(manual, ['kick', 'f', ''], plan), ['p', 'p/a', 'p/b']);
	assert.equal(candidates(manual, ['shove', '-f', 'f', 'p/'], plan), ['p/a', 'p/b']);
	assert.equal(candidates(manual, [''], plan), ['up', 'kick', 'shove']);
});

const bash = commandsLack('bash');
testWith(test, bash, 'bash: commands, options and their values', () => {
	assert.equal(tab('bpfpipe ch'), ['check']);
	assert.equal(tab('bpfpipe up --no'), ['--no-fallback', '--no-self-metrics']);
	assert.equal(tab('bpfpipe up --log-format '), ['text', 'json']);
});

testWith(test, bash, 'bash: folders and pipeline files, and no others', () => {
	assert.equal(tab('bpfpipe up '), ['etc/']);
	assert.equal(tab('bpfpipe up etc/'), ['etc/broken.yaml', 'etc/plan.yaml']);
	assert.equal(tab('bpfpipe up etc/pl'), ['etc/plan.yaml']);
	assert.equal(tab('bpfpipe up -s a=b --settings etc/p'), ['etc/plan.yaml']);
	assert.equal(tab('bpfpipe up no/such/folder/'), []);
});

testWith(test, bash, 'bash: the pipelines of the file on the line, and silence about a broken one', () => {
	assert.equal(tab('bpfpipe up etc/plan.yaml '), ['first', 'second']);
	assert.equal(tab('bpfpipe up --set on=true etc/plan.yaml f'), ['first']);
	assert.equal(tab('bpfpipe status etc/plan.yaml s'), ['second']);
	assert.equal(tab('bpfpipe up etc/broken.yaml '), []);
});

// Not among what npm run setup installs: it is no counterpart of ours.
testWith(test, commandsLack('zsh'), 'zsh: the script is in order', () => {
	const { status, stderr } = spawnSync('zsh', ['-n'], { input: completionScript('zsh'), encoding: 'utf8' });
	assert.is(status, 0, stderr);
});

test('another shell is refused', async () => {
	const { status, stderr } = await run('bpfpipe', ['completion', 'fish']);
	assert.is(status, 64);
	assert.is(stderr, 'bpfpipe: completion: there is none for "fish"; write bash or zsh\n');
});

test.run();
