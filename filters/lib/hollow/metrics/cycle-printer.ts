// cycle-printer: a cycle as its lines on stdout, or as the payload of the REST interface, there or in a file

import type { Output } from '../../output.ts';
import { type Cycle, linesOf } from './cycle.ts';
import { payloadText } from './payload.ts';
import { writePayload } from './payload-file.ts';

export type PrinterOptions = {
	output: Output;
	/** A payload instead of lines. */
	isDry: boolean;
	/** Where the payload of the newest cycle goes. */
	target: string | undefined;
	/** Hears of each cycle, as `cycles`. */
	count: (name: string) => void;
};

/** Prints a cycle as fast as the reader takes it. Rejects with the system's error when the file cannot be replaced. */
export const createCyclePrinter = ({ output, isDry, target, count }: PrinterOptions) => {
	const printPayload = async (cycle: Cycle): Promise<void> => {
		for (const piece of payloadText(cycle)) {
			output.text(piece);
			if (output.blocked()) await output.room();
		}
		output.text('\n');
	};
	return async (cycle: Cycle): Promise<void> => {
		count('cycles');
		if (target !== undefined) writePayload(target, cycle);
		if (isDry) return target === undefined ? printPayload(cycle) : undefined;
		for (const line of linesOf(cycle)) {
			output.line(line);
			if (output.blocked()) await output.room();
		}
	};
};
