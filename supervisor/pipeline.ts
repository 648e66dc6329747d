// pipeline: a straight line of stages kept running: policy decides, this carries it out
// Exit codes and timers come in, starts and signals go out; the data itself is never seen here.

import { EXIT } from '../filters/lib/failure.ts';
import type { Log } from '../filters/lib/log.ts';
import type { PipelinePlan, StagePlan } from './config.ts';
import { type HeldPipe, makePipes } from './pipes.ts';
import { type Action, type Escalations, type Event, escalate, type Life, step, unborn } from './policy.ts';
import { drained, type Ending, ended, type Process, startProcess } from './stages.ts';
import { type PipelineStatus, type StageStatus, worst } from './status.ts';

/** What a pipeline needs of the supervisor. */
export type Surroundings = {
	log: Log;
	/** A descriptor that reads end of file when the supervisor is gone; the caller closes it. */
	lifeline: () => number;
	closeFd: (fd: number) => void;
	/** Where the sink of an at-least-once pipeline keeps its position. */
	ackFile: string;
	fallbacks: boolean;
};

export type Pipeline = {
	start: () => void;
	/** Source first, then each stage drains what is left: nothing is cut. */
	stop: () => Promise<void>;
	/** A signal to those stages that are our own programs. */
	signal: (signal: NodeJS.Signals) => void;
	status: () => PipelineStatus;
	/** Resolves with 0 when every stage is done, with the stage's code when one is beyond hope. */
	done: Promise<number>;
};

type Stage = {
	plan: StagePlan;
	life: Life;
	process?: Process;
	timer?: NodeJS.Timeout;
	fallback: boolean;
	startedAt: number;
	inputEnded: boolean;
	last: string;
};

// A primary that lives this long, with a fallback waiting, is taken to be there.
const HOLDS_MS = 5000;

const CANNOT_BE_HAD = new Set<number>([EXIT.unavailable, EXIT.denied, EXIT.config]);

const inWords = ({ code, signal }: Ending): string => (signal ? `ended by ${signal}` : `exit code ${code}`);

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

