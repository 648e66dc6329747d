// aside: files of a folder that are written under another name, so that nobody sees half of one

import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { about } from '../../failure.ts';

/** The path at which a file is written before it gets its name. The dot keeps it from being taken for a blob. */
export const asideOf = (folder: string, name: string): string => join(folder, `.${name}.tmp`);

/** Write a file aside, down to the disk. */
export const writeAside = (folder: string, name: string, bytes: Uint8Array | string): void => {
	const file = openSync(asideOf(folder, name), 'w');
	try {
		const data = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
		about(asideOf(folder, name), () => {
			for (let at = 0; at < data.length; ) at += writeSync(file, data, at);
			fsyncSync(file);
		});
	} finally {
		closeSync(file);
	}
};

/** Give a file that was written aside its name. */
export const unveil = (folder: string, name: string): void =>
	renameSync(asideOf(folder, name), join(folder, name));

/** Bring the names in a folder down to the disk. */
export const syncFolder = (folder: string): void => {
	const directory = openSync(folder, 'r');
	try {
		about(folder, () => fsyncSync(directory));
	} finally {
		closeSync(directory);
	}
};
