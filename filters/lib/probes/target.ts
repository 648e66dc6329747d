// target: the running program that is measured, and the files that it has mapped: from /proc

import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { basename } from 'node:path';

/** A process at one time: `life` is another when its number has been given to another process, or it runs another file. */
export type Target = { pid: number; life: string };

const GONE = new Set(['ENOENT', 'ESRCH', 'EACCES', 'EPERM']);

const attempt = <Result>(act: () => Result): Result | undefined => {
	try {
		return act();
	} catch (error) {
		if (GONE.has((error as NodeJS.ErrnoException).code ?? '')) return undefined;
		throw error;
	}
};

/** The file of a process, without what the kernel puts behind a name that has been taken away. */
const fileOf = (pid: number): string | undefined =>
	attempt(() => readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, ''));

// The fields behind the name, which may hold blanks and brackets: the state is the first, the start the twentieth.
const startOf = (pid: number): string | undefined =>
	attempt(() => {
		const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
			.replace(/^.*\) /s, '')
			.split(' ');
		return fields[0] === 'Z' ? undefined : fields[19];
	});

/** The process with that number, if there is one, and it has not ended. */
export const targetOf = (pid: number): Target | undefined => {
	const start = startOf(pid);
	const file = attempt(() => statSync(`/proc/${pid}/exe`, { bigint: true }));
	return start === undefined ? undefined : { pid, life: `${start} ${file?.dev}:${file?.ino}` };
};

const isOf = (pid: number, program: string): boolean => {
	const file = fileOf(pid);
	if (file !== undefined) return basename(file) === program;
	return attempt(() => readFileSync(`/proc/${pid}/comm`, 'utf8').trim()) === program.slice(0, 15);
};

/** All processes that run the file called `program`. */
export const targetsOf = (program: string): Target[] =>
	readdirSync('/proc')
		.filter((name) => /^\d+$/.test(name))
		.map(Number)
		.filter((pid) => isOf(pid, program))
		.flatMap((pid) => targetOf(pid) ?? []);

/**
 * The files from which a process runs code, by what they are called without `.so` and what follows it. A file that has been
 * replaced since is still the one that is measured: it is had through `map_files`.
 */
export const objectsIn = (pid: number): Map<string, string> => {
	const found = new Map<string, string>();
	const maps = attempt(() => readFileSync(`/proc/${pid}/maps`, 'utf8')) ?? '';
	for (const line of maps.split('\n')) {
		const match = /^([0-9a-f]+-[0-9a-f]+) ..x. \S+ \S+ \d+ +(\/.*?)( \(deleted\))?$/.exec(line);
		if (!match) continue;
		const [, range, path, deleted] = match;
		const name = basename(path!).replace(/\.so(?:\.[\d.]+)?$/, '');
		const own = deleted ? `/proc/${pid}/map_files/${range}` : `/proc/${pid}/root${path}`;
		if (!found.has(name)) found.set(name, own);
	}
	return found;
};
