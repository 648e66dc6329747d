// reread: what a small file says now: it is read again whenever it has changed, and while it cannot be, the last word counts

import { readFileSync, statSync } from 'node:fs';
import { about } from '../failure.ts';

/**
 * What `parse` makes of a file, now and later.
 * @throws, the first time, the system's error when it cannot be read, and whatever `parse` throws.
 */
export const reread = <Content>(path: string, parse: (text: string) => Content): (() => Content) => {
	const stampOf = () => {
		const { mtimeMs, ino, size } = statSync(path);
		return `${mtimeMs} ${ino} ${size}`;
	};
	const read = () => parse(about(path, () => readFileSync(path, 'utf8')));
	let stamp = stampOf();
	let content = read();
	return () => {
		try {
			const now = stampOf();
			if (now !== stamp) [content, stamp] = [read(), now];
		} catch {}
		return content;
	};
};
