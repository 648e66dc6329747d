// screen: lines on a terminal, of which only those that changed are written; on leaving all is as it was before
// A frame is one write between the marks of a synchronized update, so that a terminal that knows them never shows a half.

const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J';
const LEAVE = '\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l';
const BEGIN = '\x1b[?2026h';
const END = '\x1b[?2026l';

export type Screen = {
	/** Take over the terminal; again after `leave`. */
	enter: () => void;
	/** Give it back; twice is once. */
	leave: () => void;
	/** Show these lines, each as wide as the screen, and nothing else. */
	draw: (lines: string[]) => void;
	/** Something else may have written: the next frame is written whole. */
	spoil: () => void;
};

/** A screen whose bytes go to `write`, which must not be asynchronous where `leave` is called at the end of a process. */
export const createScreen = (write: (text: string) => void): Screen => {
	let shown: string[] = [];
	let isOurs = false;
	return {
		enter: () => {
			if (isOurs) return;
			isOurs = true;
			shown = [];
			write(ENTER);
		},
		leave: () => {
			if (!isOurs) return;
			isOurs = false;
			write(LEAVE);
		},
		draw: (lines) => {
			if (!isOurs) return;
			const changed = lines.flatMap((line, at) => (line === shown[at] ? [] : [`\x1b[${at + 1};1H${line}`]));
			// Lines of a larger screen before.
			const gone = shown.length > lines.length ? [`\x1b[${lines.length + 1};1H\x1b[J`] : [];
			shown = lines;
			if (changed.length + gone.length > 0) write(BEGIN + changed.join('') + gone.join('') + END);
		},
		spoil: () => {
			shown = [];
		},
	};
};
