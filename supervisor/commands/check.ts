// check: what `bpfpipe check` does with a file that reads well: our stages try their options, then all is shown

import { EXIT, Failure } from '../../filters/lib/failure.ts';
import { writeStderr } from '../../filters/lib/log.ts';
import type { Checked } from '../file/config.ts';
import { places } from '../machine/places.ts';
import { ackFile } from '../plan/ack.ts';
import { describePlan } from './description.ts';
import { type Fault, faultsIn } from './trial.ts';

/** @throws Failure(78) with what our own stages say is wrong with their options. */
export const checkOptions = async ({ plan, placeOf }: Checked): Promise<void> => {
	const faults = await faultsIn(plan, (pipeline) => ackFile(places().state, plan.whole, pipeline));
	if (faults.length === 0) return;
	const line = ({ pipeline, stage, part, name, message }: Fault) =>
		`${placeOf(pipeline, stage, part)}: ${name}: ${message}`;
	throw new Failure(EXIT.config, faults.map(line).join('\n'));
};

/** Print what would run, and on stderr what is doubtful. */
export const check = async (checked: Checked): Promise<number> => {
	const { plan, warnings, notes } = checked;
	await checkOptions(checked);
	process.stdout.write(describePlan(plan));
	for (const text of warnings) writeStderr(`bpfpipe: warning: ${text}\n`);
	for (const text of notes) writeStderr(`bpfpipe: note: ${text}\n`);
	return EXIT.done;
};
