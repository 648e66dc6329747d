// history-text: the versions of a folder as lines, for people and for programs

import { millisOf } from '../version.ts';
import { changeOf, type Entry } from './history.ts';

/** The time in a version, as ISO text; undefined when it is no time. */
export const timeOf = (version: string): string | undefined => {
	const ms = millisOf(version);
	return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
};

/** A version as one line of JSON; versions are strings, what is not known or not there is left out. */
export const entryLine = ({ version, ...entry }: Entry): string => {
	const time = timeOf(version);
	const change = changeOf({ version, ...entry });
	const line = { type: 'hollow_version', version, ...(time && { time }), ...change, ...entry };
	return `${JSON.stringify(line)}\n`;
};

const COLUMNS = ['records', 'added', 'removed', 'snapshot', 'delta', 'reverse'];
const WIDE = { version: 19, time: 26, number: 10 };

const row = (version: string, time: string, cells: (string | number)[], notes: string[]): string => {
	const numbers = cells.map((cell) => String(cell).padStart(WIDE.number)).join('');
	// What is wrong with a blob may quote its bytes.
	const end = notes.length > 0 ? `  ${notes.join(', ').replace(/[\x00-\x1f\x7f-\x9f]/g, '?')}` : '';
	return `${version.padEnd(WIDE.version)}  ${time.padEnd(WIDE.time)}${numbers}${end}\n`;
};

const gapRow = (from: string, to: string): string =>
	`${''.padEnd(WIDE.version)}  no delta from ${from} to ${to}\n`;

const cellsOf = (entry: Entry): (string | number)[] => {
	const { records, snapshot, deltas, back } = entry;
	const change = changeOf(entry);
	const sum = (blobs: { bytes: number }[]) =>
		blobs.length === 0 ? '-' : blobs.reduce((all, { bytes }) => all + bytes, 0);
	return [
		records ?? '-',
		change?.added ?? '-',
		change?.removed ?? '-',
		snapshot?.bytes ?? '-',
		sum(deltas),
		sum(back),
	];
};

/** Sizes in bytes; a dash for what is not there, or not known. */
export function* historyText(entries: Entry[]): Generator<string> {
	yield row('version', 'time', COLUMNS, []);
	for (const entry of entries) {
		const { version, gap, announced, synthetic, problems } = entry;
		if (gap !== undefined) yield gapRow(gap, version);
		const notes = [...(announced ? ['announced'] : []), ...(synthetic ? ['synthetic'] : []), ...problems];
		yield row(version, timeOf(version) ?? '-', cellsOf(entry), notes);
	}
}
