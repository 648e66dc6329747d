// ack: how a sink tells the source, through one small file, what need never be read again

import type { Position } from '../record.ts';
import { readKept } from './kept.ts';
import { replaceFile } from './replace.ts';

/**
 * The ack file of a stage: what its option --ack says, else the environment, where the supervisor puts it. Empty is
 * none, so that `--ack ''` goes without one whatever the environment says.
 */
export const ackFileOf = (option: string | undefined): string | undefined =>
	(option ?? process.env.BPFPIPE_ACK) || undefined;

/** Put `position` into the ack file at `path`, durably. Throws the system's error. */
export const writeAck = (path: string, position: Position): void =>
	replaceFile(path, `${JSON.stringify(position)}\n`, { mode: 0o600 });

/**
 * The position in the ack file at `path`, or undefined when there is none yet.
 * @throws Failure(78) when the file holds something else: starting anywhere would lose or repeat data unasked.
 */
export const readAck = (path: string): Position | undefined =>
	readKept(
		path,
		(text) => {
			const position = JSON.parse(text);
			const isPosition = typeof position === 'object' && position !== null && !Array.isArray(position);
			return isPosition ? (position as Position) : undefined;
		},
		'is not an ack file; remove it to start afresh',
	);
