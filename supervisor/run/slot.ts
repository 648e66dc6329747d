// slot: one stage's place in a pipeline: its life, the process in it, and the fallback that may stand in
// It carries out what the policy says of this one stage; what concerns the others it asks of its pipeline.

import { EXIT } from '../../filters/lib/failure.ts';
import type { Log } from '../../filters/lib/log.ts';
import type { PipelinePlan, StagePlan } from '../plan/plan.ts';
import { drained, type Ending, ended, type Process } from '../process/process.ts';
import { createComplaints } from './complaint.ts';
import { type Action, type Event, LIMITS, type Life, type State, step, unborn } from './policy.ts';
import type { Death, StageReport } from './report.ts';

/** What a slot asks of its pipeline. */
export type Owner = {
	log: Log;
	plan: PipelinePlan;
	fallbacks: boolean;
	failFast: boolean;
	/** Start the program; the slot learns of its end through the process. */
	launch: (command: string[], env: Record<string, string>, announces: boolean, words: Log) => Process;
	/** It runs and, where that is asked of it, has said that it is ready. */
	up: () => void;
	/** It died and may be started again in `ms`. */
	waits: (ms: number) => void;
	/** It died too often; how long to wait, and whether the pipeline is degraded by now. */
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
	/** An operator stopped it: only an operator starts it again. */
	held: boolean;
	/** What it reads has ended, so its own end is as it should be. */
	inputEnded: boolean;
	/** Nobody reads what it prints any more. */
	outputGone: boolean;
	state: () => State;
	process: () => Process | undefined;
	onFallback: () => boolean;
	/** Start what is not running, now. */
	start: () => void;
	/** Start it after `ms`; `then` is called when that was done. */
	startLater: (ms: number, then?: () => void) => void;
	/** Put the fallback in its place, when there is one. */
	useFallback: () => boolean;
	/** Try the primary again. Only for a slot that has ended. */
	usePrimary: () => void;
	/** Its end is wanted from now on. */
	expectEnd: () => void;
	/** End it: TERM, or wait for it to drain to the end of its input; KILL after its grace. */
	end: (how: 'term' | 'drain') => Promise<void>;
	/** It counts as being in this state. Only for a slot whose process has ended. */
	rest: (state: State) => void;
	apply: (event: Event) => void;
	report: () => StageReport;
};

// A primary that lives this long, with a fallback waiting, is taken to be there.
const HOLDS_MS = 5000;
const CANNOT_BE_HAD = new Set<number>([EXIT.unavailable, EXIT.denied, EXIT.config]);
const SIGPIPE = 141;

const inWords = ({ code, signal, why }: Ending): string =>
	why ?? (signal ? `ended by ${signal}` : `exit code ${code}`);

