// position: what a barrier of bpftrace-tail says, and an ack file holds: a file, and a byte in it
// `{"name":"cpu-lat.log","dev":"2049","ino":"77","born":"17...","hash":"9f...","hashed":256,
//   "offset":1024,"trail":"3c...","trailed":1024,"modified":"17..."}`

import { EXIT, Failure } from '../failure.ts';
import { type Position, parseControl } from '../record.ts';
import type { Identity, Trail } from './identity.ts';

/** A place in a log: everything before byte `offset` of the identified file has been printed. */
export type LogPosition = Identity &
	Trail & {
		/** The log's name without its folder. */
		name: string;
		offset: number;
		/** The last `#!ts` line before `offset`: the time of what follows, and whether it is sample data. */
		time?: string;
		/** When the file was last written to as far as we know, in ns since the epoch; younger files are newer. */
		modified: string;
		/** True in a copy that `copytruncate` made: what came after it may be incomplete. */
		copied?: true;
	};

const isDigits = (value: unknown): boolean => typeof value === 'string' && /^\d{1,30}$/.test(value);
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

const isTimeLine = (value: unknown): boolean =>
	typeof value === 'string' && parseControl(value).kind === 'ts';

const isLogPosition = (position: Position): boolean =>
	[position.dev, position.ino, position.modified].every(isDigits) &&
	[position.hashed, position.offset].every(isCount) &&
	typeof position.hash === 'string' &&
	(position.born === undefined || isDigits(position.born)) &&
	(position.trailed === undefined || (isCount(position.trailed) && typeof position.trail === 'string')) &&
	(position.time === undefined || isTimeLine(position.time));

/**
 * The position that an ack file holds, for the log called `name`.
 * @throws Failure(78) when it is another source's or another log's.
 */
export const logPosition = (position: Position, name: string, ackFile: string): LogPosition => {
	const fault = !isLogPosition(position)
		? 'holds no position of a log'
		: position.name !== name
			? `is about "${position.name}", not about "${name}"`
			: '';
	if (fault === '') return position as LogPosition;
	throw new Failure(EXIT.config, `${ackFile} ${fault}; remove it to start afresh, or name another`);
};
