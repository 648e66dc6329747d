// slot: one stage's place in a pipeline: its life, and the process in it, which may be that of its fallback
// It carries out what the policy says of this one stage; what concerns the others it asks of its pipeline.

import type { Log } from '../../filters/lib/log.ts';
import type { PipelinePlan, StagePlan } from '../plan/plan.ts';
import { drained, type Ending, ended, type Process } from '../process/process.ts';
import { createHistory } from './history.ts';
import {
	type Action,
	type Ends,
	type Event,
	type How,
	isFinished,
	isOnTrial,
	LIMITS,
	type Rules,
	type State,
	shownState,
	step,
	unborn,
} from './policy.ts';
import { awaitReadiness } from './readiness.ts';
import type { StageReport } from './report.ts';
import { createTimers } from './timers.ts';

/** What a slot asks of its pipeline. */
export type Owner = {
	log: Log;
	plan: Pick<PipelinePlan, 'restart' | 'delays' | 'delivery' | 'retry'>;
	fallbacks: boolean;
	failFast: boolean;
	/** Start the program; the slot learns of its end through the process. */
	launch: (command: string[], env: Record<string, string>, announces: boolean, words: Log) => Process;
	/** What is gone before and behind it. */
	ends: () => Ends;
	/** It runs and, where that is asked of it, has said that it is ready. */
	up: () => void;
	/** It died and may be started again in `ms`. */
	waits: (ms: number) => void;
	/** It died too often. */
	escalates: () => void;
	/** It ended as it should, and stays ended. */
	finished: () => void;
	/** It ended on request. */
	ended: () => void;
	/** Starting it again cannot help. */
	hopeless: (code: number) => void;
	/** It ran well for long after having been degraded. */
	recovered: () => void;
	/** The fallback has run for a while: try the primary. */
	retry: () => void;
};

export type Slot = {
	name: string;
	log: Log;
	state: () => State;
	process: () => Process | undefined;
	onFallback: () => boolean;
	/** Start what is not running, now. */
	start: () => void;
	/** Start it after `ms`, unless something else comes first; `then` is called when that was done. */
	startLater: (ms: number, then?: () => void) => void;
	/** Try the primary again. Only for a slot that has ended. */
	usePrimary: () => void;
	/** Its end is wanted from now on. */
	expectEnd: () => void;
	/** End it: TERM, or wait for it to drain to the end of its input; KILL after its grace. */
	end: (how: How) => Promise<void>;
	/** What became of its pipeline, as far as that is about this stage too. */
	tell: (event: Event & { kind: 'degrade' | 'wait' | 'done' | 'abandon' }) => void;
	report: () => StageReport;
};

// A timer may come a millisecond before its time by the clock that the policy goes by, which would then not count.
const HEALTHY_MS = LIMITS.healthy + 1;

/** The slot of the stage `plan`, which is called `name` in the log. */
export const createSlot = (plan: StagePlan, name: string, owner: Owner): Slot => {
	const { log } = owner;
	const { restart, delays, delivery, retry } = owner.plan;
	const hasFallback = plan.fallback !== undefined && owner.fallbacks;
	const rules: Rules = { restart, delays, hasFallback, failFast: owner.failFast };
	const history = createHistory();
	const timers = createTimers();
	const now = () => performance.now();
	let life = unborn(now());
	let process: Process | undefined;

	const environment = (): Record<string, string> => ({
		...plan.env,
		// Only a predecessor that was cut off can have left half a line in the pipe.
		...(history.lastCode() !== 0 && delivery === 'best-effort' ? { BPFPIPE_RESUMED: '1' } : {}),
		...(life.onFallback ? { BPFPIPE_SYNTHETIC: '1' } : {}),
	});
	const spawn = () => {
		// What stands in for a stage is another program, which may not know how to say that it is ready.
		const announces = plan.ready !== undefined && !life.onFallback;
		const command = life.onFallback ? plan.fallback! : plan.command;
		const started = owner.launch(command, environment(), announces, history.begin(log));
		process = started;
		started.ended.then((ending) => onEnded(started, ending));
		if (!announces) return apply({ kind: 'spawned' });
		const most = plan.ready!;
		const onReady = () => process === started && apply({ kind: 'spawned' });
		awaitReadiness(started, most, onReady, () => {
			history.blame(`not ready within ${most} ms`);
			apply({ kind: 'overdue' });
		});
	};
	const onEnded = ({ ours }: Process, ending: Ending): void => {
		process = undefined;
		timers.clear();
		const finished = isFinished(ending.code, owner.ends(), restart);
		history.note(ending, life.state !== 'STOPPING' && !finished, ours);
		apply({ kind: 'died', code: ending.code, finished });
	};
	const substitute = () => {
		const more = plan.hint ? `. ${plan.hint}` : '';
		log.warn(
			`cannot be had (${history.last()}); "${plan.fallback![0]}" runs in its place, marked synthetic${more}`,
		);
		spawn();
	};
	const isUp = (recovers: boolean) => {
		if (recovers) timers.after(HEALTHY_MS, () => apply({ kind: 'healthy' }));
		if (life.onFallback) timers.after(retry, owner.retry);
		owner.up();
	};
	const recover = (wasDegraded: boolean) => {
		log.info('is well again');
		if (wasDegraded) owner.recovered();
	};

	const apply = (event: Event): void => {
		const [next, action] = step(life, event, rules, now(), Math.random());
		life = next;
		act(action);
	};
	const act = (action: Action): void => {
		switch (action.kind) {
			case 'nothing':
				return;
			case 'spawn':
				return spawn();
			case 'substitute':
				return substitute();
			case 'up':
				return isUp(action.recovers);
			case 'recover':
				return recover(action.wasDegraded);
			case 'terminate':
				void (action.how === 'drain' ? drained : ended)(process!, plan.grace);
				return;
			case 'wait':
				log.warn(`${history.last()}; starting again in ${action.ms} ms`);
				return owner.waits(action.ms);
			case 'escalate':
				return owner.escalates();
			case 'stopped':
				return owner.ended();
			case 'closeOutput':
				return owner.finished();
			case 'giveUp':
				return owner.hopeless(history.lastCode());
		}
	};

	return {
		name,
		log,
		state: () => life.state,
		process: () => process,
		onFallback: () => life.onFallback,
		start: () => {
			timers.clear();
			apply({ kind: 'start' });
		},
		startLater: (ms, then) => {
			timers.clear();
			timers.after(ms, () => {
				apply({ kind: 'due' });
				then?.();
			});
		},
		usePrimary: () => {
			apply({ kind: 'retry' });
			if (process) timers.after(LIMITS.holds, () => log.info(`is back, the fallback is no longer needed`));
		},
		expectEnd: () => {
			timers.clear();
			apply({ kind: 'stop' });
		},
		end: async (how) => {
			timers.clear();
			const gone = process?.ended;
			apply({ kind: 'end', how });
			await gone;
		},
		tell: apply,
		report: () => ({
			name: plan.name,
			state: shownState(life),
			pid: process?.pid ?? 0,
			fallback: life.onFallback,
			trial: isOnTrial(life, now()),
			restarts: life.restarts,
			for: Math.round(now() - life.since),
			...history.report(process !== undefined),
		}),
	};
};
