// A stage's user, folder, priority and memory: the words they become, and what the kernel then says of it.

import { spawnSync } from 'node:child_process';
import {
	mkdtempSync,
	openSync,
	readdirSync,
	readFileSync,
	realpathSync,
	rmSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createLog } from '../../../filters/lib/log.ts';
import { confined, limitsText, refusal, userFor } from '../../../supervisor/machine/limits.ts';
import { programFor } from '../../../supervisor/machine/programs.ts';
import type { Limits } from '../../../supervisor/plan/plan.ts';
import { startProcess } from '../../../supervisor/process/process.ts';
import { runAsNobody } from '../../harness/as-nobody.ts';
import { commandsLack, isRoot, testWith } from '../../parts.ts';
import { outcome, ROOT, start } from '../../program.ts';

const test = suite('limits');
const MIB = 1024 ** 2;
const needsRoot = isRoot ? commandsLack('setpriv', 'prlimit', 'nice') : 'needs root';
const nobody = userFor('nobody', '');

/** Run a command as a stage within `limits`: how it ended, what it printed and what was logged. */
const within = async (limits: Limits, ...command: string[]) => {
	const dir = mkdtempSync(join(tmpdir(), 'bpfpipe-limits-'));
	const out = join(dir, 'out');
	let said = '';
	const write = (text: string) => {
		said += text;
	};
	const log = createLog({ name: 'test', level: 'info', format: 'text', priorities: false, write });
	const descriptors = {
		stdin: 'ignore',
		stdout: openSync(out, 'w'),
		lifeline: openSync('/dev/null', 'r'),
	} as const;
	const { code, signal, why } = await startProcess(command, 'p/s', descriptors, {}, log, limits).ended;
	const stdout = readFileSync(out, 'utf8');
	rmSync(dir, { recursive: true });
	return { code, signal, why, stdout, said };
};

