// controls: what the control lines in a stream mean for what is read behind them

import type { Emitter } from '../print/emitter.ts';
import type { Print } from '../print/print.ts';
import { parseControl } from '../record.ts';

export type Controls = {
	take: (line: string) => void;
	/** Whether any barrier came. */
	hasBarriers: () => boolean;
};

/** `onMark`: from here on records are marked as sample data, or not any more. */
export const createControls = (emitter: Emitter, print: Print, onMark: () => void): Controls => {
	let hasBarriers = false;
	let isSynthetic = false;

	const mark = (synthetic: boolean) => {
		if (synthetic === isSynthetic) return;
		isSynthetic = synthetic;
		emitter.mark(synthetic);
		onMark();
	};
	return {
		take: (line) => {
			const control = parseControl(line);
			// A barrier keeps its place behind what is held; it does not end a map.
			if (control.kind === 'pos') hasBarriers = true;
			else print.endRun();
			if (control.kind === 'ts') {
				print.timed(control.ms);
				mark(control.synthetic);
			}
			emitter.line(line);
		},
		hasBarriers: () => hasBarriers,
	};
};
