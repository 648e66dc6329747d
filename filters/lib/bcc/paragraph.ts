// paragraph: lines of text that may turn out to say what the table below them is
// It ends at an empty line, but for the labels of a map's key, which some tools print above one.

import { reachesOver, type Section, sectionOf } from './section.ts';

// A stack of 127 frames with its head; a longer text is no section.
const MOST_LINES = 160;
const MOST_CHARS = 64 * 1024;

/** What stands above a table: what it says, how many lines say so, and how many others there are. */
export type Above = { section: Section; used: number; others: number };

export type Paragraph = {
	isEmpty: () => boolean;
	/** Take a line in; how many lines are given up for it. */
	add: (line: string) => number;
	/** An empty line; how many lines are given up. */
	blank: () => number;
	/** A table's header came. */
	take: () => Above;
	/** Something else came; how many lines are given up. */
	drop: () => number;
};

export const createParagraph = (): Paragraph => {
	let lines: string[] = [];
	let chars = 0;
	// Whether an empty line came behind `lines`.
	let isOver = false;

	const drop = (): number => {
		const given = lines.length;
		lines = [];
		chars = 0;
		isOver = false;
		return given;
	};
	return {
		isEmpty: () => lines.length === 0,
		add: (line) => {
			const isTooLong = lines.length >= MOST_LINES || chars + line.length > MOST_CHARS;
			const given = isOver || isTooLong ? drop() : 0;
			lines.push(line);
			chars += line.length;
			return given;
		},
		blank: () => {
			if (isOver || !reachesOver(lines)) return drop();
			isOver = true;
			return 0;
		},
		take: () => {
			const section = sectionOf(lines);
			const all = drop();
			return { section, used: section.lines, others: all - section.lines };
		},
		drop,
	};
};
