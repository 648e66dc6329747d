// stages: the stages of one pipeline with the pipes between them, brought up readers first, taken down source first

import { EXIT, Failure } from '../../filters/lib/failure.ts';
import type { PipelinePlan } from '../plan/plan.ts';
import { launch } from '../process/launch.ts';
import { createLine } from './line.ts';
import type { PipelineReport } from './report.ts';
import { createSlot, type Owner, type Slot } from './slot.ts';
import type { Surroundings } from './surroundings.ts';

/** What becomes of the pipeline when something becomes of one of its stages. */
export type Reactions = Pick<Owner, 'waits' | 'escalates' | 'finished' | 'hopeless' | 'recovered' | 'retry'>;

export type Stages = {
	slots: readonly Slot[];
	/** @throws Failure(64) when there is none of that name. */
	called: (name: string) => Slot;
	isUp: () => boolean;
	/** An operator stopped it: only an operator starts it again. */
	isHeld: (slot: Slot) => boolean;
	hold: (slot: Slot) => void;
	/** Let go of one, or of all. */
	release: (slot?: Slot) => void;
	/** Those that run not and should, since nobody holds them, they are not done, and wait for nobody. */
	missing: () => Slot[];
	/** Make the pipes. Throws what the system says when it has none to give; then nothing is open. */
	open: () => void;
	/** Start all that is not held on the pipes that were made: readers first, each once the one behind it is ready. */
	startAll: () => void;
	/** Every stage down. In order: source first, and each of the others when it has read all there was. */
	takeDown: (inOrder: boolean) => Promise<void>;
	/** Best-effort: one stage after the other on the held pipes, so that what is in them is not lost. */
	restartInTurn: (except?: Slot) => Promise<void>;
	/** The neighbours of a stage that is gone for good: end of file downstream, EPIPE upstream. */
	closeAround: (index: number) => void;
	report: () => Pick<PipelineReport, 'stages' | 'outputs'>;
};

/** The stages of `plan`, all down; they are started only while the pipeline `isWanted`. */
export const createStages = (
	plan: PipelinePlan,
	around: Surroundings,
	isWanted: () => boolean,
	reactions: (index: number) => Reactions,
): Stages => {
	const { delivery } = plan;
	const last = plan.stages.length - 1;
	const line = createLine(plan.stages.length, around.makePipes);
	const held = new Set<Slot>();
	let isUp = false;
	let goingDown: '' | 'in order' | 'at once' = '';
	/** The stages up to this one have not been started yet: one behind them is not ready. */
	let waiting = -1;

	const isWaiting = (slot: Slot) => slots.indexOf(slot) <= waiting;
	const closeAround = (index: number) => line.closeAround(index, goingDown === 'at once' ? 'cut' : undefined);
	/**
	 * Readers first, so that nothing waits in a pipe for a stage that is not there or not ready yet. One at a time: what
	 * is up at once calls `onUp` while it is being started.
	 */
	const startNext = () => {
		if (waiting < 0) return;
		const index = waiting--;
		const slot = slots[index]!;
		// One that an operator started before its turn may be done already, and its pipes are closed.
		if (held.has(slot) || line.isGone(index)) startNext();
		else slot.start();
	};
	/** Stages are started from the sink on, so a stage that is up can only have those before it waiting. */
	const onUp = (index: number) => {
		if (index === waiting + 1 && isWanted() && isUp) startNext();
	};
	const slots: Slot[] = plan.stages.map((stage, index) => {
		const name = `${plan.name}/${stage.name}`;
		return createSlot(stage, name, {
			...reactions(index),
			log: around.logOf(name),
			plan,
			fallbacks: around.fallbacks,
			failFast: around.failFast ?? false,
			launch: (command, env, announces, words) => {
				const what = { stage, delivery, name, log: words, command, env, announces };
				return launch(around, { ...what, ...line.around(index) });
			},
			ends: () => line.ends(index),
			up: () => onUp(index),
			ended: () => goingDown !== '' && closeAround(index),
		});
	});

	return {
		slots,
		called: (name) => {
			const slot = slots.find(({ name: full }) => full === `${plan.name}/${name}`);
			if (slot) return slot;
			const names = plan.stages.map((stage) => stage.name).join(', ');
			throw new Failure(EXIT.usage, `"${plan.name}" has no stage "${name}"; it has ${names}`);
		},
		isUp: () => isUp,
		isHeld: (slot) => held.has(slot),
		hold: (slot) => held.add(slot),
		release: (slot) => (slot ? held.delete(slot) : held.clear()),
		missing: () =>
			slots.filter(
				(slot) => !slot.process() && !held.has(slot) && slot.state() !== 'EXITED' && !isWaiting(slot),
			),
		open: () => {
			around.prepare?.();
			line.open();
			isUp = true;
		},
		startAll: () => {
			waiting = last;
			startNext();
		},
		takeDown: async (inOrder) => {
			goingDown = inOrder ? 'in order' : 'at once';
			for (const slot of slots) slot.expectEnd();
			for (const [index, slot] of slots.entries()) if (!slot.process()) closeAround(index);
			if (!inOrder) await Promise.all(slots.map((slot) => slot.end('term')));
			for (const [index, slot] of slots.entries()) await slot.end(index === 0 ? 'term' : 'drain');
			line.close();
			isUp = false;
			waiting = -1;
			goingDown = '';
		},
		restartInTurn: async (except) => {
			for (const slot of slots) {
				if (!isWanted() || !isUp) return;
				if (slot === except || held.has(slot) || slot.state() === 'EXITED' || isWaiting(slot)) continue;
				await slot.end('term');
				// Another one may have got done meanwhile, and ended all: its pipes are closed.
				if (isWanted() && isUp) slot.start();
			}
		},
		closeAround,
		report: () => {
			const waits = plan.stages[waiting + 1]?.name;
			const more = (slot: Slot) => (isWaiting(slot) && waits !== undefined ? { waits } : {});
			return {
				stages: slots.map((slot) => ({ ...slot.report(), ...more(slot) })),
				outputs: slots.map((_, index) => line.around(index).output),
			};
		},
	};
};
