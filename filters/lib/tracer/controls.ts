// controls: what the control lines in a stream mean for what is read behind them

import type { Emitter } from '../print/emitter.ts';
import type { Print } from '../print/print.ts';
import { END_LINE, parseControl } from '../record.ts';

export type Controls = {
	take: (line: string) => void;
	/** Whether what is held will be read again when nothing more comes now: barriers came, and no `#!end`. */
	isCut: () => boolean;
};

/** `onChange`: what all records say from here on, that they are sample data or since when they count, is another. */
export const createControls = (emitter: Emitter, print: Print, onChange: () => void): Controls => {
	let isCut = false;
	let isSynthetic = false;

	const mark = (synthetic: boolean) => {
		if (synthetic === isSynthetic) return;
		isSynthetic = synthetic;
		emitter.mark(synthetic);
		onChange();
	};
	let start: number | undefined;
	/** Whether the print of now said since when it counts. */
	let isSaid = false;

	// A start stands behind each time, so it is given up where a whole print has none, and not at each time.
	const since = (ms: number | undefined) => {
		if (ms === start) return;
		start = ms;
		emitter.since(ms);
		onChange();
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
				if (!isSaid) since(undefined);
				isSaid = false;
			}
			// What is said to begin after its own time is not believed.
			if (control.kind === 'start' && control.ms <= print.ts()) {
				since(control.ms);
				isSaid = true;
			}
			emitter.line(line);
		},
		isCut: () => isCut,
	};
};
