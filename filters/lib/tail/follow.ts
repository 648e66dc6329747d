// follow: read a log to its end and beyond, through renames, truncations and restarts
// Each turn reads one piece of one file; at the end of a file it looks whether the log has moved on.

import { basename } from 'node:path';
import { begin } from './begin.ts';
import { type Entry, type Move, resume, successor } from './chain.ts';
import { sameInode } from './identity.ts';
import {
	createReading,
	type Following,
	nothingYet,
	printTorn,
	type Reading,
	statOf,
	takePiece,
	turnTo,
} from './reading.ts';
import { rowOf } from './row.ts';
import { lastTouched, openListed, openTailed, readMore, type Tailed } from './tailed.ts';

type Open = Reading & { file: Tailed };

/** Wait for more, and set a barrier when the log has fallen silent on the way. */
const rest = async (reading: Open): Promise<void> => {
	const { printer, lines, watch, cameAt, pace } = reading;
	const silent = performance.now() - cameAt;
	const due = printer.owes() && !lines.pending();
	if (due && silent >= pace.quiet) printer.quiet();
	await watch.wait(due && silent < pace.quiet ? pace.quiet - silent : pace.poll);
};

const report = ({ found }: Reading, { findings }: Move): void => {
	for (const finding of findings) found(finding);
};

const leave = async (reading: Open): Promise<void> => {
	const { file, path, found } = reading;
	printTorn(reading);
	if (file.copied) {
		const detail = `${path} was copied to ${basename(file.path)} and truncated; what was written between the two cannot be known`;
		found({ kind: 'lost_window', detail });
	}
	await file.handle.close();
};

/** The content of the file is not what was read before: it was truncated. Its copy has the rest, if there is one. */
const afterTruncation = async (reading: Open): Promise<boolean> => {
	const { file, path, log } = reading;
	const known = { ...file.id, name: basename(path), offset: file.offset, modified: String(file.modified) };
	const move = resume(known, await rowOf(path));
	const next = move.to && (await openListed(move.to, move.offset, move.copied));
	if (!next) {
		await reading.watch.wait(move.to ? 0 : reading.pace.poll);
		return true;
	}
	log.warn(
		`${file.path} was truncated; going on ${move.found ? `in its copy ${next.path}` : `with ${next.path}`}`,
	);
	if (move.found) {
		// The same lines go on in the copy, even in the midst of one.
		await file.handle.close();
		reading.file = next;
		return true;
	}
	printTorn(reading);
	report(reading, move);
	await file.handle.close();
	turnTo(reading, next);
	return true;
};

/** Whether nothing came for a while to a file that lost its name, by either of two clocks. */
const isQuiet = async (reading: Open): Promise<boolean> => {
	const now = performance.now();
	reading.renamedAt ??= now;
	if (now - Math.max(reading.renamedAt, reading.cameAt) >= reading.pace.rotate) return true;
	return Date.now() - (await lastTouched(reading.file)) >= reading.pace.rotate;
};

/**
 * Whether the writer has left the file for good. A successor that was itself rotated since, with lines in it,
 * says so; the live one is not believed at once, since a second writer may be slower to open it.
 */
const isLeft = async (reading: Open, { to }: Move): Promise<boolean> =>
	reading.file.copied || (to !== undefined && !to.live) || (await isQuiet(reading));

const gap = (reading: Open, to: Entry): void => {
	const detail = `${reading.file.path} is gone from among the files of ${reading.path}, and so may be others; going on with ${to.path}`;
	reading.found({ kind: 'lost_window', detail });
};

/** No file comes after this one yet: wait, or with `once` be done. */
const stay = async (reading: Open, entries: Entry[]): Promise<boolean> => {
	if (reading.once) return false;
	if (entries.some(({ live, unreadable }) => live && unreadable !== ''))
		reading.deniedAt ??= performance.now();
	else reading.deniedAt = undefined;
	// Ends with the reason why it cannot be read; logrotate itself needs a moment to set the owner.
	if (reading.deniedAt !== undefined && performance.now() - reading.deniedAt > reading.pace.sure)
		await openTailed(reading.path, 0);
	reading.watch.renew();
	await rest(reading);
	return true;
};

/** The name stands for another file, or for none. Goes on to the next file once this one is complete. */
const afterRename = async (reading: Open): Promise<boolean> => {
	const { file, watch, pace } = reading;
	const entries = await rowOf(reading.path);
	const move = successor({ ...file.id, modified: file.modified, copied: file.copied }, entries);
	const placed = move.listed || performance.now() - reading.placedAt < reading.pace.sure;
	if (move.listed) reading.placedAt = performance.now();
	if (!(await isLeft(reading, move))) {
		await watch.wait(pace.rotate / 10);
		return true;
	}
	if (!move.to) return stay(reading, entries);
	const next = await openListed(move.to, 0, move.copied);
	// The successor has lines, so its predecessor gets no more: what is there now is all of it.
	const last = await readMore(file);
	if (!next || last !== 'end') {
		if (Buffer.isBuffer(last)) takePiece(reading, last);
		await next?.handle.close();
		return true;
	}
	if (!placed) gap(reading, move.to);
	await leave(reading);
	report(reading, move);
	turnTo(reading, next);
	return true;
};

/** The first bytes of a file that was empty. It may have been filled, copied and truncated since we looked. */
const afterEmpty = async (reading: Open): Promise<boolean> => {
	const { file, path, emptyAt } = reading;
	const entries = await rowOf(path);
	const move = resume(nothingYet(path, emptyAt), entries);
	const ours = entries.findIndex((entry) => sameInode(entry, file.id));
	if (!move.to || entries.indexOf(move.to) >= ours) return false;
	const next = await openListed(move.to, 0, move.copied);
	if (!next) return true;
	report(reading, move);
	await file.handle.close();
	turnTo(reading, next);
	return true;
};

/** At the end of the file: it is still the log, or the log has moved on. */
const atEnd = async (reading: Open): Promise<boolean> => {
	const { file, path, once } = reading;
	const live = await statOf(path);
	if (!live || !sameInode(live, file.id)) return afterRename(reading);
	reading.placedAt = performance.now();
	reading.renamedAt = undefined;
	if (!once) await rest(reading);
	return !once;
};

/** One piece, or one decision; false when there is nothing more to do. */
const turn = async (reading: Open): Promise<boolean> => {
	const { file } = reading;
	const [wasEmpty, before] = [file.id.hashed === 0, Date.now()];
	const piece = await readMore(file);
	if (piece === 'changed') return afterTruncation(reading);
	if (piece === 'end') {
		if (wasEmpty) reading.emptyAt = before;
		return atEnd(reading);
	}
	if (wasEmpty && (await afterEmpty(reading))) return true;
	takePiece(reading, piece);
	return true;
};

/**
 * Follow the log until the signal is aborted, or with `once` to its end.
 * Throws the system's error when a file cannot be read, and a Failure when the log is no file.
 */
export const follow = async (following: Following): Promise<void> => {
	const reading = createReading(following);
	await begin(reading);
	while (reading.file && !reading.signal.aborted) {
		await reading.output.room();
		if (!(await turn(reading as Open))) break;
	}
	if (reading.once && !reading.signal.aborted) {
		printTorn(reading);
		reading.printer.quiet();
	}
	await reading.file?.handle.close();
};
