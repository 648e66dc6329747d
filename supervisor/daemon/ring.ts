// ring: the last lines that a stage said, kept in memory for `bpfpipe logs`, bounded in number and size

import type { Book, Level, Log } from '../../filters/lib/log.ts';

/** One line of a stage: when (ms since the epoch), who (`pipeline/stage`), and what. */
export type Said = { ts: number; stage: string; level: Level; message: string };

const MOST_LINES = 500;
const MOST_CHARS = 64 * 1024;

export type Ring = {
	add: (said: Said) => void;
	/** Oldest first. */
	lines: () => readonly Said[];
};

/** A ring of at most 500 lines and 64 KiB of text. */
export const createRing = (): Ring => {
	const lines: Said[] = [];
	let chars = 0;
	return {
		add: (said) => {
			lines.push(said);
			chars += said.message.length;
			while (lines.length > MOST_LINES || (chars > MOST_CHARS && lines.length > 1))
				chars -= lines.shift()!.message.length;
		},
		lines: () => lines,
	};
};

/** The log about `stage`; what it is told `hear` is told as well. */
export const heard = (book: Book, stage: string, hear: (said: Said) => void = () => {}): Log => {
	const log = book.about(stage);
	const both =
		(level: Level) =>
		(...[message, fields, like]: Parameters<Log[Level]>) => {
			hear({ ts: Date.now(), stage, level, message });
			log[level](message, fields, like);
		};
	return {
		error: both('error'),
		warn: both('warn'),
		info: both('info'),
		debug: both('debug'),
		settle: log.settle,
	};
};
