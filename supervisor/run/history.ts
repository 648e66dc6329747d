// history: how the processes of one stage ended, in words, and what the one that runs complains of

import type { Log } from '../../filters/lib/log.ts';
import type { Ending } from '../process/process.ts';
import { createComplaints } from './complaint.ts';
import { LIMITS } from './policy.ts';
import type { Death, StageReport } from './report.ts';

export type History = {
	/** Another process begins; what it says to the answer goes to `log`, and is listened to. */
	begin: (log: Log) => Log;
	/** We are about to end it ourselves, and this is why. */
	blame: (reason: string) => void;
	/** It ended; `isDeath`: nobody wanted that. `ours`: one of our own programs, which say what is an error. */
	note: (ending: Ending, isDeath: boolean, ours: boolean) => void;
	/** How the last one ended, in words, or ''; and with which code, or 0. */
	last: () => string;
	lastCode: () => number;
	report: (isThere: boolean) => Pick<StageReport, 'last' | 'died' | 'says'>;
};

const inWords = ({ code, signal, why }: Ending): string =>
	why ?? (signal ? `ended by ${signal}` : `exit code ${code}`);

export const createHistory = (): History => {
	const complaints = createComplaints();
	let last = '';
	let lastCode = 0;
	let died: Death | undefined;
	let reason = '';
	const noteDeath = (words: string) => {
		const at = Date.now();
		const lived = died ? at - died.at : 0;
		const times = died && lived < LIMITS.escalationWindow ? died.times + 1 : 1;
		died = { at, why: words ? `${last}, ${words}` : last, times, lived };
	};
	return {
		begin: (log) => {
			complaints.begin();
			reason = '';
			return complaints.overhear(log);
		},
		blame: (why) => {
			reason = why;
		},
		note: (ending, isDeath, ours) => {
			last = reason || inWords(ending);
			lastCode = ending.code;
			if (isDeath) noteDeath(complaints.lastWords(ours));
		},
		last: () => last,
		lastCode: () => lastCode,
		report: (isThere) => ({
			last,
			...(died ? { died } : {}),
			...(isThere && complaints.now() ? { says: complaints.now()! } : {}),
		}),
	};
};
