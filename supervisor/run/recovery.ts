// recovery: how a pipeline comes back after a death, a fallback or a lack of pipes, and how it ends when it cannot
// It hears what becomes of each stage, and decides what that means for all of them.

import { EXIT, verdict } from '../../filters/lib/failure.ts';
import type { Log } from '../../filters/lib/log.ts';
import type { PipelinePlan } from '../plan/plan.ts';
import { createComeback } from './comeback.ts';
import type { Intent } from './intent.ts';
import type { Slot } from './slot.ts';
import { createStages, type Reactions, type Stages } from './stages.ts';
import type { Surroundings } from './surroundings.ts';

export type Recovery = {
	stages: Stages;
	/** Bring all of it up; where the system has no room for it, it is tried again, for ever. */
	startAll: () => void;
	/** Take all of it down, and let it be. */
	takeDown: (inOrder: boolean) => Promise<void>;
	/** A fault of our own: nothing of it is tried any more. */
	giveUp: (code: number) => void;
	/** Why it cannot be started, while that is so, or ''. */
	trouble: () => string;
};

/** Work of recovery's own, which waits for the operations on the pipeline. */
type Later = (work: () => Promise<void> | void) => void;

/** The stages of `plan`, all down, and what becomes of them while the pipeline is wanted. */
export const createRecovery = (
	plan: PipelinePlan,
	around: Surroundings,
	log: Log,
	intent: Intent,
	later: Later,
): Recovery => {
	const fresh = plan.delivery === 'at-least-once';
	const comeback = createComeback(plan.delays);
	const stages: Stages = createStages(plan, around, intent.isWanted, (index): Reactions => {
		const slot = () => stages.slots[index]!;
		return {
			waits: (ms) => (fresh ? restartFresh(ms, slot()) : slot().startLater(ms)),
			escalates: () => escalate(slot()),
			finished: () => finish(index),
			hopeless: (code) => endHopeless(slot(), code),
			recovered: comeback.recovered,
			retry: () => later(() => tryPrimary(slot())),
		};
	});

	const takeDown = (inOrder: boolean) => {
		comeback.cancel();
		return stages.takeDown(inOrder);
	};
	const startAll = () => {
		comeback.cancel();
		try {
			stages.open();
		} catch (error) {
			return startFails(error);
		}
		if (comeback.started()) log.info('could be started');
		stages.startAll();
	};
	/** The system has no pipes or no room for us: no fault of a stage. */
	const startFails = (error: unknown) => {
		const { code, message } = verdict(error);
		const ms = comeback.failed(`cannot be started (${message})`);
		log.error(`${comeback.trouble()}; trying again in ${ms} ms`, {}, comeback.trouble());
		if (around.failFast) return intent.finish(code);
		for (const slot of stages.slots) if (!stages.isHeld(slot)) slot.tell({ kind: 'wait' });
		startAfter(ms);
	};
	const startAfter = (ms: number) =>
		comeback.after(ms, () => later(() => (intent.isWanted() && !stages.isUp() ? startAll() : undefined)));

	/** An at-least-once pipeline after a death: fresh pipes, and the source begins again at the ack. */
	const restartFresh = (ms: number, culprit: Slot) =>
		later(async () => {
			if (!intent.isWanted()) return;
			await takeDown(false);
			// The others wait for it, and have done nothing wrong.
			culprit.tell({ kind: 'wait' });
			startAfter(ms);
		});
	const escalate = (culprit: Slot) => {
		const { degraded, ms } = comeback.escalate();
		const how = degraded ? 'DEGRADED, will be tried for ever' : 'restarts whole';
		culprit.log.error(`died too often; the pipeline "${plan.name}" ${how}, in ${ms} ms`);
		if (degraded) culprit.tell({ kind: 'degrade' });
		// Its fallback has taken its place.
		if (culprit.process()) return;
		if (fresh) restartFresh(ms, culprit);
		else culprit.startLater(ms, () => later(() => stages.restartInTurn(culprit)));
	};
	/** Let the fallback finish its line, then see whether the primary can be had again. */
	const tryPrimary = async (slot: Slot) => {
		if (!intent.isWanted() || !stages.isUp() || stages.isHeld(slot) || !slot.onFallback()) return;
		await slot.end('term');
		if (intent.isWanted()) slot.usePrimary();
	};

	/** All of it ends in order, and with this code. */
	const endAll = (code: number) => {
		intent.drop();
		// Until its turn comes one may die, and would be started again, or its fallback, on pipes that are closed.
		for (const slot of stages.slots) slot.expectEnd();
		later(async () => {
			await takeDown(true);
			if (code === EXIT.done) for (const slot of stages.slots) slot.tell({ kind: 'done' });
			intent.finish(code);
		});
	};
	const finish = (index: number) => {
		const isDone = (slot: Slot) => slot.state() === 'EXITED';
		stages.closeAround(index);
		if (stages.slots.every(isDone)) return intent.finish(EXIT.done);
		// A stage that is done before its source: what comes down to it has nowhere to go.
		if (!stages.slots.slice(0, index).every(isDone)) endAll(EXIT.done);
	};
	const endHopeless = (slot: Slot, code: number) => {
		slot.log.error(`${slot.report().last}; not started again, the pipeline "${plan.name}" stops`);
		endAll(code);
	};

	return {
		stages,
		startAll,
		takeDown,
		giveUp: (code) => {
			for (const slot of stages.slots) slot.tell({ kind: 'abandon' });
			intent.finish(code);
		},
		trouble: comeback.trouble,
	};
};
