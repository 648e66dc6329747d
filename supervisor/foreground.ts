// foreground: what the supervisor's programs share: a file read with its overrides, a run until TERM, and the way out

import { fstatSync } from 'node:fs';
import { EXIT, Failure, verdict } from '../filters/lib/failure.ts';
import { type Book, type Log, logFor, writeStderr } from '../filters/lib/log.ts';
import { checkOptions } from './commands/check.ts';
import { underInit } from './daemon/init.ts';
import { createOutlet } from './daemon/outlet.ts';
import { up } from './daemon/up.ts';
import { type Checked, loadChecked, type Overrides } from './file/config.ts';
import { refusal } from './machine/limits.ts';
import { places } from './machine/places.ts';
import { SHARE } from './machine/programs.ts';
import type { Plan } from './plan/plan.ts';

/** A pipeline file with what overrides its settings, and with the settings that are built in. */
export const checkedFile = (file: string, given: Pick<Overrides, 'settingsFiles' | 'set'>): Checked => {
	const { state, logs } = places();
	const builtin = { 'bpfpipe.share': SHARE, 'bpfpipe.state': state, 'bpfpipe.logs': logs };
	return loadChecked(file, { builtin, env: process.env, ...given });
};

/** The plan to run: what its stages ask for must be ours to give, and what is doubtful is logged. */
const planToRun = ({ plan, warnings }: Checked, log: Log): Plan => {
	for (const { name, stages } of plan.pipelines) {
		for (const { name: stage, limits } of stages) {
			const refused = refusal(limits ?? {});
			if (refused?.code === EXIT.denied)
				throw new Failure(refused.code, `${name}/${stage}: ${refused.message}`);
		}
	}
	for (const warning of warnings) log.warn(warning);
	return plan;
};

/** How a supervisor is to run and to talk. */
type Manner = {
	level: string | undefined;
	format: string | undefined;
	fallbacks: boolean;
	failFast: boolean;
	selfMetrics: boolean;
};

const upWith = (read: (log: Log) => Checked, log: Book, manner: Manner): Promise<number> =>
	up(planToRun(read(log), log), log, {
		...manner,
		// What runs is not given up for what could not run.
		reread: async () => {
			const checked = read(log);
			await checkOptions(checked);
			return planToRun(checked, log);
		},
	});

/** Run what `read` gives, now and at each reload, until TERM or Ctrl-C; the answer is the exit code. */
export const inForeground = async (
	name: string,
	read: (log: Log) => Checked,
	manner: Manner,
): Promise<number> => {
	const outlet = createOutlet();
	// A journal and a terminal's reader know the time; in a file nobody else notes it.
	const more = { write: outlet.write, times: fstatSync(2).isFile() };
	const log = logFor(name, manner.level, manner.format, more);
	try {
		return await (underInit(log) ?? upWith(read, log, manner));
	} finally {
		log.settle();
		await outlet.close();
	}
};

/** Exit with what a program answers, or with the code of its error, said on stderr. */
export const untilDone = (name: string, main: Promise<number>): void => {
	main.then(
		(code) => {
			process.exitCode = code;
			// Held descriptors and idle sockets are no reason to stay.
			process.stdout.write('', () => process.exit());
		},
		(error) => {
			const { code, message, stack } = verdict(error);
			// What a file says must not move a terminal's cursor.
			for (const line of message.split('\n'))
				writeStderr(`${name}: ${line.replace(/[\x00-\x1f\x7f]/g, '?')}\n`);
			if (stack) writeStderr(`${stack}\n`);
			process.exit(code);
		},
	);
};