/** The slot of the stage `plan`; `isSource` = it reads nothing. */
export const createSlot = (plan: StagePlan, name: string, isSource: boolean, owner: Owner): Slot => {
	const { log } = owner;
	const { restart, delays, delivery } = owner.plan;
	const now = () => performance.now();
	let life: Life = unborn(now());
	let process: Process | undefined;
	let fallback = false;
	let last = '';
	let died: Death | undefined;
	const complaints = createComplaints();
	let lastCode = 0;
	/** Why we ended it, where that was our own decision. */
	let reason = '';
	let timers: NodeJS.Timeout[] = [];

	const quieten = () => {
		for (const timer of timers) clearTimeout(timer);
		timers = [];
	};
	const after = (ms: number, what: () => void) => timers.push(setTimeout(what, ms));

	const environment = (): Record<string, string> => ({
		...plan.env,
		// Only a predecessor that was cut off can have left half a line in the pipe.
		...(lastCode !== 0 && delivery === 'best-effort' ? { BPFPIPE_RESUMED: '1' } : {}),
		...(fallback ? { BPFPIPE_SYNTHETIC: '1' } : {}),
	});
	const spawn = () => {
		quieten();
		// What stands in for a stage is another program, which may not know how to say that it is ready.
		const announces = plan.ready !== undefined && !fallback;
		complaints.begin();
		const command = fallback ? plan.fallback! : plan.command;
		const started = owner.launch(command, environment(), announces, complaints.overhear(log));
		process = started;
		reason = '';
		started.ended.then((ending) => onEnded(started, ending));
		if (announces) waitFor(started, plan.ready!);
		else isUp();
	};
	const isUp = () => {
		apply({ kind: 'spawned' });
		if (life.degraded || life.failures > 0) after(LIMITS.healthy, recover);
		if (fallback) after(owner.plan.retry, owner.retry);
		owner.up();
	};
	/** Until it says that it is ready it counts as starting; one that never does has failed. */
	const waitFor = (started: Process, most: number) => {
		const timer = setTimeout(() => {
			reason = `not ready within ${most} ms`;
			ended(started, plan.grace);
		}, most);
		started.ended.then(() => clearTimeout(timer));
		started.ready?.then(() => {
			clearTimeout(timer);
			if (process === started && life.state === 'STARTING') isUp();
		});
	};
	const recover = () => {
		const wasDegraded = life.degraded;
		apply({ kind: 'healthy' });
		if (life.degraded || life.failures > 0) return;
		log.info('is well again');
		if (wasDegraded) owner.recovered();
	};

	const apply = (event: Event): void => {
		const [next, action] = step(life, event, restart, now(), Math.random(), delays);
		life = next;
		act(action);
	};
	const act = (action: Action): void => {
		switch (action.kind) {
			case 'spawn':
				return spawn();
			case 'closeOutput':
				return owner.finished();
			case 'giveUp':
				return owner.hopeless(lastCode);
			case 'escalate':
				return owner.escalates();
			case 'wait':
				log.warn(`${last}; starting again in ${action.ms} ms`);
				return owner.waits(action.ms);
		}
	};

	const isFinished = ({ code }: Ending): boolean =>
		code === 0
			? isSource || slot.inputEnded || slot.outputGone || restart === 'never'
			: code === SIGPIPE && slot.outputGone;
	const onEnded = (which: Process, ending: Ending): void => {
		if (process !== which) return;
		process = undefined;
		quieten();
		last = reason || inWords(ending);
		lastCode = ending.code;
		const wasStopping = life.state === 'STOPPING';
		const finished = isFinished(ending);
		if (!wasStopping && !finished) noteDeath(which);
		if (!wasStopping && !finished && ending.code !== 0) {
			if (owner.failFast) return fail();
			const held = life.state === 'RUNNING' && now() - life.since >= HOLDS_MS;
			// One that asks to be started again is there; what it lacks now it may have in a moment.
			const isAbsent = CANNOT_BE_HAD.has(ending.code) || (!held && ending.code !== EXIT.again);
			if (isAbsent && slot.useFallback()) return;
		}
		apply({ kind: 'died', code: ending.code, finished });
		if (wasStopping) owner.ended();
	};
	const noteDeath = ({ ours }: Process) => {
		const words = complaints.lastWords(ours);
		const at = Date.now();
		const lived = died ? at - died.at : 0;
		const times = died && lived < LIMITS.escalationWindow ? died.times + 1 : 1;
		died = { at, why: words ? `${last}, ${words}` : last, times, lived };
	};
	const fail = () => {
		life = { ...life, state: 'FATAL', since: now() };
		owner.hopeless(lastCode);
	};
	const begin = (withFallback: boolean) => {
		fallback = withFallback;
		life = { ...unborn(now()), restarts: life.restarts + 1 };
		apply({ kind: 'start' });
	};

	const slot: Slot = {
		name,
		log,
		held: false,
		inputEnded: false,
		outputGone: false,
		state: () => life.state,
		process: () => process,
		onFallback: () => fallback,
		start: () => {
			quieten();
			apply({ kind: life.state === 'BACKOFF' || life.state === 'DEGRADED' ? 'due' : 'start' });
		},
		startLater: (ms, then) => {
			quieten();
			after(ms, () => {
				slot.start();
				then?.();
			});
		},
		useFallback: () => {
			if (!plan.fallback || !owner.fallbacks || fallback) return false;
			log.warn(
				`cannot be had (${last}); "${plan.fallback[0]}" runs in its place, marked synthetic` +
					(plan.hint ? `. ${plan.hint}` : ''),
			);
			begin(true);
			return true;
		},
		usePrimary: () => {
			begin(false);
			after(HOLDS_MS, () => log.info(`is back, the fallback is no longer needed`));
		},
		expectEnd: () => {
			quieten();
			apply({ kind: 'stop' });
		},
		end: async (how) => {
			slot.expectEnd();
			if (process) await (how === 'drain' ? drained : ended)(process, plan.grace);
		},
		rest: (state) => {
			life = { ...life, state, since: now() };
		},
		apply,
		report: () => ({
			name: plan.name,
			state: life.degraded && process ? 'DEGRADED' : life.state,
			pid: process?.pid ?? 0,
			fallback,
			restarts: life.restarts,
			for: Math.round(now() - life.since),
			last,
			...(died ? { died } : {}),
			...(process && complaints.now() ? { says: complaints.now()! } : {}),
		}),
	};
	return slot;
};
