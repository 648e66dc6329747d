// section: the lines right above a bcc table that say which of several it is
// `disk = sda`, `pid = 12 bash`, `cpu = 3 hardirq = eth0`, or a title `Packet Processing Time:`.

import { toolSection } from './tool-lines.ts';

/** What the lines above a table say: a metric from a title, attributes from labels; how many of them, from the last up. */
export type Section = { title?: string; attributes: Record<string, string>; lines: number };

const LABEL = /^([A-Za-z][\w ]*?):? = (.*)$/;
const CPU_AND_MORE = /^(cpu = \d+) (\w+ = .*)$/;
const TITLE = /^([A-Za-z][\w ()/.-]*):$/;
// libbpf-tools put a figure that changes from print to print into the label of the series.
const AVERAGE = / \[AVG -?\d+\]$/;

/** `Packet Processing Time` as `packet_processing_time`. */
export const snakeCase = (text: string): string => text.trim().toLowerCase().replace(/\W+/g, '_');

// Bytes as Python prints them, also behind a pid: `pid = 12 b'bash'`.
const BYTES = /(?<=^|\s)b(?:'([^']*)'|"([^"]*)")(?=$|\s)/g;
const QUOTED = /^(?:'(.*)'|"(.*)")$/;

/** A label as an attribute: without the quotes that Python puts around its text. */
export const labelOf = (name: string, text: string): [name: string, value: string] => {
	const value = text.trim().replace(AVERAGE, '').replaceAll(BYTES, '$1$2');
	return [snakeCase(name), QUOTED.exec(value)?.slice(1).join('') ?? value];
};

// `avg = 3 usecs, total: 45 usecs, count: 15` stands below a table, and changes from print to print.
const SUMMARY = /^avg = -?\d+ .*, total: /;

const labelsOf = (line: string): [name: string, value: string][] => {
	if (SUMMARY.test(line)) return [];
	const pieces = line.split('\t').flatMap((piece) => CPU_AND_MORE.exec(piece)?.slice(1) ?? piece);
	return pieces.flatMap((piece) => {
		const match = LABEL.exec(piece.trim());
		return match ? [labelOf(match[1]!, match[2]!)] : [];
	});
};

/** Whether a line is a title or has labels; only a table's header below it makes it so. */
const mayBeSection = (line: string): boolean => TITLE.test(line) || labelsOf(line).length > 0;

/** What titles and labels right above a table say together. */
const labelled = (lines: string[]): Section => {
	const from = lines.findLastIndex((line) => !mayBeSection(line)) + 1;
	const right = lines.slice(from);
	const title = right.map((line) => TITLE.exec(line)?.[1]).findLast((found) => found !== undefined);
	return {
		...(title !== undefined && { title: snakeCase(title) }),
		attributes: Object.fromEntries(right.flatMap(labelsOf)),
		lines: right.length,
	};
};

/** What the lines above a table say. */
export const sectionOf = (lines: string[]): Section => toolSection(lines) ?? labelled(lines);

/** Whether lines above an empty line speak of the table below it: `key = 7`, as ecli prints the key of a map. */
export const reachesOver = (lines: string[]): boolean =>
	/^key = /.test(lines[0] ?? '') && lines.every((line) => labelsOf(line).length > 0);
