// ack: how a sink tells the source, through one small file, what need never be read again
// The file is replaced whole (new file, fsync, rename), so a crash leaves the old position or the new one.

import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { about, EXIT, Failure } from './failure.ts';
import type { Position } from './record.ts';

const syncFolder = (folder: string): void => {
	const directory = openSync(folder, 'r');
	try {
		about(folder, () => fsyncSync(directory));
	} finally {
		closeSync(directory);
	}
};

/** Put `position` into the ack file at `path`, durably. Throws the system's error. */
export const writeAck = (path: string, position: Position): void => {
	const aside = `${path}.new`;
	const file = openSync(aside, 'w', 0o600);
	try {
		// Not writeSync, which may write a part where little room is left.
		about(aside, () => {
			writeFileSync(file, `${JSON.stringify(position)}\n`);
			fsyncSync(file);
		});
	} finally {
		closeSync(file);
	}
	renameSync(aside, path);
	syncFolder(dirname(path));
};

/**
 * The position in the ack file at `path`, or undefined when there is none yet.
 * @throws Failure(78) when the file holds something else: starting anywhere would lose or repeat data unasked.
 */
export const readAck = (path: string): Position | undefined => {
	let text: string;
	try {
		text = about(path, () => readFileSync(path, 'utf8'));
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
		throw error;
	}
	try {
		const position = JSON.parse(text);
		if (typeof position === 'object' && position !== null && !Array.isArray(position)) return position;
	} catch {}
	throw new Failure(EXIT.config, `${path} is not an ack file; remove it to start afresh`);
};
