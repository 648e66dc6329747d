// As process 1 of a container: orphans are reaped, signals arrive, and the exit code is the supervisor's.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { SHELL } from '../../../supervisor/daemon/init.ts';
import { childrenOf, leaveWorld, makeWorld, until, type World } from '../../harness/supervised.ts';
import { commandsLack, hasCommand, isRoot, testWith } from '../../parts.ts';
import { bundleOf, cleanEnv, outcome } from '../../program.ts';

const test = suite('init');
const LACK = isRoot ? commandsLack('unshare', 'perl') : 'a process namespace of our own needs root';
const PLAIN = [process.execPath, bundleOf('bpfpipe')];
const SHELLS = [['dash'], ['bash'], ['busybox', 'ash']].filter(([name]) => hasCommand(name!));

let world: World;
test.before.each(() => {
	world = makeWorld();
});
test.after.each(() => leaveWorld(world));

/** `bpfpipe up` with these words before it, as process 1 of a namespace. */
const start = (words: string[], ...more: string[]): ChildProcess => {
	const child = spawn(
		'unshare',
		['-pf', '--kill-child', '--mount-proc', ...words, 'up', world.file, ...more],
		{
			env: cleanEnv(world.env),
		},
	);
	world.started.add(child);
	return child;
};
const firstOf = async (child: ChildProcess): Promise<number> => {
	await until(
		'process 1',
		() => childrenOf(child.pid!).length > 0 && existsSync(join(world.dir, 'plan.sock')),
	);
	return childrenOf(child.pid!)[0]![0];
};
/** The states of all processes that process `first` sees. */
const statesIn = (first: number): string[] => {
	const proc = `/proc/${first}/root/proc`;
	return readdirSync(proc)
		.filter((entry) => /^\d+$/.test(entry))
		.flatMap((entry) => {
			try {
				return [/^\d+ \(.*\) (\S)/s.exec(readFileSync(join(proc, entry, 'stat'), 'utf8'))![1]!];
			} catch {
				return [];
			}
		});
};

const ORPHANS = `pipelines:
  one: { restart: always, stages: [ "sh -c 'while :; do (sleep 0.02 & exec sleep 0.01); sleep 0.05; done'" ] }
  two: { restart: always, restart_delay: 50ms..100ms, stages: [ "sh -c 'setsid sleep 0.1 & exit 1'" ] }
`;

for (const words of [PLAIN, ...SHELLS.map((shell) => [...shell, '-c', SHELL, 'sh', ...PLAIN])]) {
	testWith(
		test,
		LACK,
		`${words === PLAIN ? 'as it is' : words[0]}: reaps, and passes on signals and codes`,
		async () => {
			writeFileSync(world.file, ORPHANS);
			const child = start(words);
			const done = outcome(child);
			const first = await firstOf(child);
			let zombies = 0;
			for (let sample = 0; sample < 20; sample++) {
				await sleep(100);
				zombies = statesIn(first).filter((state) => state === 'Z').length;
			}
			assert.ok(zombies <= 2, `${zombies} zombies after two seconds`);
			process.kill(first, 'SIGTERM');
			process.kill(first, 'SIGTERM');
			const { status, stderr } = await done;
			assert.is(status, 0, stderr);
			assert.match(stderr, /stopping: sources first/);

			writeFileSync(world.file, `pipelines: { p: { stages: [ "sh -c 'exit 42'" ] } }`);
			assert.is((await outcome(start(words, '--fail-fast'))).status, 42);
		},
	);
}

test.run();
