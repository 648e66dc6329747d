// log: one line per event on stderr, for people, for a journal, or as JSON for a collector
// A message that repeats is printed once and then counted, so a flood of bad input is no flood of log.

import { writeSync } from 'node:fs';
import { oneOf } from './options.ts';

export const LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type Level = (typeof LEVELS)[number];
export const FORMATS = ['text', 'json'] as const;
export type Format = (typeof FORMATS)[number];

/** Facts that belong to a message; they are extra keys in JSON, and `key=value` at the end in text. */
export type Fields = Record<string, string | number | boolean>;

/** What a program says. The message is the sentence; `like` groups repeats whose wording differs. */
export type Log = {
	[level in Level]: (message: string, fields?: Fields, like?: string) => void;
} & {
	/** Print what repeated messages are still only counted; a program calls it before it exits. */
	settle: () => void;
};

// syslog(3) priorities, which systemd-journald reads from a `<N>` before each line.
const PRIORITY: Record<Level, number> = { error: 3, warn: 4, info: 6, debug: 7 };
const WORD: Record<Level, string> = { error: '', warn: 'warning: ', info: '', debug: 'debug: ' };

const REPEAT_WINDOW_MS = 30_000;
// Distinct messages remembered at once; far more than any stage has, and a bound on memory.
const MOST_REMEMBERED = 256;

type Settings = {
	name: string;
	level: Level;
	format: Format;
	priorities: boolean;
	write: (text: string) => void;
};

// Outside text stands in messages, and whoever reads the log has a longest line too.
const LONGEST_MESSAGE = 4000;

const bounded = (message: string): string =>
	message.length > LONGEST_MESSAGE
		? `${message.slice(0, LONGEST_MESSAGE)}... (${message.length} characters in all)`
		: message;

const oneLine = (text: string): string =>
	text.replace(/[\x00-\x1f\x7f]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);

const asText = ({ name, priorities }: Settings, level: Level, message: string, fields: Fields): string => {
	const facts = Object.entries(fields).map(([key, value]) => ` ${key}=${value}`);
	const line = oneLine(`${name}: ${WORD[level]}${message}${facts.join('')}`);
	return `${priorities ? `<${PRIORITY[level]}>` : ''}${line}\n`;
};

const asJson = ({ name }: Settings, level: Level, message: string, fields: Fields): string =>
	`${JSON.stringify({ ts: Date.now(), level, stage: name, message, ...fields })}\n`;

/** A log for the program `name`; `write` takes whole lines. */
export const createLog = (settings: Settings): Log => {
	const { level: most, format, write } = settings;
	const limit = LEVELS.indexOf(most);
	const seen = new Map<string, { level: Level; message: string; more: number; until: number }>();

	const print = (level: Level, message: string, fields: Fields) =>
		write((format === 'json' ? asJson : asText)(settings, level, bounded(message), fields));
	const settleOne = (like: string) => {
		const { level, message, more } = seen.get(like)!;
		seen.delete(like);
		if (more > 0) print(level, `${message} (and ${more} more like it)`, {});
	};
	const settle = () => {
		for (const like of [...seen.keys()]) settleOne(like);
	};

	const say =
		(level: Level) =>
		(message: string, fields: Fields = {}, like = message) => {
			if (LEVELS.indexOf(level) > limit) return;
			const now = performance.now();
			const before = seen.get(like);
			if (before && now < before.until) {
				before.more += 1;
				before.message = message;
				return;
			}
			if (before) settleOne(like);
			if (seen.size >= MOST_REMEMBERED) settle();
			seen.set(like, { level, message, more: 0, until: now + REPEAT_WINDOW_MS });
			print(level, message, fields);
		};
	return { error: say('error'), warn: say('warn'), info: say('info'), debug: say('debug'), settle };
};

/** The start of a line that is not understood, short enough for a log. */
export const excerpt = (line: string): string =>
	JSON.stringify(line.length > 80 ? `${line.slice(0, 80)}...` : line);

/** Text to stderr now, even when the program is about to exit; a full terminal or pipe is waited for. */
export const writeStderr = (text: string): void => {
	try {
		writeSync(2, text);
	} catch (error) {
		// A co-writer made the description non-blocking; the stream waits where writeSync cannot.
		if ((error as NodeJS.ErrnoException).code === 'EAGAIN') process.stderr.write(text);
	}
};

/** Whether whoever reads stderr wants syslog priorities: systemd-journald, or our supervisor. */
const wantsPriorities = (): boolean =>
	'JOURNAL_STREAM' in process.env || process.env.BPFPIPE_LOG_PRIORITY === '1';

/** The log of a program, from its options and, where those are not given, its environment. */
export const logFor = (name: string, level?: string, format?: string): Log =>
	createLog({
		name,
		level: oneOf(level ?? process.env.BPFPIPE_LOG_LEVEL ?? 'info', '--log-level', LEVELS),
		format: oneOf(format ?? process.env.BPFPIPE_LOG_FORMAT ?? 'text', '--log-format', FORMATS),
		priorities: wantsPriorities(),
		write: writeStderr,
	});
