// log: one line per event on stderr, for people, for a journal, or as JSON for a collector
// A message that repeats is printed once and then counted, so a flood of bad input is no flood of log; that a trouble
// is over is printed all the same.

import { fstatSync, writeSync } from 'node:fs';
import { oneOf } from './options.ts';
import { createRepeats } from './repeats.ts';

const LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type Level = (typeof LEVELS)[number];
const FORMATS = ['text', 'json'] as const;
export type Format = (typeof FORMATS)[number];

/** Facts that belong to a message; they are extra keys in JSON, and `key=value` at the end in text. */
export type Fields = Record<string, string | number | boolean>;

/** What a program says. The message is the sentence; `like` groups repeats whose wording differs. */
export type Log = { [level in Level]: Sayer } & {
	/** Print what repeated messages are still only counted; a program calls it before it exits. */
	settle: () => void;
};
/** A log about several things, each of which is well or not for itself; lines `about` one begin with its name. */
export type Book = Log & {
	about: (topic: string) => Log;
	/** From now on lines go to `write` instead, or with none to where they went at first. */
	divert: (write?: (text: string) => void) => void;
};
type Sayer = (message: string, fields?: Fields, like?: string) => void;

// syslog(3) priorities, which systemd-journald reads from a `<N>` before each line.
const PRIORITY: Record<Level, number> = { error: 3, warn: 4, info: 6, debug: 7 };
const WORD: Record<Level, string> = { error: '', warn: 'warning: ', info: '', debug: 'debug: ' };

type Settings = {
	name: string;
	level: Level;
	format: Format;
	priorities: boolean;
	/** Whether each line begins with the time, for where nobody else notes it. */
	times?: boolean;
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

const asText = (settings: Settings, level: Level, message: string, fields: Fields): string => {
	const { name, priorities, times } = settings;
	const facts = Object.entries(fields).map(([key, value]) => ` ${key}=${value}`);
	const line = oneLine(`${name}: ${WORD[level]}${message}${facts.join('')}`);
	const time = times ? `${new Date().toISOString()} ` : '';
	return `${priorities ? `<${PRIORITY[level]}>` : ''}${time}${line}\n`;
};

const asJson = ({ name }: Settings, level: Level, message: string, fields: Fields): string =>
	`${JSON.stringify({ ts: Date.now(), level, stage: name, message, ...fields })}\n`;

/** A log for the program `name`; `write` takes whole lines. */
export const createLog = (settings: Settings): Book => {
	const { level: most, format } = settings;
	let { write } = settings;
	const divert = (to = settings.write) => {
		write = to;
	};
	const limit = LEVELS.indexOf(most);
	const form = format === 'json' ? asJson : asText;
	const { say, settle } = createRepeats(({ level, message, fields }) =>
		write(form(settings, level as Level, bounded(message), fields)),
	);
	const about = (topic: string): Book => {
		const sayer =
			(level: Level) =>
			(message: string, fields: Fields = {}, like = message) => {
				const whole = topic === '' ? message : `${topic}: ${message}`;
				if (LEVELS.indexOf(level) <= limit) say(topic, like, { level, message: whole, fields });
			};
		const [error, warn, info, debug] = LEVELS.map(sayer) as [Sayer, Sayer, Sayer, Sayer];
		return { error, warn, info, debug, settle, divert, about };
	};
	return about('');
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

/** Whether our stderr is the journal, and not only that of whoever we were started by. */
const isJournal = (): boolean => {
	if (!process.env.JOURNAL_STREAM) return false;
	const { dev, ino } = fstatSync(2);
	return process.env.JOURNAL_STREAM === `${dev}:${ino}`;
};

/** Whether whoever reads stderr wants syslog priorities: systemd-journald, or our supervisor. */
const wantsPriorities = (): boolean => process.env.BPFPIPE_LOG_PRIORITY === '1' || isJournal();

/** The log of a program, from its options and, where those are not given, its environment. */
export const logFor = (
	name: string,
	level?: string,
	format?: string,
	{ write = writeStderr, times = false }: Partial<Pick<Settings, 'write' | 'times'>> = {},
): Book =>
	createLog({
		name,
		level: oneOf(level ?? process.env.BPFPIPE_LOG_LEVEL ?? 'info', '--log-level', LEVELS),
		format: oneOf(format ?? process.env.BPFPIPE_LOG_FORMAT ?? 'text', '--log-format', FORMATS),
		priorities: wantsPriorities(),
		write,
		times,
	});
