// same-file: whether two paths mean one pipeline file, be it through links or after a deployment has moved a link

import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';

const real = (path: string): string => {
	try {
		return realpathSync(path);
	} catch {
		return resolve(path);
	}
};

/** Whether they are spelled alike, or lead to the same file now. */
export const isSameFile = (one: string, other: string): boolean =>
	resolve(one) === resolve(other) || real(one) === real(other);
