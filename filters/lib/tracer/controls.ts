// controls: what the control lines in a stream mean for what is read behind them

import type { Emitter } from '../print/emitter.ts';
import type { Print } from '../print/print.ts';
import { END_LINE, parseControl } from '../record.ts';

export type Controls = {
	take: (line: string) => void;
	/** Whether what is held will be read again when nothing more comes now: barriers came, and no `#!end`. */
	isCut: () => boolean;
};

/** `onMark`: from here on records are marked as sample data, or not any more. */
export const createControls = (emitter: Emitter, print: Print, onMark: () => void): Controls => {
	let isCut = false;
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
			if (control.kind === 'pos') isCut = true;
			else print.endRun();
			if (line === END_LINE) isCut = false;
			if (control.kind === 'ts') {
				print.timed(control.ms);
				mark(control.synthetic);
			}
			emitter.line(line);
		},
		isCut: () => isCut,
	};
};
