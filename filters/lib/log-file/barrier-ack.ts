// barrier-ack: the barriers in what a log takes, acknowledged instead of written: it ends an at-least-once pipeline
// A barrier goes into the ack file once every line before it would survive a loss of power.

import { withoutBarriers } from '../barriers.ts';
import { writeAck } from '../disk/ack.ts';
import type { LogFile } from './log-file.ts';

/** A `write` that acknowledges into `ackFile`. Throws the system's error when that cannot be written. */
export const acknowledgingWrite =
	(file: LogFile, write: LogFile['write'], ackFile: string) =>
	async (bytes: Buffer): Promise<void> => {
		const { lines, positions } = withoutBarriers(bytes);
		const position = positions.at(-1);
		if (lines.length > 0) await write(lines);
		if (position === undefined) return;
		file.flush();
		writeAck(ackFile, position);
	};
