// table: the histograms of bcc (Python), libbpf-tools (C) and Inspektor Gadget, row by row
// A header names the unit; rows are `low -> high : count |stars|`, or `value : count |stars|` for linear ones.

import { type Range, rangeFrom } from '../print/range.ts';

/** A row as printed; `high` is undefined in linear tables. */
export type TableRow = { low: bigint; high?: bigint; count: bigint };

// A bound of ten digits fills its column, so a row may begin in column 0. A bar that is too long ends in a plus.
const ROW = /^ *(\d{1,20}) +-> (\d{1,20}) *: (-?\d{1,20}) *\|[* ]*\+?\|$/;
const LINEAR = /^ *(\d{1,20}) *: (-?\d{1,20}) *\|[* ]*\+?\|$/;
const ROWISH = /^ *\d+ +-> \d*(?: *(?::.*)?)?$/;
// Between the rows of a table even a number alone, or the end of a bar, is the rest of one.
const ROWISH_INSIDE = /^ *\d+ *$|^ *\d+ +[-:]|^[ \d:>-]*\|?[* ]*\+?\|$/;

const COUNT = ': count ';
// What stands in front of a value type is blanks, four or more, and before them what was printed without a newline.
const GAP = /^.* {4}(?=\S)/s;

/** The value type that a table's header line names, '' for none; undefined when the line is no header. */
export const headerOf = (line: string): string | undefined => {
	// No pattern: two runs of blanks in one take a time that grows with the square of a line of blanks.
	const at = line.lastIndexOf(COUNT);
	const isHeader = at > 0 && line.slice(at + COUNT.length).trim() === 'distribution';
	return isHeader ? line.slice(0, at).trim().replace(GAP, '') : undefined;
};

/** The row that a line is, or undefined. */
export const tableRowOf = (line: string): TableRow | undefined => {
	const match = ROW.exec(line);
	if (match) return { low: BigInt(match[1]!), high: BigInt(match[2]!), count: BigInt(match[3]!) };
	const linear = LINEAR.exec(line);
	return linear ? { low: BigInt(linear[1]!), count: BigInt(linear[2]!) } : undefined;
};

/** Whether a line that is no row was meant to be one. `inside`: a table is open. */
export const looksLikeTableRow = (line: string, inside: boolean): boolean =>
	ROWISH.test(line) || (inside && ROWISH_INSIDE.test(line));

/** Inspektor Gadget prints half-open ranges, `1 -> 2`, `2 -> 4`; the others closed ones, `2 -> 3`, `4 -> 7`. */
const isHalfOpen = ([first, second]: TableRow[]): boolean =>
	first !== undefined && second !== undefined && second.low === first.high;

/** The rows of one table, each found good by `rowFault`, as ranges. */
export const rangesOf = (rows: TableRow[]): Range[] => {
	const last = isHalfOpen(rows) ? 0n : 1n;
	return rows.map(({ low, high }) => rangeFrom(low, high === undefined ? low + 1n : high + last));
};

/** Why `row` cannot come after `rows`, in words; '' when it can. */
export const rowFault = (rows: TableRow[], row: TableRow): string => {
	if (row.high !== undefined && row.high < row.low) return 'a range that ends before it begins';
	const before = rows.at(-1);
	if (!before) return '';
	if ((before.high === undefined) !== (row.high === undefined))
		return 'ranges and single values in one table';
	const end = before.high ?? before.low;
	const touches = before.high !== undefined && row.low === end;
	const halfOpen = rows.length > 1 ? isHalfOpen(rows) : touches;
	if (halfOpen) return touches && row.low !== row.high && before.low !== end ? '' : 'ranges do not join';
	return row.low > end ? '' : 'buckets are not in ascending order';
};
