// follow: read a log to its end and beyond, through renames, truncations and restarts
// Each turn reads one piece of one file; at the end of a file it looks whether the log has moved on.

import { basename } from 'node:path';
import { type Move, resume, successor } from './chain.ts';
import { holds } from './copies.ts';
import { beginsWith, type Entry } from './entry.ts';
import { openFirstFile } from './first-file.ts';
import { sameInode } from './identity.ts';
import { listingOf } from './listing.ts';
import {
	isNearStart,
	lastTouched,
	type OpenFile,
	openFile,
	openListed,
	readMore,
	rewound,
	wasRead,
} from './open-file.ts';
import type { LogPosition } from './position.ts';
import {
	createReading,
	type Following,
	nothingYet,
	printTorn,
	type Reading,
	readUpTo,
	statOf,
	takePiece,
	turnTo,
} from './reading.ts';

// How many times the length of a quiet end a log that is never quiet is looked at before `once` ends.
const LONGEST_END = 10;

type Open = Reading & { file: OpenFile };

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

/** Read on in `next`: the same lines go on there, even in the midst of one, or others begin. */
const moveTo = async (reading: Open, next: OpenFile, move: Move): Promise<void> => {
	const { handle } = reading.file;
	if (!move.found) printTorn(reading);
	report(reading, move);
	if (move.found) reading.file = next;
	else turnTo(reading, next);
	if (next.handle !== handle) await handle.close();
};

/** The content of the file is not what was read before: it was truncated. Its copy has the rest, if there is one. */
const afterTruncation = async (reading: Open): Promise<boolean> => {
	const { file, path, log } = reading;
	const place = readUpTo(path, file);
	const sought = { offset: file.offset, wasRead: (entry: Entry) => wasRead(file, entry) };
	const entries = await listingOf(path, sought, (entry) => holds(place, entry));
	const move = resume(place, entries, true);
	// Written anew and then removed, or renamed to what no rotation makes: only we still have it.
	const isOurs = !move.found && !entries.some((entry) => entry.ranked && sameInode(entry, file.id));
	const next = isOurs
		? await rewound(file)
		: move.to && (await openListed(move.to, move.offset, move.copied));
	if (!next) {
		await reading.watch.wait(move.to ? 0 : reading.pace.poll);
		return true;
	}
	const where = move.found ? `in its copy ${next.path}` : `with ${next.path}`;
	log.warn(`${file.path} was truncated; going on ${where}`);
	await moveTo(reading, next, move);
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
const isAbandoned = async (reading: Open, { to }: Move): Promise<boolean> =>
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
		await openFile(reading.path, 0);
	reading.watch.renew();
	await rest(reading);
	return true;
};

/** The name stands for another file, or for none. Goes on to the next file once this one is complete. */
const afterRename = async (reading: Open): Promise<boolean> => {
	const { file, watch, pace } = reading;
	const { id, handle, offset, modified, copied } = file;
	const wasRead = (entry: Entry) => beginsWith(handle, offset, entry);
	const entries = await listingOf(reading.path, { offset, wasRead }, (entry) => sameInode(entry, id));
	const move = successor({ ...id, offset, modified, copied }, entries);
	// While nothing could follow it, nothing has come and gone.
	if (move.listed || !move.to) reading.placedAt = performance.now();
	const placed = performance.now() - reading.placedAt < reading.pace.sure;
	if (!(await isAbandoned(reading, move))) {
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

/**
 * The first bytes of a file, before which nothing stands that would tell it from another content: it may have been
 * filled, copied and truncated since we looked. `place` is where we were before them.
 */
const afterFirst = async (reading: Open, place: LogPosition): Promise<boolean> => {
	const { file, path, left } = reading;
	// A copy of the file before this one (`renamecopy`) is younger than this one, too.
	const isLeft = ({ size, foot }: Entry) => size === left?.offset && foot.equals(left.trail);
	const entries = (await listingOf(path, place)).filter((entry) => !isLeft(entry));
	const move = resume(place, entries);
	const ours = entries.findIndex((entry) => sameInode(entry, file.id));
	if (!move.to || entries.indexOf(move.to) >= ours) return false;
	// Where something was read, only a copy of that is a reason to leave.
	if (place.hashed > 0 && !move.found) return false;
	const next = await openListed(move.to, move.offset, move.copied);
	if (next) await moveTo(reading, next, move);
	return next !== undefined;
};

/** For how long nothing was written, as far as can be told: by our own looks, or by the file's time. */
const silence = async ({ file, cameAt }: Open): Promise<number> =>
	Math.max(performance.now() - cameAt, Date.now() - (await lastTouched(file)));

/** With `once`: whether there may be more in a moment, for a writer may be in the midst of a histogram. */
const isEnding = async (reading: Open): Promise<boolean> => {
	const { barriers, printer, watch, pace, cameAt } = reading;
	reading.endedAt ??= performance.now();
	const isOver = performance.now() - reading.endedAt > LONGEST_END * pace.quiet;
	if (!barriers || !printer.owes() || isOver || (await silence(reading)) >= pace.quiet) return false;
	await watch.wait(Math.max(1, pace.quiet - (performance.now() - cameAt)));
	return true;
};

/** At the end of the file: it is still the log, or the log has moved on. */
const atEnd = async (reading: Open): Promise<boolean> => {
	const { file, path, once } = reading;
	const live = await statOf(path);
	if (!live || !sameInode(live, file.id)) return afterRename(reading);
	reading.placedAt = performance.now();
	reading.renamedAt = undefined;
	if (once) return isEnding(reading);
	await rest(reading);
	return true;
};

/** One piece, or one decision; false when there is nothing more to do. */
const turn = async (reading: Open): Promise<boolean> => {
	const { file, path } = reading;
	const [wasEmpty, before] = [file.id.hashed === 0, Date.now()];
	const place = wasEmpty ? nothingYet(path, reading.emptyAt) : isNearStart(file) && readUpTo(path, file);
	const piece = await readMore(file);
	if (piece === 'changed') return afterTruncation(reading);
	if (piece === 'end') {
		if (wasEmpty) reading.emptyAt = before;
		return atEnd(reading);
	}
	if (place && (await afterFirst(reading, place))) return true;
	takePiece(reading, piece);
	return true;
};

/** With `once`, at the end of the log: what is not whole is left to the next run, where there will be one. */
const finish = async (reading: Open): Promise<void> => {
	const { barriers, lines, printer, log, path, pace } = reading;
	if (!barriers) return printTorn(reading);
	if (lines.pending()) log.warn(`${path} ends in half a line; left to the next run`);
	if ((await silence(reading)) >= pace.quiet) printer.quiet();
	printer.end();
};

/**
 * Follow the log until the signal is aborted, or with `once` to its end.
 * Throws the system's error when a file cannot be read, and a Failure when the log is no file.
 */
export const follow = async (following: Following): Promise<void> => {
	const reading = createReading(following);
	await openFirstFile(reading);
	while (reading.file && !reading.signal.aborted) {
		await reading.output.room();
		if (!(await turn(reading as Open))) break;
	}
	if (!reading.file) return;
	if (reading.once && !reading.signal.aborted) await finish(reading as Open);
	await reading.file.handle.close();
};
