// launch: one stage's process on the pipes of its pipeline: its descriptors made, handed over, and closed again

import { EXIT, verdict } from '../../filters/lib/failure.ts';
import type { Log } from '../../filters/lib/log.ts';
import type { PipelinePlan, StagePlan } from '../plan/plan.ts';
import type { Guard } from './guard.ts';
import type { HeldPipe } from './pipes.ts';
import { type Descriptors, type Process, startProcess, unstarted } from './process.ts';

/** What processes need of the supervisor. */
export type Ground = {
	/** A descriptor that reads end of file when the supervisor is gone; the caller closes it. */
	lifeline: () => number;
	closeFd: (fd: number) => void;
	/** Where the sink of an at-least-once pipeline keeps its position. */
	ackFile: string;
	/** Ends what is left of a process when we are gone. */
	guard?: Pick<Guard, 'watch'>;
	startProcess?: typeof startProcess;
};

/** What is to be started; a source has no pipe before it, a sink none behind it. */
export type Launch = {
	stage: StagePlan;
	delivery: PipelinePlan['delivery'];
	/** How it is called in the log: `pipeline/stage`. */
	name: string;
	log: Log;
	command: string[];
	env: Record<string, string>;
	input: HeldPipe | undefined;
	output: HeldPipe | undefined;
	/** Whether it has to say that it is ready. */
	announces: boolean;
};

/** Start it. What cannot be started has ended with 75, so that it is tried again. */
export const launch = (ground: Ground, { name, log, command, input, output, ...what }: Launch): Process => {
	const fds: number[] = [];
	const held = (fd: number) => {
		fds.push(fd);
		return fd;
	};
	try {
		const descriptors: Descriptors = {
			stdin: input ? held(input.readEnd()) : 'ignore',
			stdout: output ? held(output.writeEnd()) : 'inherit',
			lifeline: held(ground.lifeline()),
			announces: what.announces,
		};
		const env = what.delivery === 'at-least-once' ? { ...what.env, BPFPIPE_ACK: ground.ackFile } : what.env;
		const start = ground.startProcess ?? startProcess;
		const started = start(command, name, descriptors, env, log, what.stage.limits);
		ground.guard?.watch(started);
		return started;
	} catch (error) {
		return unstarted(EXIT.again, `cannot be started (${verdict(error).message})`);
	} finally {
		for (const fd of fds) ground.closeFd(fd);
	}
};
