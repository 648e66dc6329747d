// log-file: a log that takes whole lines, through a full disk, a rotation, or the loss of its name
// Every line goes into exactly one file, and the file changes only between two lines.

import { setTimeout as sleep } from 'node:timers/promises';
import { describe, EXIT, Failure } from '../failure.ts';
import type { Log } from '../log.ts';
import { lastTimeIn, startsWithTime } from '../time-lines.ts';
import { append, closeLog, isGone, isRemoved, lengthOf, openFirst, openLog, syncLog } from './handle.ts';

const NEWLINE = 10;
const RETRY_MS = 1000;
// How long after TERM a full disk is still waited for; a supervisor kills not much later.
const GRACE_MS = 4000;

/** What a log file needs; `sync` = make the file durable before it is let go; `stop` = TERM was received. */
export type Settings = {
	path: string;
	sync: boolean;
	log: Log;
	count: (what: string, by?: number) => void;
	stop: AbortSignal;
};

/** An open log. */
export type LogFile = {
	/** Append whole lines. It takes a promise only when the disk is full. */
	write: (lines: Buffer) => void | Promise<void>;
	/** Lines to come go to the file that the name stands for now; false when that cannot be opened. */
	reopen: (why: string) => boolean;
	/** To be called once a second: makes a removed file again, notices a truncated one. */
	check: () => void;
	/** Make what was written survive a loss of power. */
	flush: () => void;
	/** Bytes in the file now. */
	size: () => number;
	close: () => void;
};

/** Where the line that byte `at` belongs to starts. */
const lineStart = (bytes: Buffer, at: number): number =>
	at === 0 ? 0 : bytes.lastIndexOf(NEWLINE, at - 1) + 1;

/** Open the log at `path`, or throw what the program is to end with. */
export const createLogFile = ({ path, sync, log, count, stop }: Settings): LogFile => {
	let file = openFirst(path);
	let time = '';
	let dirty = false;
	let looksGone = 0;
	let wanted = '';
	let isBarred = false;
	let waiting: AbortController | undefined;

	const change = (why: string): boolean => {
		wanted = '';
		try {
			const next = openLog(path);
			closeLog(file, sync);
			file = next;
			if (isBarred) log.info(`${path} could be opened again; lines go on in it`);
			else log.debug(`${path} opened again ${why}`);
			isBarred = false;
			return true;
		} catch (error) {
			isBarred = true;
			log.warn(`cannot open again: ${describe(error)}; going on with the file that is open`);
			return false;
		}
	};
	const reopen = (why: string): boolean => {
		if (!waiting) return change(why);
		wanted = why;
		waiting.abort();
		return true;
	};

	/** What must stand before these lines: the end of a torn line, or the time that they belong to. */
	const opening = (lines: Buffer): string => {
		if (file.torn) {
			file.torn = false;
			count('torn');
			log.warn(`${path} ended in half a line; it has its newline now`);
			return '\n';
		}
		return file.size === 0 && !startsWithTime(lines) ? time : '';
	};
	const completed = (lines: Buffer): Buffer => {
		const head = opening(lines);
		return head === '' ? lines : Buffer.concat([Buffer.from(head, 'latin1'), lines]);
	};
	const passed = (bytes: Buffer) => {
		time = lastTimeIn(bytes)?.line ?? time;
	};
	const appendAll = (bytes: Buffer, from: number): number => {
		let done = from;
		for (let taken = -1; taken !== 0 && done < bytes.length; done += taken) taken = append(file, bytes, done);
		dirty ||= done > from;
		return done;
	};

	const waitForRoom = async (since: number, left: number): Promise<void> => {
		log.warn(`${path}: no space left on the device; waiting with ${left} bytes`, {}, 'no space');
		if (stop.aborted && performance.now() - since > GRACE_MS) {
			throw new Failure(EXIT.again, `${path}: no space left on the device; ${left} bytes are not written`);
		}
		waiting = new AbortController();
		await sleep(RETRY_MS, undefined, { signal: waiting.signal }).catch(() => {});
		waiting = undefined;
	};
	/** The lines still to write after another file was asked for, or undefined in the midst of a line. */
	const forAnother = (bytes: Buffer, done: number): Buffer | undefined => {
		const start = lineStart(bytes, done);
		// Half a line in a file without a name is read by nobody, and keeps the disk full.
		if (start !== done && !isRemoved(file)) return undefined;
		if (!change(wanted)) return undefined;
		passed(bytes.subarray(0, start));
		return completed(bytes.subarray(start));
	};
	const writeSlowly = async (lines: Buffer, from: number): Promise<void> => {
		const since = performance.now();
		let bytes = lines;
		let done = from;
		count('full');
		while (done < bytes.length) {
			await waitForRoom(since, bytes.length - done);
			if (wanted !== '' && lineStart(bytes, done) !== done) {
				const end = bytes.indexOf(NEWLINE, done) + 1;
				done = appendAll(bytes.subarray(0, end), done);
			}
			const rest = wanted === '' ? undefined : forAnother(bytes, done);
			if (rest) [bytes, done] = [rest, 0];
			if (wanted === '') done = appendAll(bytes, done);
		}
		passed(bytes);
		const seconds = ((performance.now() - since) / 1000).toFixed(1);
		log.info(`${path}: there is space again after ${seconds} s; no line is lost`);
	};
	const write = (lines: Buffer): void | Promise<void> => {
		const bytes = completed(lines);
		const done = appendAll(bytes, 0);
		if (done < bytes.length) return writeSlowly(bytes, done);
		passed(bytes);
	};

	const check = () => {
		looksGone = isGone(path) ? looksGone + 1 : 0;
		file.size = Math.min(file.size, lengthOf(file));
		// A single look may fall between the rename and the create of a logrotate at work.
		if (looksGone < 2) return;
		looksGone = 0;
		log.warn(`${path} was removed; making it again`);
		reopen('because its name was gone');
	};
	const flush = () => {
		if (dirty) syncLog(file);
		dirty = false;
	};
	return { write, reopen, check, flush, size: () => lengthOf(file), close: () => closeLog(file, sync) };
};
