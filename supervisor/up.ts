// up: run the pipelines of a plan in the foreground until they are done or we are told to stop

import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT } from '../filters/lib/failure.ts';
import type { Log } from '../filters/lib/log.ts';
import type { Plan } from './config.ts';
import { serveControl } from './control.ts';
import { createPipeline } from './pipeline.ts';
import { makePipes } from './pipes.ts';
import { ensureFolder, places } from './places.ts';
import type { Status } from './status.ts';

/** The control socket of the supervisor that runs the plan called `name`. */
export const socketOf = (name: string): string => join(places().run, `${name}.sock`);

/** Run `plan`; the answer is the exit code: that of the first pipeline that was beyond hope, else 0. */
export const up = async (plan: Plan, log: Log, fallbacks: boolean): Promise<number> => {
	const { state, run, logs } = places();
	for (const folder of [state, run, logs]) ensureFolder(folder);
	// Nothing is ever written to it: it ends when we do, and that is the message.
	const [lifeline] = makePipes(1);
	const pipelines = plan.pipelines.map((pipeline) =>
		createPipeline(pipeline, {
			log,
			lifeline: lifeline!.readEnd,
			closeFd: closeSync,
			ackFile: join(state, `${plan.name}.${pipeline.name}.ack`),
			fallbacks,
		}),
	);
	const status = (): Status => ({
		name: plan.name,
		pid: process.pid,
		file: plan.file,
		pipelines: pipelines.map((pipeline) => pipeline.status()),
	});
	const closeControl = await serveControl(socketOf(plan.name), status);

	const stop = () => {
		log.info('stopping: sources first, then each stage drains');
		for (const pipeline of pipelines) pipeline.stop();
	};
	let stopping: (value: number) => void;
	const stopped = new Promise<number>((resolve) => {
		stopping = resolve;
	});
	for (const signal of ['SIGTERM', 'SIGINT'] as const) {
		process.once(signal, () => {
			stop();
			Promise.all(pipelines.map((pipeline) => pipeline.stop())).then(() => stopping(EXIT.done));
		});
	}
	process.on('SIGHUP', () => {
		for (const pipeline of pipelines) pipeline.signal('SIGHUP');
	});
	process.on('SIGUSR1', () => {
		for (const pipeline of pipelines) pipeline.signal('SIGUSR1');
	});

	for (const pipeline of pipelines) pipeline.start();
	const ends = Promise.all(pipelines.map((pipeline) => pipeline.done));
	const code = await Promise.race([stopped, ends.then((codes) => codes.find((one) => one !== 0) ?? 0)]);
	closeControl();
	return code;
};
