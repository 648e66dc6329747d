// row: one bucket row of bpftrace text, `[2, 4)                11 |@@@@    |`, taken apart
// It is split at the first closing bracket: label and count both overflow their columns and then touch.

import { digitsJson, type Range } from '../../print/range.ts';
import { rangeOf } from './label.ts';

/** A bucket: its range, and its count as JSON text, exact however large. */
export type Row = { range: Range; count: string };

const ROW = /^(\[[^\])]*[\])]|\(\.\.\., [^)]*\)) *(\d{1,20}) \|[@ ]*\|$/;
// What only a bucket row starts with, whole or torn. `[12] text` and `[1,2]` are printf's.
const ROWISH = /^(?:\[-?\d+[KMGTPE]?(?:$|,(?: |$)|\] {2,}[-\d])|\(\.\.\.(?:$|,))/;
// Between the rows of a histogram even less than a label is the rest of one.
const ROWISH_INSIDE = /^(?:\[(?!-?\d+\] \S)(?:-?\d|-?$)|\((?:\.|$))|^[ \d]*\|[@ ]*\|$/;
const END_OF_ROW = /^[@ ]*\|$/;
const QUOTE = 34;

/** The count as a double. */
export const countOf = ({ count }: Row): number =>
	Number(count.charCodeAt(0) === QUOTE ? count.slice(1, -1) : count);

/** The bucket that a line is, or undefined. */
export const bucketRowOf = (line: string): Row | undefined => {
	const match = ROW.exec(line);
	const range = match && rangeOf(match[1]!);
	return range ? { range, count: digitsJson(match[2]!) } : undefined;
};

/** Whether a line that is no bucket row was meant to be one: torn or damaged. `inside`: a histogram is open. */
export const looksLikeBucketRow = (line: string, inside: boolean): boolean =>
	ROWISH.test(line) || END_OF_ROW.test(line) || (inside && ROWISH_INSIDE.test(line));