test('limits become the tools that set them, the change of user last', () => {
	const program = { file: '/bin/x', args: ['-a'], ours: true };
	const { file, args } = confined(program, {
		nice: 5,
		memory: 256 * MIB,
		user: { name: 'u', uid: 12_345, gid: 12_346, home: '/', listed: false },
	});
	assert.match(file, /\/nice$/);
	assert.equal(
		args.map((word) => word.replace(/^\/.*\//, '')),
		[
			...['-n', '5', 'prlimit', `--data=${256 * MIB}`, 'setpriv'],
			...['--reuid', '12345', '--regid', '12346', '--clear-groups', '--'],
			...['x', '--max-old-space-size=128', '-a'],
		],
	);
	assert.equal(confined(program, {}), program);
	assert.equal(confined({ ...program, ours: false }, { memory: MIB }).args.slice(1), ['/bin/x', '-a']);
});

test('in words, for check', () => {
	assert.is(limitsText({}), '');
	assert.is(
		limitsText({ user: nobody, cwd: '/x', nice: -5, memory: 256 * MIB }),
		'as nobody, in /x, nice -5, at most 256 MiB',
	);
});

testWith(
	test,
	needsRoot,
	'user, groups, home, folder, priority and memory are what the stage sees',
	async () => {
		const cwd = realpathSync(tmpdir());
		const script = 'id -u; id -g; pwd; nice; ulimit -d; echo $HOME $USER; id -Gn';
		const { code, stdout, said } = await within(
			{ user: nobody, cwd, nice: 7, memory: 128 * MIB },
			...['sh', '-c', script],
		);
		assert.is(said, '');
		assert.is(code, 0);
		assert.equal(stdout.split('\n').slice(0, 6), [
			...[String(nobody.uid), String(nobody.gid), cwd, '7', String(128 * 1024), `${nobody.home} nobody`],
		]);
		assert.not.match(stdout.split('\n')[6]!, /\broot\b/);
	},
);

testWith(test, needsRoot, 'a foreign stage of another user still ends when its starter dies', () => {
	const sleeper = programFor(['sleep', '8'])!;
	const { file, args } = confined(sleeper, { user: nobody, nice: 1, memory: 64 * MIB });
	// The stage has our end of stdout, so that spawnSync waits for it too.
	const starter = `require('node:child_process').spawn(${JSON.stringify(file)}, ${JSON.stringify(args)},
		{ stdio: 'inherit' }); setTimeout(() => process.kill(process.pid, 'SIGKILL'), 300)`;
	const from = performance.now();
	spawnSync(process.execPath, ['-e', starter], { stdio: ['ignore', 'pipe', 'pipe'], timeout: 10_000 });
	assert.ok(performance.now() - from < 5000, 'the stage lived on');
});

testWith(
	test,
	needsRoot,
	'a stage that takes more than memory_max ends; one that takes less does not',
	async () => {
		const grow = (mib: number) =>
			`const kept=[];for(let i=0;i<${mib};i++)kept.push(Buffer.alloc(1<<20,1));console.log('has it')`;
		const limits = { memory: 128 * MIB };
		const little = await within(limits, process.execPath, '-e', grow(40));
		assert.equal([little.code, little.stdout], [0, 'has it\n']);
		const much = await within(limits, process.execPath, '-e', grow(400));
		assert.ok(much.code >= 128, `ended with ${much.code}`);
		assert.is(much.stdout, '');
	},
);

testWith(test, commandsLack('prlimit'), 'each of our programs starts within the least memory_max', () => {
	const names = readdirSync(join(ROOT, 'dist')).filter((file) => file.endsWith('.cjs'));
	for (const name of names) {
		const program = { file: process.execPath, args: [join(ROOT, 'dist', name), '--version'], ours: true };
		const { file, args } = confined(program, { memory: 64 * MIB });
		const { status, stderr } = spawnSync(file, args, { encoding: 'utf8' });
		assert.is(status, 0, `${name}: ${stderr}`);
	}
});

test('a folder that is not there is 69, with the reason', async () => {
	const { code, why } = await within({ cwd: '/no/such/folder' }, 'true');
	assert.is(code, 69);
	assert.is(why, 'its folder /no/such/folder is not there; make it, or change "cwd"');
});

test('what root alone may is refused to others before anything starts, with 77', async () => {
	if (!isRoot) assert.is(refusal({ nice: -1 })?.code, 77);
	assert.is(refusal({ nice: 5 }), undefined);
	const dir = mkdtempSync(join(tmpdir(), 'bpfpipe-limits-'));
	spawnSync('chmod', ['755', dir]);
	const file = join(dir, 'x.yaml');
	for (const [limit, message] of [
		['user: root', /p\/true: it is to run as "root", and only root can change users; start bpfpipe as root/],
		['nice: -1', /p\/true: nice -1 raises its priority, which only root may/],
	] as const) {
		writeFileSync(file, `pipelines: { p: { stages: [{ run: "true", ${limit} }] } }`);
		const { status, stdout, stderr } = await runAsNobody('bpfpipe', ['up', file]);
		assert.is(status, 77);
		assert.is(stdout, '');
		assert.match(stderr, message);
	}
	rmSync(dir, { recursive: true });
});

// Whoever calls startProcess has to hand the limits on.
const callers = (readdirSync(join(ROOT, 'supervisor'), { recursive: true }) as string[])
	.filter((file) => file.endsWith('.ts'))
	.map((file) => readFileSync(join(ROOT, 'supervisor', file), 'utf8'))
	.filter((text) => /^\s.*\bstartProcess\(/m.test(text));
const handsOn = callers.every((text) => /\blimits\b/.test(text));
const unwired = handsOn ? needsRoot : 'startProcess is not given the limits of its stage yet';

testWith(test, unwired, 'a supervised stage runs within its limits', async () => {
	const dir = mkdtempSync(join(tmpdir(), 'bpfpipe-limits-'));
	const file = join(dir, 'x.yaml');
	writeFileSync(
		file,
		`pipelines: { p: { restart: never, user: nobody, stages: [{ run: "id -u; nice; pwd", shell: true, nice: 3, cwd: / }] } }`,
	);
	const env = { STATE_DIRECTORY: dir, RUNTIME_DIRECTORY: dir, LOGS_DIRECTORY: dir };
	const child = start('bpfpipe', ['up', file], env);
	const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
	const { status, stdout } = await outcome(child);
	clearTimeout(timer);
	rmSync(dir, { recursive: true });
	assert.is(status, 0);
	assert.is(stdout, `${nobody.uid}\n3\n/\n`);
});

test.run();
