// answer: what the server says of a point, and what that means for it

import { WRITTEN } from './fields.ts';
import { readFields, readInt64 } from './reading.ts';

/**
 * `taken`: the server has it. `stale`: what we know of its measure is not what the server knows. `wait`: the same again when
 * there is room. `odd`: the same again, but not for ever. `refused`: it will never have it.
 */
export type Verdict = 'taken' | 'stale' | 'wait' | 'odd' | 'refused';

const VERDICTS: Record<string, Verdict> = {
	STATUS_SUCCEED: 'taken',
	STATUS_VERSION_DEPRECATED: 'taken',
	STATUS_EXPIRED_SCHEMA: 'stale',
	STATUS_NOT_FOUND: 'stale',
	STATUS_SCHEMA_NOT_APPLIED: 'stale',
	STATUS_DISK_FULL: 'wait',
	STATUS_INVALID_TIMESTAMP: 'refused',
	STATUS_VERSION_UNSUPPORTED: 'refused',
};

/** A status of the server's; one that is not known here is not for ever. */
export const verdictOf = (status: string): Verdict => VERDICTS[status] ?? 'odd';

/** The number of the message that is answered, and the status. @throws WireError */
export const readWritten = (bytes: Uint8Array): { id: number; status: string } => {
	const found = { id: 0, status: '' };
	readFields(bytes, {
		[WRITTEN.id]: (reader) => {
			found.id = Number(readInt64(reader));
		},
		[WRITTEN.status]: (reader) => {
			found.status = reader.string();
		},
	});
	return found;
};
