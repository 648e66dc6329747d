// ring: the last lines that a stage said, kept in memory for `bpfpipe logs`, bounded in number and size

import type { Level, Log } from '../filters/lib/log.ts';

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

/** What `log` is told about `stage`, told to `hear` as well. Names in front of the message are left out there. */
export const heard = (log: Log, stage: string, hear: (said: Said) => void): Log => {
	const prefix = `${stage}: `;
	const both =
		(level: Level) =>
		(...[message, fields, like]: Parameters<Log[Level]>) => {
			const bare = message.startsWith(prefix) ? message.slice(prefix.length) : message;
			hear({ ts: Date.now(), stage, level, message: bare });
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
