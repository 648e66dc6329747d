// pipeline: a straight line of stages kept running: policy decides, this carries it out
// Exit codes and timers come in, starts and signals go out; the data itself is never seen here.

import { EXIT, Failure, verdict } from '../../filters/lib/failure.ts';
import type { PipelinePlan } from '../plan/plan.ts';
import { launch } from '../process/launch.ts';
import { createComeback } from './comeback.ts';
import { createLine } from './line.ts';
import { createQueue } from './queue.ts';
import type { PipelineReport } from './report.ts';
import { createSlot, type Slot } from './slot.ts';
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
	const { delivery } = plan;
	const fresh = delivery === 'at-least-once';
	const last = plan.stages.length - 1;
	const line = createLine(plan.stages.length, around.makePipes);
	const comeback = createComeback(plan.delays);
	/** Whether it should be up; whether it is; whether it is on its way down, with its pipes. */
	let wanted = false;
	let retired = false;
	let isUp = false;
	let goingDown: '' | 'in order' | 'at once' = '';
	/** The stages up to this one have not been started yet: one behind them is not ready. */
	let waiting = -1;
	let code: number | undefined;

	const exclusive = createQueue();
	/** An operation of our own: nobody waits for it, so nobody else would hear that it failed. */
	const later = (work: () => Promise<void> | void): void => {
		exclusive(work).catch((error) => {
			const { code: result, message, stack = '' } = verdict(error);
			log.error(`stops: ${message} ${stack}`);
			for (const slot of slots) if (!slot.process()) slot.rest('FATAL');
			finish(result);
		});
	};
	const finish = (result: number) => {
		wanted = false;
		code = result;
		around.onOver?.();
	};

	/** The neighbours of a stage that is gone for good: end of file downstream, EPIPE upstream. */
	const closeAround = (index: number) => {
		line.closeAround(index, goingDown === 'at once' ? 'cut' : undefined);
		if (slots[index + 1]) slots[index + 1]!.inputEnded = true;
		if (slots[index - 1]) slots[index - 1]!.outputGone = true;
	};
	const onFinished = (index: number) => {
		closeAround(index);
		if (slots.every((slot) => slot.state() === 'EXITED')) return finish(EXIT.done);
		// A stage that is done before its source: what comes down to it has nowhere to go.
		if (slots.slice(0, index).every((slot) => slot.state() === 'EXITED')) return;
		endAll(EXIT.done);
	};
	/** All of it ends in order, and with this code. */
	const endAll = (result: number) => {
		wanted = false;
		later(async () => {
			await takeDown(true);
			const isDone = (slot: Slot) => result === EXIT.done && slot.state() === 'STOPPED';
			for (const slot of slots.filter(isDone)) slot.rest('EXITED');
			finish(result);
		});
	};
	const onHopeless = (index: number, result: number) => {
		const slot = slots[index]!;
		slot.log.error(`${slot.report().last}; not started again, the pipeline "${plan.name}" stops`);
		endAll(result);
	};
	const onEscalates = (index: number) => {
		const slot = slots[index]!;
		const { degraded, ms } = comeback.escalate();
		const how = degraded ? 'DEGRADED, will be tried for ever' : 'restarts whole';
		slot.log.error(`died too often; the pipeline "${plan.name}" ${how}, in ${ms} ms`);
		if (degraded && slot.useFallback()) return;
		if (degraded) slot.apply({ kind: 'degrade' });
		if (fresh) restartFresh(ms, slot);
		else slot.startLater(ms, () => later(() => restartInTurn(slot)));
	};
	/** Every stage down. In order: source first, and each of the others when it has read all there was. */
	const takeDown = async (inOrder: boolean): Promise<void> => {
		comeback.cancel();
		goingDown = inOrder ? 'in order' : 'at once';
		for (const slot of slots) slot.expectEnd();
		for (const [index, slot] of slots.entries()) if (!slot.process()) closeAround(index);
		if (!inOrder) await Promise.all(slots.map((slot) => slot.end('term')));
		for (const [index, slot] of slots.entries()) await slot.end(index === 0 ? 'term' : 'drain');
		line.close();
		isUp = false;
		waiting = -1;
		goingDown = '';
	};
	const startAll = () => {
		comeback.cancel();
		try {
			around.prepare?.();
			line.open();
		} catch (error) {
			return startFails(error);
		}
		if (comeback.started()) log.info('could be started');
		isUp = true;
		for (const slot of slots) slot.inputEnded = slot.outputGone = false;
		waiting = last;
		startWaiting();
	};
	/** The system has no pipes or no room for us: no fault of a stage, so it is tried again, for ever. */
	const startFails = (error: unknown) => {
		const { code: result, message } = verdict(error);
		const ms = comeback.failed(`cannot be started (${message})`);
		log.error(`${comeback.trouble()}; trying again in ${ms} ms`, {}, comeback.trouble());
		if (around.failFast) return finish(result);
		for (const slot of slots) if (!slot.held) slot.rest('BACKOFF');
		startAfter(ms);
	};
	const startAfter = (ms: number) =>
		comeback.after(ms, () => later(() => (wanted && !isUp ? startAll() : undefined)));
	/** Readers first, so that nothing waits in a pipe for a stage that is not there or not ready yet. */
	const startWaiting = () => {
		while (waiting >= 0) {
			const index = waiting--;
			const slot = slots[index]!;
			if (slot.held) continue;
			slot.start();
			if (plan.stages[index]!.ready !== undefined && slot.state() !== 'RUNNING') return;
		}
	};
	/** Stages are started from the sink on, so a stage that is up can only have those before it waiting. */
	const onUp = (index: number) => {
		if (index === waiting + 1 && wanted && isUp) startWaiting();
	};
	/** An at-least-once pipeline after a death: fresh pipes, and the source begins again at the ack. */
	const restartFresh = (ms: number, culprit: Slot) =>
		later(async () => {
			if (!wanted) return;
			const degraded = culprit.state() === 'DEGRADED';
			await takeDown(false);
			// The others wait for it, and have done nothing wrong.
			culprit.rest(degraded ? 'DEGRADED' : 'BACKOFF');
			startAfter(ms);
		});
	/** Best-effort: one stage after the other on the held pipes, so that what is in them is not lost. */
	const restartInTurn = async (except?: Slot) => {
		for (const slot of slots) {
			if (!wanted || !isUp) return;
			if (slot === except || slot.held || slot.state() === 'EXITED' || isWaiting(slot)) continue;
			await slot.end('term');
			// Another one may have got done meanwhile, and ended all: its pipes are closed.
			if (wanted && isUp) slot.start();
		}
	};

	const slots: Slot[] = plan.stages.map((stage, index) => {
		const name = `${plan.name}/${stage.name}`;
		const stageLog = around.logOf(name);
		return createSlot(stage, name, index === 0, {
			log: stageLog,
			plan,
			fallbacks: around.fallbacks,
			failFast: around.failFast ?? false,
			launch: (command, env, announces, words) => {
				const what = { stage, delivery, name, log: words, command, env, announces };
				return launch(around, { ...what, ...line.around(index) });
			},
			up: () => onUp(index),
			waits: (ms) => (fresh ? restartFresh(ms, slots[index]!) : slots[index]!.startLater(ms)),
			escalates: () => onEscalates(index),
			finished: () => onFinished(index),
			ended: () => goingDown !== '' && closeAround(index),
			hopeless: (result) => onHopeless(index, result),
			recovered: comeback.recovered,
			retry: () => later(() => tryPrimary(slots[index]!)),
		});
	});
	const log = around.logOf(plan.name);

	/** Let the fallback finish its line, then see whether the primary can be had again. */
	const tryPrimary = async (slot: Slot) => {
		if (!wanted || !isUp || slot.held || !slot.onFallback()) return;
		await slot.end('term');
		if (wanted) slot.usePrimary();
	};

	const isWaiting = (slot: Slot) => slots.indexOf(slot) <= waiting;
	const slotCalled = (name: string): Slot => {
		const slot = slots.find(({ name: full }) => full === `${plan.name}/${name}`);
		if (slot) return slot;
		const names = plan.stages.map((stage) => stage.name).join(', ');
		throw new Failure(EXIT.usage, `"${plan.name}" has no stage "${name}"; it has ${names}`);
	};
	const mustBeUp = (slot: Slot) => {
		const why = !isUp || !wanted ? 'is not running' : slot.state() === 'EXITED' ? 'has got past it' : '';
		if (why) throw new Failure(EXIT.unavailable, `${slot.name}: the pipeline ${why}; start or restart that`);
	};
	const startSlot = async (slot: Slot) => {
		mustBeUp(slot);
		slot.held = false;
		if (slot.process()) return;
		if (!fresh) return slot.start();
		// What it held in memory when it stopped is in the log only, so all begin again at the ack.
		await takeDown(false);
		startAll();
	};
	const stopSlot = async (slot: Slot) => {
		mustBeUp(slot);
		slot.held = true;
		await slot.end('term');
	};
	const restartAll = async (orderly: boolean) => {
		for (const slot of slots) slot.held = false;
		const inTurn = isUp && !fresh && slots.every((slot) => slot.state() !== 'EXITED');
		if (inTurn) return restartInTurn();
		await takeDown(orderly);
		if (wanted) startAll();
	};

	const want = () => {
		if (retired)
			throw new Failure(EXIT.unavailable, `"${plan.name}" is no longer in the file, or was changed`);
		wanted = true;
		code = undefined;
	};
	const stopAll = () => {
		wanted = false;
		return exclusive(async () => {
			if (wanted) return;
			await takeDown(true);
			for (const slot of slots) slot.held = false;
		});
	};
	const startMissing = () => {
		want();
		return exclusive(() => {
			if (!wanted) return;
			for (const slot of slots) slot.held = false;
			if (!isUp) return startAll();
			const missing = slots.filter(
				(slot) => !slot.process() && slot.state() !== 'EXITED' && !isWaiting(slot),
			);
			if (fresh && missing.length > 0) return restartAll(false);
			for (const slot of missing) slot.start();
		});
	};
	return {
		plan,
		start: async (stage) => (stage ? exclusive(() => startSlot(slotCalled(stage))) : startMissing()),
		stop: async (stage) => (stage ? exclusive(() => stopSlot(slotCalled(stage))) : stopAll()),
		restart: async (stage) => {
			if (!stage) {
				want();
				return exclusive(() => restartAll(!fresh));
			}
			const slot = slotCalled(stage);
			await exclusive(async () => {
				await stopSlot(slot);
				await startSlot(slot);
			});
		},
		retire: () => {
			retired = true;
			return stopAll();
		},
		signal: (signal) => {
			for (const slot of slots) if (slot.process()?.ours) slot.process()!.kill(signal);
		},
		report: () => {
			const waits = plan.stages[waiting + 1]?.name;
			return {
				plan,
				stages: slots.map((slot) => ({
					...slot.report(),
					...(isWaiting(slot) && waits !== undefined ? { waits } : {}),
				})),
				outputs: slots.map((_, index) => line.around(index).output),
				ackFile: around.ackFile,
				trouble: comeback.trouble(),
			};
		},
		over: () => code,
	};
};