export const createPipeline = (plan: PipelinePlan, around: Surroundings): Pipeline => {
	const { log } = around;
	const now = () => performance.now();
	const stages: Stage[] = plan.stages.map((stage) => ({
		plan: stage,
		life: unborn(now()),
		fallback: false,
		startedAt: 0,
		inputEnded: false,
		last: '',
	}));
	let pipes: HeldPipe[] = [];
	let escalations: Escalations = [];
	// While the whole pipeline goes down, the ends of its stages are awaited, not judged.
	let goingDown: Promise<void> | undefined;
	let finish: (code: number) => void;
	const done = new Promise<number>((resolve) => {
		finish = resolve;
	});
	const nameOf = (stage: Stage) => `${plan.name}/${stage.plan.name}`;

	const spawn = (index: number) => {
		const stage = stages[index]!;
		const stdin = index === 0 ? 'ignore' : pipes[index - 1]!.readEnd();
		const stdout = index === stages.length - 1 ? 'inherit' : pipes[index]!.writeEnd();
		const lifeline = around.lifeline();
		const command = stage.fallback ? stage.plan.fallback! : stage.plan.command;
		const process = startProcess(
			command,
			nameOf(stage),
			{ stdin, stdout, lifeline },
			environmentOf(stage),
			log,
		);
		for (const fd of [stdin, stdout, lifeline]) if (typeof fd === 'number') around.closeFd(fd);
		stage.process = process;
		stage.startedAt = now();
		apply(index, { kind: 'spawned' });
		process.ended.then((ending) => onEnded(index, process, ending));
	};
	const environmentOf = (stage: Stage): Record<string, string> => ({
		...stage.plan.env,
		...(plan.delivery === 'at-least-once' ? { BPFPIPE_ACK: around.ackFile } : {}),
		...(stage.life.restarts > 0 && plan.delivery === 'best-effort' ? { BPFPIPE_RESUMED: '1' } : {}),
		...(stage.fallback ? { BPFPIPE_SYNTHETIC: '1' } : {}),
	});

	const apply = (index: number, event: Event): void => {
		const stage = stages[index]!;
		const [life, action] = step(stage.life, event, plan.restart, now(), Math.random());
		stage.life = life;
		act(index, action);
	};
	const act = (index: number, action: Action): void => {
		const stage = stages[index]!;
		switch (action.kind) {
			case 'spawn':
				return spawn(index);
			case 'terminate':
				return stage.process?.kill('SIGTERM');
			case 'closeOutput':
				return closeAround(index);
			case 'giveUp':
				return giveUp(index);
			case 'escalate':
				return restartAll(true, 0, index);
			case 'wait':
				log.warn(`${nameOf(stage)}: ${stage.last}; starting again in ${action.ms} ms`);
				if (plan.delivery === 'at-least-once') return restartAll(false, action.ms, index);
				stage.timer = setTimeout(() => apply(index, { kind: 'due' }), action.ms);
		}
	};

	const onEnded = (index: number, process: Process, ending: Ending): void => {
		const stage = stages[index]!;
		if (stage.process !== process) return;
		stage.process = undefined;
		stage.last = inWords(ending);
		if (goingDown) return apply(index, { kind: 'died', code: ending.code, finished: true });
		if (stage.life.state === 'RUNNING' && switchOver(index, ending)) return;
		const finished = ending.code === 0 && (index === 0 || stage.inputEnded || plan.restart === 'never');
		apply(index, { kind: 'died', code: ending.code, finished });
	};

	/** Put the fallback in the place of a primary that cannot be had; true when that was done. */
	const switchOver = (index: number, ending: Ending): boolean => {
		const stage = stages[index]!;
		if (!stage.plan.fallback || !around.fallbacks || stage.fallback || ending.code === 0) return false;
		const held = now() - stage.startedAt >= HOLDS_MS;
		if (held && !CANNOT_BE_HAD.has(ending.code)) return false;
		const { hint, fallback } = stage.plan;
		log.warn(
			`${nameOf(stage)}: cannot be had (${stage.last}); "${fallback![0]}" runs in its place, marked synthetic` +
				(hint ? `. ${hint}` : ''),
		);
		begin(index, true);
		stage.timer = setTimeout(() => tryPrimary(index), plan.retry);
		return true;
	};
	const begin = (index: number, fallback: boolean) => {
		const stage = stages[index]!;
		stage.fallback = fallback;
		stage.life = { ...unborn(now()), restarts: stage.life.restarts + 1 };
		apply(index, { kind: 'start' });
	};
	/** Let the fallback finish its line, then see whether the primary can be had again. */
	const tryPrimary = async (index: number) => {
		const stage = stages[index]!;
		const fallback = stage.process;
		if (goingDown || !stage.fallback) return;
		stage.process = undefined;
		if (fallback) await ended(fallback, stage.plan.grace);
		if (goingDown) return;
		begin(index, false);
		await sleep(HOLDS_MS);
		if (!stage.fallback && !goingDown)
			log.info(`${nameOf(stage)}: is back, the fallback is no longer needed`);
	};

	const closeAround = (index: number): void => {
		pipes[index - 1]?.close();
		pipes[index]?.closeWrite();
		const next = stages[index + 1];
		if (next) next.inputEnded = true;
		if (stages.every(({ life }) => life.state === 'EXITED')) finish(EXIT.done);
	};
	const giveUp = (index: number): void => {
		const stage = stages[index]!;
		const code = Number(/exit code (\d+)/.exec(stage.last)?.[1] ?? EXIT.again);
		log.error(`${nameOf(stage)}: ${stage.last}; not started again, the pipeline "${plan.name}" stops`);
		stop().then(() => finish(code));
	};

	const quieten = () => {
		for (const stage of stages) clearTimeout(stage.timer);
	};

	const takeDown = async (orderly: boolean, keepPipes = false): Promise<void> => {
		quieten();
		const { length } = stages;
		const running = stages.map(({ process }) => process);
		for (let index = 0; index < length; index++) {
			const { plan: stagePlan } = stages[index]!;
			const process = running[index];
			stages[index]!.life = {
				...stages[index]!.life,
				state: process ? 'STOPPING' : stages[index]!.life.state,
			};
			if (process && orderly && index > 0) await drained(process, stagePlan.grace);
			else if (process && orderly) await ended(process, stagePlan.grace);
			if (!keepPipes) pipes[index]?.closeWrite();
		}
		if (!orderly) {
			await Promise.all(running.map((process, i) => process && ended(process, stages[i]!.plan.grace)));
		}
		if (keepPipes) return;
		for (const pipe of pipes) pipe.close();
		pipes = [];
	};

	const startAll = () => {
		if (pipes.length === 0) pipes = makePipes(stages.length - 1);
		// Readers first, so that nothing waits in a pipe for a stage that is not there yet.
		for (let index = stages.length - 1; index >= 0; index--) {
			if (stages[index]!.life.state !== 'EXITED') apply(index, { kind: 'start' });
		}
	};
	/**
	 * Every stage down and all up again. An at-least-once pipeline gets fresh pipes and reads again from its
	 * ack; a best-effort one keeps its pipes, since what is in them would be lost.
	 */
	const restartAll = (counts: boolean, ms: number, cause: number): void => {
		let delay = ms;
		let degraded = false;
		if (counts) {
			const verdict = escalate(escalations, now(), Math.random());
			escalations = verdict.escalations;
			delay = verdict.ms;
			degraded = verdict.degraded;
			const how = degraded ? 'DEGRADED, will be tried for ever' : 'restarts whole';
			log.error(
				`${nameOf(stages[cause]!)}: died too often; the pipeline "${plan.name}" ${how}, in ${delay} ms`,
			);
		}
		const fresh = plan.delivery === 'at-least-once';
		goingDown = takeDown(false, !fresh).then(() => {
			const waiting = stages.filter(({ life }) => fresh || life.state !== 'EXITED');
			for (const stage of waiting) {
				stage.life = { ...stage.life, state: degraded ? 'DEGRADED' : 'BACKOFF', since: now() };
				stage.inputEnded &&= !fresh;
			}
			stages[0]!.timer = setTimeout(() => {
				goingDown = undefined;
				for (const stage of waiting) stage.life = { ...stage.life, state: 'STOPPED' };
				startAll();
			}, delay);
		});
	};

	let stopped: Promise<void> | undefined;
	const stop = (): Promise<void> => {
		stopped ??= (async () => {
			const before = goingDown;
			goingDown = new Promise(() => {});
			await before;
			await takeDown(true);
			for (const stage of stages) {
				const isOver = stage.life.state === 'FATAL' || stage.life.state === 'EXITED';
				if (!isOver) stage.life = { ...stage.life, state: 'STOPPED', since: now() };
			}
		})();
		return stopped;
	};

	const stageStatus = ({ plan: { name }, life, process, fallback, last }: Stage): StageStatus => ({
		name,
		state: life.state,
		pid: process?.pid ?? 0,
		fallback,
		restarts: life.restarts,
		for: Math.round(now() - life.since),
		last,
	});
	return {
		start: startAll,
		stop,
		signal: (signal) => {
			for (const { process } of stages) if (process?.ours) process.kill(signal);
		},
		status: () => {
			const all = stages.map(stageStatus);
			return { name: plan.name, state: worst(all), delivery: plan.delivery, stages: all };
		},
		done,
	};
};
