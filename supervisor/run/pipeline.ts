// pipeline: a straight line of stages kept running: what operators ask of it, one operation after the other
// Exit codes and timers come in, starts and signals go out; the data itself is never seen here.

import { EXIT, Failure, verdict } from '../../filters/lib/failure.ts';
import { createSerial } from '../../filters/lib/flow/serial.ts';
import type { PipelinePlan } from '../plan/plan.ts';
import { createIntent } from './intent.ts';
import { createRecovery, type Recovery } from './recovery.ts';
import type { PipelineReport } from './report.ts';
import type { Slot } from './slot.ts';
import type { Surroundings } from './surroundings.ts';

/** Every operation waits for the one before it, so that two at once never start a process twice. */
export type Pipeline = {
	plan: PipelinePlan;
	/** Start what is not running: all of it, or one stage. */
	start: (stage?: string) => Promise<void>;
	/** Source first, then each stage drains what is left: nothing is cut. One stage: its neighbours stay. */
	stop: (stage?: string) => Promise<void>;
	/** At-least-once: all afresh from the ack. Best-effort: each in turn, on the pipes they have. */
	restart: (stage?: string) => Promise<void>;
	/** Stop it for good: whoever still holds it cannot start it any more. */
	retire: () => Promise<void>;
	/** A signal to those stages that are our own programs. */
	signal: (signal: NodeJS.Signals) => void;
	report: () => PipelineReport;
	/** 0 when every stage is done, the stage's code when one is beyond hope; undefined otherwise. */
	over: () => number | undefined;
};

export const createPipeline = (plan: PipelinePlan, around: Surroundings): Pipeline => {
	const fresh = plan.delivery === 'at-least-once';
	const log = around.logOf(plan.name);
	const intent = createIntent(plan.name, around.onOver);
	const exclusive = createSerial();
	/** An operation of our own: nobody waits for it, so nobody else would hear that it failed. */
	const later = (work: () => Promise<void> | void): void => {
		exclusive(work).catch((error) => {
			const { code, message, stack = '' } = verdict(error);
			log.error(`stops: ${message} ${stack}`);
			recovery.giveUp(code);
		});
	};
	const recovery: Recovery = createRecovery(plan, around, log, intent, later);
	const { stages, startAll, takeDown } = recovery;

	const mustBeUp = (slot: Slot) => {
		const isRunning = stages.isUp() && intent.isWanted();
		const why = !isRunning ? 'is not running' : slot.state() === 'EXITED' ? 'has got past it' : '';
		if (why) throw new Failure(EXIT.unavailable, `${slot.name}: the pipeline ${why}; start or restart that`);
	};
	const startSlot = async (slot: Slot) => {
		mustBeUp(slot);
		stages.release(slot);
		if (slot.process()) return;
		if (!fresh) return slot.start();
		// What it held in memory when it stopped is in the log only, so all begin again at the ack.
		await takeDown(false);
		startAll();
	};
	const stopSlot = async (slot: Slot) => {
		mustBeUp(slot);
		stages.hold(slot);
		await slot.end('term');
	};
	const restartSlot = async (slot: Slot) => {
		await stopSlot(slot);
		await startSlot(slot);
	};

	const restartAll = async (orderly: boolean) => {
		stages.release();
		const inTurn = stages.isUp() && !fresh && stages.slots.every((slot) => slot.state() !== 'EXITED');
		if (inTurn) return stages.restartInTurn();
		await takeDown(orderly);
		if (intent.isWanted()) startAll();
	};
	const startMissing = async () => {
		if (!intent.isWanted()) return;
		stages.release();
		if (!stages.isUp()) return startAll();
		const missing = stages.missing();
		if (fresh && missing.length > 0) return restartAll(false);
		for (const slot of missing) slot.start();
	};
	/** All down; whoever wants it up again in the meantime comes after. */
	const stopAll = () =>
		exclusive(async () => {
			if (!intent.isWanted()) await takeDown(true);
		});
	/** What is wanted is known at once, what is under way ends first. */
	const wanted = (work: () => Promise<void>) => {
		intent.want();
		return exclusive(work);
	};

	return {
		plan,
		start: async (name) => {
			if (!name) return wanted(startMissing);
			return exclusive(() => startSlot(stages.called(name)));
		},
		stop: async (name) => {
			if (name) return exclusive(() => stopSlot(stages.called(name)));
			intent.drop();
			return stopAll();
		},
		restart: async (name) => {
			if (!name) return wanted(() => restartAll(!fresh));
			const slot = stages.called(name);
			return exclusive(() => restartSlot(slot));
		},
		retire: () => {
			intent.retire();
			return stopAll();
		},
		signal: (signal) => {
			for (const slot of stages.slots) if (slot.process()?.ours) slot.process()!.kill(signal);
		},
		report: () => ({ plan, ...stages.report(), ackFile: around.ackFile, trouble: recovery.trouble() }),
		over: intent.code,
	};
};
