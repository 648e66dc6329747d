// acked: a log at the end of an at-least-once pipeline: barriers are acknowledged, not written
// A barrier goes into the ack file once every line before it would survive a loss of power.

import { writeAck } from '../ack.ts';
import { type Position, parseControl } from '../record.ts';
import type { LogFile } from './log-file.ts';

const MARK = '#!pos ';
const NEWLINE = 10;

/** A run of whole lines without its barriers, and the position of the last one. */
export const withoutBarriers = (bytes: Buffer): { lines: Buffer; position?: Position } => {
	const kept: Buffer[] = [];
	let position: Position | undefined;
	let from = 0;
	for (let at = bytes.indexOf(MARK); at >= 0; at = bytes.indexOf(MARK, at + 1)) {
		if (at > 0 && bytes[at - 1] !== NEWLINE) continue;
		const end = bytes.indexOf(NEWLINE, at) + 1 || bytes.length;
		const control = parseControl(bytes.toString('utf8', at, end).trimEnd());
		if (control.kind !== 'pos') continue;
		position = control.position;
		kept.push(bytes.subarray(from, at));
		from = end;
	}
	if (position === undefined) return { lines: bytes };
	return { lines: Buffer.concat([...kept, bytes.subarray(from)]), position };
};

/** A `write` that acknowledges into `ackFile`. Throws the system's error when that cannot be written. */
export const ackedWrite =
	(file: LogFile, write: LogFile['write'], ackFile: string) =>
	async (bytes: Buffer): Promise<void> => {
		const { lines, position } = withoutBarriers(bytes);
		if (lines.length > 0) await write(lines);
		if (position === undefined) return;
		file.flush();
		writeAck(ackFile, position);
	};
