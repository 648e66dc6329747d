// aside: where a file of a folder is written before it gets its name, so that nobody sees half of one

import { renameSync } from 'node:fs';
import { join } from 'node:path';

/** The path at which a file is written before it gets its name. The dot keeps it from being taken for a blob. */
export const asideOf = (folder: string, name: string): string => join(folder, `.${name}.tmp`);

/** Give a file that was written aside its name. */
export const unveil = (folder: string, name: string): void =>
	renameSync(asideOf(folder, name), join(folder, name));
