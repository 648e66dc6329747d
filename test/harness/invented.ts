// invented: a world without processes: who lives, who was ever started beside another of its stage, how TERM is taken

import type { Log } from '../../filters/lib/log.ts';
import type { PipelinePlan } from '../../supervisor/plan/plan.ts';
import type { HeldPipe } from '../../supervisor/process/pipes.ts';
import type { Descriptors, Ending, Process } from '../../supervisor/process/process.ts';
import { createPipeline, type Pipeline } from '../../supervisor/run/pipeline.ts';
import type { Surroundings } from '../../supervisor/run/surroundings.ts';

export type Fake = Process & {
	die: (ending: Ending) => void;
	/** Say that it is ready. */
	say: () => void;
	alive: boolean;
	words: Log;
};

/** Milliseconds until TERM is obeyed, and until readiness is said; below 0: never. */
export type Manners = { obeys: (name: string) => number; readyIn: (name: string) => number };

export const invent = ({ obeys, readyIn }: Manners) => {
	const live = new Map<string, Fake>();
	const faults: string[] = [];
	/** What happened, in order: `start p/a`, `SIGTERM p/a`, `pipes`, `end of p 0`. */
	const events: string[] = [];
	let pid = 1;
	const startProcess = (
		command: string[],
		name: string,
		{ announces }: Descriptors,
		_env: Record<string, string>,
		words: Log,
	): Process => {
		if (live.has(name)) faults.push(`two processes for ${name}`);
		events.push(`start ${name}`);
		let resolve: (ending: Ending) => void;
		const ended = new Promise<Ending>((done) => {
			resolve = done;
		});
		let say = () => {};
		const ready = new Promise<void>((done) => {
			say = done;
		});
		const fake: Fake = {
			pid: pid++,
			ours: command[0] !== 'foreign',
			ended,
			...(announces ? { ready } : {}),
			alive: true,
			words,
			say,
			die: (ending) => {
				if (!fake.alive) return;
				fake.alive = false;
				live.delete(name);
				resolve(ending);
			},
			kill: (signal) => {
				events.push(`${signal} ${name}`);
				if (signal === 'SIGKILL') fake.die({ code: 137, signal });
				else if (signal === 'SIGTERM' && obeys(name) >= 0)
					setTimeout(() => fake.die({ code: 0 }), obeys(name));
			},
		};
		live.set(name, fake);
		if (readyIn(name) === 0) say();
		if (readyIn(name) > 0) setTimeout(say, readyIn(name));
		return fake;
	};
	/** What some readers do at the end of their input. */
	const endSome = () => {
		for (const fake of live.values()) setTimeout(() => fake.pid % 3 === 0 && fake.die({ code: 0 }), 1);
	};
	const makePipesThat =
		(onEnd: () => void) =>
		(count: number): HeldPipe[] => {
			events.push('pipes');
			return Array.from({ length: count }, (_, index) => {
				let [read, write] = [true, true];
				const open = (isOpen: boolean) => {
					if (!isOpen) faults.push('a closed pipe was given to a stage');
					return 100;
				};
				return {
					inode: index,
					readEnd: () => open(read),
					writeEnd: () => open(write),
					closeWrite: () => {
						if (write) events.push(`end of pipe ${index}`);
						write = false;
						onEnd();
					},
					close: () => {
						read = write = false;
					},
				};
			});
		};
	return { live, faults, events, startProcess, makePipes: makePipesThat(endSome), makePipesThat };
};
export type Invented = ReturnType<typeof invent>;

export const planOf = (more: Partial<PipelinePlan> = {}): PipelinePlan => ({
	name: 'p',
	delivery: 'best-effort',
	restart: 'always',
	delays: [1, 4],
	retry: 5,
	stages: ['a', 'b', 'c'].map((name) => ({ name, command: [name], env: {}, grace: 4 })),
	...more,
});

export const QUIET: Log = { error() {}, warn() {}, info() {}, debug() {}, settle() {} };

/** The pipeline of `plan` in that world. */
export const makePipeline = (
	plan: PipelinePlan,
	world: Pick<Invented, 'startProcess' | 'makePipes'>,
	more: Partial<Surroundings> = {},
): Pipeline =>
	createPipeline(plan, {
		logOf: () => QUIET,
		lifeline: () => 99,
		closeFd: () => {},
		ackFile: '/nowhere',
		fallbacks: true,
		startProcess: world.startProcess,
		makePipes: world.makePipes,
		...more,
	});
