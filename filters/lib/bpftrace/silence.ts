// silence: tells the reader when nothing has come for some moments, and when for a while
// Silence while this process was stopped, or held up by a slow reader downstream, is not the source's.

/** No program pauses so long inside a print. */
export const PAUSE_MS = 250;
/** After so long a histogram is whole. */
export const IDLE_MS = 1000;

/** What silence ends; `holds`: whether there is anything to end. */
export type Ended = { pause: () => void; idle: () => void; holds: () => boolean };

/** `blocked`: whether what we write waits. What is returned is called whenever input has come. */
export const createSilence = ({ pause, idle, holds }: Ended, blocked: () => boolean): (() => void) => {
	let pieces = 0;
	let quiet = 0;
	const timer = setTimeout(() => {
		const before = pieces;
		// Input that waits in the pipe is read between a timer and what setImmediate calls.
		setImmediate(() => {
			quiet = pieces === before && !blocked() ? quiet + PAUSE_MS : 0;
			if (quiet >= IDLE_MS) idle();
			else if (quiet > 0) pause();
			if (holds()) timer.refresh();
		});
	}, PAUSE_MS).unref();
	return () => {
		pieces += 1;
		quiet = 0;
		if (holds()) timer.refresh();
	};
};
