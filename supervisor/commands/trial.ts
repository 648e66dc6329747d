// trial: each of our own stages is given its options, and does nothing with them but say what is wrong

import { execFile } from 'node:child_process';
import { EXIT } from '../../filters/lib/failure.ts';
import { ownFile } from '../machine/programs.ts';
import type { PipelinePlan, Plan } from '../plan/plan.ts';
import { environment } from '../process/process.ts';

/** What a stage says of its options; `part` is where its command stands: run, or fallback. */
export type Fault = { pipeline: string; stage: number; part: string; name: string; message: string };

const TRIAL_MS = 10_000;
const AT_ONCE = 4;

type Trial = Omit<Fault, 'message'> & { command: string[]; env: Record<string, string> };

/** The last line of what one of our own stages said, without a priority and its name. */
export const lastSaid = (stderr: string): string => {
	const line = stderr.trimEnd().split('\n').at(-1)!.replace(/^<\d>/, '');
	return line.slice(line.indexOf(': ') + 2);
};

/** The last line that it said, without its name; undefined when its options are as they should be, or not ours to know. */
const tried = ({ command: [name, ...args], env }: Trial): Promise<string | undefined> =>
	new Promise((resolve) => {
		const { file, flags } = ownFile(name!)!;
		// There is no lifeline on descriptor 3; a source looks for it before it reads its options.
		const trial = { BPFPIPE_CHECK: '1', BPFPIPE_LIFELINE: '' };
		const options = { env: environment({ ...env, ...trial }), timeout: TRIAL_MS };
		const child = execFile(process.execPath, [...flags, file, ...args], options, (error, _stdout, stderr) => {
			const isFault = error?.code === EXIT.usage || error?.code === EXIT.config;
			resolve(isFault ? lastSaid(stderr) : undefined);
		});
		child.stdin?.end();
	});

const trialsOf = ({ name, delivery, stages }: PipelinePlan, ackOf: (pipeline: string) => string): Trial[] =>
	stages.flatMap((stage, index) =>
		[
			{ part: 'run', command: stage.command },
			{ part: 'fallback', command: stage.fallback ?? [] },
		]
			.filter(({ command }) => command.length > 0 && ownFile(command[0]!))
			.map((one) => {
				const ack: Record<string, string> = delivery === 'at-least-once' ? { BPFPIPE_ACK: ackOf(name) } : {};
				return { ...one, pipeline: name, stage: index, name: one.command[0]!, env: { ...stage.env, ...ack } };
			}),
	);

/** What our stages say of the options that they would be started with; a few milliseconds for each of them. */
export const faultsIn = async (plan: Plan, ackOf: (pipeline: string) => string): Promise<Fault[]> => {
	const trials = plan.pipelines.flatMap((pipeline) => trialsOf(pipeline, ackOf));
	const faults: Fault[] = [];
	for (let from = 0; from < trials.length; from += AT_ONCE) {
		const some = trials.slice(from, from + AT_ONCE);
		const messages = await Promise.all(some.map(tried));
		for (const [at, message] of messages.entries()) {
			const { command: _, env: __, ...where } = some[at]!;
			if (message !== undefined) faults.push({ ...where, message });
		}
	}
	return faults;
};
