// barriers: the lines in a run that are between a source and a sink (`#!pos`, `#!end`), taken out of it
// In a log they have no meaning: a sink of another pipeline would take them for its own source's.

import { END_LINE, type Position, parseControl } from './record.ts';

const POSITION = '#!pos ';
const END = `${END_LINE}\n`;
const MARK = '#!';
const NEWLINE = 10;

/** A run without its barriers, and their positions in order. */
export type Freed = { lines: Buffer; positions: Position[]; ends: number };

const startsLine = (bytes: Buffer, at: number): boolean => at === 0 || bytes[at - 1] === NEWLINE;

/** A run of whole lines without its barriers. One that holds none costs two native searches. */
export const withoutBarriers = (bytes: Buffer): Freed => {
	const positions: Position[] = [];
	let ends = 0;
	if (!bytes.includes(POSITION) && !bytes.includes(END)) return { lines: bytes, positions, ends };
	const kept: Buffer[] = [];
	let from = 0;
	for (let at = bytes.indexOf(MARK); at >= 0; at = bytes.indexOf(MARK, at + 1)) {
		if (!startsLine(bytes, at)) continue;
		const end = bytes.indexOf(NEWLINE, at) + 1 || bytes.length;
		const line = bytes.toString('utf8', at, end).trimEnd();
		const control = parseControl(line);
		if (control.kind === 'pos') positions.push(control.position);
		else if (line === END_LINE) ends += 1;
		else continue;
		kept.push(bytes.subarray(from, at));
		from = end;
	}
	return { lines: Buffer.concat([...kept, bytes.subarray(from)]), positions, ends };
};
