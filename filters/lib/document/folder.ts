// folder: a file for each document, named by its time, and how long those are kept

import { closeSync, mkdirSync, openSync, readdirSync, readSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from '../disk/replace.ts';
import { errnoOf } from '../failure.ts';

export type FolderOptions = {
	folder: string;
	/** How many files are kept, of those that have such a name. */
	keep: number | undefined;
	/** How much older than the newest one a file may be, in ms. */
	keepMs: number | undefined;
	/** Hears of each file that was removed. */
	onRemoved: (path: string) => void;
};

const NAME = /^metrics_(\d{4})(\d\d)(\d\d)_(\d\d)(\d\d)(\d\d)(?:_(\d{3}))?\.json$/;

const nameOf = (ts: number): { plain: string; exact: string } => {
	const [date, time, ms] = new Date(ts).toISOString().split(/[T.]/) as [string, string, string];
	const plain = `metrics_${date.replaceAll('-', '')}_${time.replaceAll(':', '')}`;
	return { plain: `${plain}.json`, exact: `${plain}_${ms.slice(0, 3)}.json` };
};

const timeIn = (name: string): number => {
	const [, year, month, day, hour, minute, second, ms = '000'] = NAME.exec(name)!;
	return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`);
};

// The time is the first thing in a document.
const HEAD_BYTES = 200;

/** The time that the document in a file says; '' when there is no file, or another one. */
const timestampIn = (path: string): string => {
	const head = Buffer.alloc(HEAD_BYTES);
	try {
		const file = openSync(path, 'r');
		try {
			const length = readSync(file, head, 0, HEAD_BYTES, 0);
			return /"timestamp": ?"([^"]*)"/.exec(head.toString('utf8', 0, length))?.[1] ?? '';
		} finally {
			closeSync(file);
		}
	} catch (error) {
		if (errnoOf(error) === 'ENOENT') return '';
		throw error;
	}
};

/** Writes documents; a second one of the same second has its milliseconds in its name, and none takes another's place. */
export const createFolder = ({ folder, keep, keepMs, onRemoved }: FolderOptions) => {
	mkdirSync(folder, { recursive: true });

	const remove = () => {
		const names = readdirSync(folder)
			.filter((name) => NAME.test(name))
			.sort((a, b) => timeIn(a) - timeIn(b) || Number(a > b) - Number(a < b));
		const newest = names.length > 0 ? timeIn(names.at(-1)!) : 0;
		for (const [at, name] of names.entries()) {
			const isTooMany = keep !== undefined && at < names.length - keep;
			const isTooOld = keepMs !== undefined && timeIn(name) < newest - keepMs;
			if (!isTooMany && !isTooOld) continue;
			rmSync(join(folder, name), { force: true });
			onRemoved(name);
		}
	};
	return (ts: number, text: string): void => {
		const { plain, exact } = nameOf(ts);
		const there = timestampIn(join(folder, plain));
		const isFree = there === '' || there === new Date(ts).toISOString();
		replaceFile(join(folder, isFree ? plain : exact), text, { mode: 0o644 });
		if (keep !== undefined || keepMs !== undefined) remove();
	};
};
