// up: run the pipelines of a plan in the foreground until they are done or we are told to stop

import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT } from '../../filters/lib/failure.ts';
import type { Book, Log } from '../../filters/lib/log.ts';
import { keepRecords } from '../health/records.ts';
import type { PipelineStatus } from '../health/status.ts';
import { createVigil } from '../health/vigil.ts';
import { ensureFolder, places, recordsFolder, socketOf } from '../machine/places.ts';
import { ackFile } from '../plan/ack.ts';
import { lineOf, type PipelinePlan, type Plan } from '../plan/plan.ts';
import { startGuard } from '../process/guard.ts';
import { makePipes } from '../process/pipes.ts';
import { createPipeline, type Pipeline } from '../run/pipeline.ts';
import { adoptAck } from './adoption.ts';
import { claimName } from './claims.ts';
import { serveControl } from './control.ts';
import { createFleet } from './fleet.ts';
import { createNotify } from './notifier.ts';
import { heard } from './ring.ts';

/** How to run; `reread` reads the same file again as it was read for this plan. */
export type Running = {
	fallbacks: boolean;
	failFast: boolean;
	selfMetrics: boolean;
	reread: () => Promise<Plan>;
};

/** The code of a fleet in which no pipeline runs or may run again by itself; undefined while one does. */
const verdictOn = (pipelines: Pipeline[], failFast: boolean): number | undefined => {
	const codes = pipelines.map((pipeline) => pipeline.over());
	const bad = codes.find((code) => code !== undefined && code !== EXIT.done);
	if (failFast && bad !== undefined) return bad;
	return codes.some((code) => code === undefined) ? undefined : (bad ?? EXIT.done);
};

const STATUS_MS = 5000;

/** One line for `systemctl status`: `collect RUNNING, graphite BACKOFF`; `not well` where the state hides that. */
const summary = (pipelines: PipelineStatus[]): string =>
	pipelines
		.map(({ name, state, well }) => `${name} ${state}${state === 'RUNNING' && !well ? ' (not well)' : ''}`)
		.join(', ');

/** Run `plan`; the answer is the exit code: that of the first pipeline that was beyond hope, else 0. */
export const up = async (plan: Plan, log: Book, running: Running): Promise<number> => {
	const folders = places();
	const { state, run, logs } = folders;
	for (const folder of [state, run, logs]) ensureFolder(folder);
	const { fallbacks, failFast, reread } = running;
	// Nothing is ever written to it: it ends when we do, and that is the message.
	const [lifeline] = makePipes(1);
	const guard = startGuard(log);
	const claims = claimName(plan, folders);
	claims.add(plan.pipelines);
	claims.settle(plan.pipelines);
	const ackOf = (pipeline: string) => ackFile(state, plan.whole, pipeline);
	let latest = plan;
	let end: (code: number) => void;
	const ends = new Promise<number>((resolve) => {
		end = resolve;
	});
	const logOf = (name: string): Log => heard(log, name, (said) => fleet.hear(said));
	const create = (pipeline: PipelinePlan): Pipeline =>
		createPipeline(pipeline, {
			logOf,
			lifeline: lifeline!.readEnd,
			closeFd: closeSync,
			ackFile: ackOf(pipeline.name),
			prepare: () => adoptAck(state, latest, pipeline, log.about(pipeline.name)),
			fallbacks,
			failFast,
			guard,
			onOver: () => {
				const code = verdictOn(fleet.pipelines(), failFast);
				if (code !== undefined) end(code);
			},
		});
	const notify = createNotify(log);
	let stopping = false;
	const rereadTold = async (): Promise<Plan> => {
		notify.reloading();
		try {
			latest = await reread();
			return latest;
		} finally {
			notify.ready();
		}
	};
	const fleet = createFleet(plan, { create, reread: rereadTold, claims, log });
	const closeControl = await serveControl(socketOf(plan.name), fleet.answer);
	const closeRecords = running.selfMetrics
		? keepRecords(join(recordsFolder(folders), `${plan.name}.self.ndjson`), fleet.pipelines, log)
		: () => {};

	const stop = () => {
		if (stopping) return log.info('is stopping already; KILL would cut off what still drains', {}, 'again');
		stopping = true;
		log.info('stopping: sources first, then each stage drains');
		notify.stopping();
		fleet.stop().then(() => end(EXIT.done));
	};
	for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop);
	for (const signal of ['SIGHUP', 'SIGUSR1'] as const) {
		process.on(signal, () => {
			for (const pipeline of fleet.pipelines()) pipeline.signal(signal);
		});
	}

	for (const pipeline of plan.pipelines) log.info(`runs ${lineOf(pipeline)}`, {}, pipeline.name);
	await fleet.start();
	if (!stopping) notify.ready();
	const vigil = createVigil(logOf);
	const tellStatus = () => {
		const { pipelines } = fleet.status();
		notify.status(summary(pipelines));
		vigil.look(pipelines);
	};
	tellStatus();
	const teller = setInterval(tellStatus, STATUS_MS);
	// A loop that turns is all that a restart of us could mend: a stage that cannot be had is not.
	const endWatch = notify.watch(() => true);
	const code = await ends;
	clearInterval(teller);
	await fleet.stop();
	endWatch();
	closeControl();
	closeRecords();
	guard.close();
	claims.release();
	return code;
};
