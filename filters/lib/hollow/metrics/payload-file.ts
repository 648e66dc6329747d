// payload-file: the payload of the newest cycle in a file that is replaced whole, so that a reader never sees half of one

import { replaceFile } from '../../disk/replace.ts';
import type { Cycle } from './cycle.ts';
import { payloadText } from './payload.ts';

function* fileText(cycle: Cycle): Generator<string> {
	yield* payloadText(cycle);
	yield '\n';
}

/** Put the payload of a cycle into the file at `path`. Throws the system's error; then the file is as it was. */
export const writePayload = (path: string, cycle: Cycle): void => replaceFile(path, fileText(cycle));
