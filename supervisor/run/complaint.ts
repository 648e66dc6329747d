// complaint: what a stage says is wrong, until it says something better
// The supervisor sees no data, so a sink's own words are all it knows of a server that is away.

import type { Level, Log } from '../../filters/lib/log.ts';

/** What it said first and what it says now; since when, and when at last, in milliseconds since the epoch. */
export type Complaint = { first: string; message: string; since: number; last: number };

// What a log adds to a repeat.
const COUNT = / \(and \d+ more like it\)$/;

/** In one line: the cause mostly comes first. */
export const complaintText = ({ first, message }: Complaint): string =>
	first === message ? first : `${first}; now: ${message}`;

export type Complaints = {
	/** A log that is listened to on its way. */
	overhear: (log: Log) => Log;
	/** What it complains of, as long as it does. */
	now: () => Complaint | undefined;
	/** What it said before it ended: its last error, or else its last line where it does not tell the two apart. */
	lastWords: (tellsApart: boolean) => string;
	/** Another process begins. */
	begin: () => void;
};

export const createComplaints = (): Complaints => {
	let complaint: Complaint | undefined;
	let error = '';
	let line = '';
	const hear = (level: Level, said: string) => {
		const message = said.replace(COUNT, '');
		line = message;
		if (level === 'error') error = message;
		if (level === 'info') complaint = undefined;
		if (level !== 'error' && level !== 'warn') return;
		const last = Date.now();
		complaint = { first: complaint?.first ?? message, message, since: complaint?.since ?? last, last };
	};
	return {
		overhear: (log) => {
			const both =
				(level: Level) =>
				(...[message, fields, like]: Parameters<Log[Level]>) => {
					hear(level, message);
					log[level](message, fields, like);
				};
			return {
				error: both('error'),
				warn: both('warn'),
				info: both('info'),
				debug: log.debug,
				settle: log.settle,
			};
		},
		now: () => complaint,
		lastWords: (tellsApart) => error || (tellsApart ? '' : line),
		begin: () => {
			error = line = '';
			complaint = undefined;
		},
	};
};
