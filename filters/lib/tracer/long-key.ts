// long-key: a map whose key spans lines, `@lat[`, its frames, `]:`, put together again
// A stack in a key does that, and so does a string with a newline in it.

import { type MapLine, mapLineOf } from '../bpftrace/text/map-line.ts';
import { bucketRowOf } from '../bpftrace/text/row.ts';
import { isJsonLine } from './json-lines.ts';

// A kernel stack has at most 127 frames, and a key at most a few stacks.
const MOST_LINES = 1000;
const MOST_CHARS = 1024 * 1024;

export type LongKey = {
	isOpen: () => boolean;
	open: (line: string, at: number) => void;
	/** Whether `line` cannot be a part of the key, which then has no end. */
	isBrokenBy: (line: string) => boolean;
	/** Take in a line of the key: the map and its number of lines when it ends here. */
	add: (line: string, at: number) => { map: MapLine; lines: number } | undefined;
	/** The lines so far, each with its number, to be taken one by one after all. */
	giveUp: () => [line: string, at: number][];
};

const cannotBeInKey = (line: string): boolean =>
	line.trim() === '' || /^(?:@|#!)/.test(line) || isJsonLine(line) || bucketRowOf(line) !== undefined;
const mayEndKey = (line: string): boolean => /\](?:: ?$|: )/.test(line);

export const createLongKey = (): LongKey => {
	let lines: [line: string, at: number][] = [];
	let chars = 0;
	const add: LongKey['add'] = (line, at) => {
		lines.push([line, at]);
		chars += line.length;
		const map = mayEndKey(line) ? mapLineOf(lines.map(([text]) => text).join('\n')) : undefined;
		if (!map) return undefined;
		const taken = lines.length;
		lines = [];
		return { map, lines: taken };
	};
	return {
		isOpen: () => lines.length > 0,
		open: (line, at) => {
			lines = [[line, at]];
			chars = line.length;
		},
		isBrokenBy: (line) =>
			cannotBeInKey(line) || lines.length >= MOST_LINES || chars + line.length > MOST_CHARS,
		add,
		giveUp: () => {
			const given = lines;
			lines = [];
			return given;
		},
	};
};
