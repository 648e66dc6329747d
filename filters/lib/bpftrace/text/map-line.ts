// map-line: a line that prints a map, `@name[key]:` or `@name[key]: 7`, taken apart
// Keys are not quoted: the last `]` in front of the colon ends them. A map may begin in the middle of a line,
// behind text that printf left without a newline, but then only a whole production counts.

import type { Stats } from '../../print/emitter.ts';
import type { Address } from '../../print/naming.ts';
import { metricValueOf } from './value.ts';

/** A map's name without `@` ('' for the bare one), its key's text ('' for none), and how it was printed. */
export type Head = Address & { behindText: boolean; blankAfter: boolean };

/** `header`: rows follow. `scalar`: a number or stats. `other`: a value that is no metric. */
export type MapLine =
	| { kind: 'header'; head: Head }
	| { kind: 'scalar'; head: Head; value: bigint | Stats }
	| { kind: 'other' };

const NAME = /@([A-Za-z_]\w*)?/y;
const START = /@(?:[A-Za-z_]\w*)?(?=\[|:)/g;
const WORD_BEFORE = /[\w\]]/;

/** The map in `line` that begins at `at` and whose name and key end right before `end`. */
const headAt = (line: string, at: number, end: number, blankAfter: boolean): Head | undefined => {
	NAME.lastIndex = at;
	const name = NAME.exec(line);
	if (!name) return undefined;
	const after = NAME.lastIndex;
	const map = name[1] ?? '';
	const rest = { dialect: 'text' as const, behindText: at > 0, blankAfter };
	if (after === end) return { map, key: '', keyed: false, ...rest };
	if (line[after] !== '[' || line[end - 1] !== ']' || end - after < 2) return undefined;
	return { map, key: line.slice(after + 1, end - 1), keyed: true, ...rest };
};

// Whether `@name: ` or `@name[key]: ` opens the line: then it is that map's, whatever its text holds.
const OPENS = /^@(?:[A-Za-z_]\w*)?(?:: |\[.*\]: )/s;

/** The leftmost map whose name and key end right before `end`; in a word, as in an address, there is none. */
const headBefore = (line: string, end: number, blankAfter: boolean): Head | undefined => {
	const head = line[0] === '@' ? headAt(line, 0, end, blankAfter) : undefined;
	if (head || OPENS.test(line)) return head;
	for (const { index } of line.matchAll(START)) {
		if (index === 0 || WORD_BEFORE.test(line[index - 1]!)) continue;
		const behind = headAt(line, index, end, blankAfter);
		if (behind) return behind;
	}
	return undefined;
};

/** The map that a line prints, or undefined when it prints none. */
export const mapLineOf = (line: string): MapLine | undefined => {
	const blankAfter = line.endsWith(': ');
	if (blankAfter || line.endsWith(':')) {
		const head = headBefore(line, line.length - (blankAfter ? 2 : 1), blankAfter);
		if (head) return { kind: 'header', head };
	}
	const colon = line.lastIndexOf(': ');
	const value = colon < 0 ? undefined : metricValueOf(line.slice(colon + 2));
	const head = value === undefined ? undefined : headBefore(line, colon, false);
	if (head) return { kind: 'scalar', head, value: value! };
	return OPENS.test(line) ? { kind: 'other' } : undefined;
};

const OPEN_KEY = /^@(?:[A-Za-z_]\w*)?\[/;
const LIKE_A_MAP = /^@(?:[A-Za-z_]\w*)?(?:\[|:)/;

/** Whether a line that is no whole map may be the start of one whose key spans lines: a stack, or a newline. */
export const opensKey = (line: string): boolean => OPEN_KEY.test(line);

/** Whether a line that is no map was meant to be one. */
export const looksLikeMap = (line: string): boolean => LIKE_A_MAP.test(line);
