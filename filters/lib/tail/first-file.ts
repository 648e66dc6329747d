// first-file: the file, and the place in it, where a run of bpftrace-tail starts to read
// At the acknowledged position when there is one, else at the end of the log, at its start, or where a moment begins.

import { errnoOf } from '../failure.ts';
import { resume } from './chain.ts';
import { holds, isCopy } from './copies.ts';
import { listingOf } from './listing.ts';
import { lastLineStart, type OpenFile, openFile, openListed, placeAt } from './open-file.ts';
import type { LogPosition } from './position.ts';
import { type Reading, turnTo } from './reading.ts';
import { beginningOf, type Since } from './since.ts';

/** The live file, waited for; `late` when it was not there at first, so that all of it is new. */
const openLive = async (reading: Reading): Promise<{ file: OpenFile; late: boolean } | undefined> => {
	const { path, optional, once, log, signal, watch, printer, pace } = reading;
	for (let late = false; !signal.aborted; late = true) {
		try {
			return { file: await openFile(path, 0), late };
		} catch (error) {
			if (once || !['ENOENT', 'ENOTDIR'].includes(errnoOf(error))) throw error;
		}
		if (!late) {
			if (!optional) log.info(`${path} does not exist yet; waiting for it`);
			if (!reading.from) printer.quiet(true);
		}
		await watch.wait(pace.poll);
	}
	return undefined;
};

const beginLive = async (reading: Reading, fromStart: boolean, time?: string): Promise<void> => {
	const live = await openLive(reading);
	if (!live) return;
	const { file, late } = live;
	if (!fromStart && !late) await placeAt(file, await lastLineStart(file));
	turnTo(reading, file, time);
	// Acknowledged at once, so that a crash before the first line does not begin at a later end.
	if (!reading.from && !late) reading.printer.quiet(true);
};

const beginFrom = async (reading: Reading, from: LogPosition): Promise<void> => {
	while (!reading.signal.aborted) {
		const move = resume(from, await listingOf(reading.path, from, (entry) => holds(from, entry)));
		const file = move.to && (await openListed(move.to, move.offset, move.copied));
		// Renamed between listing and opening: look again.
		if (move.to && !file) continue;
		for (const finding of move.findings) reading.found(finding);
		return file ? turnTo(reading, file, from.time) : beginLive(reading, true, from.time);
	}
};

const beginSince = async (reading: Reading, since: Since): Promise<void> => {
	const { path, signal, log, found, printer } = reading;
	while (!signal.aborted) {
		const entries = await listingOf(path, { offset: 0 });
		const { entry, offset, hasTimes, findings } = await beginningOf(entries, since);
		const live = entries.find((one) => one.live && one.unreadable === '');
		const first = entry ?? live;
		const file = first && (await openListed(first, 0, isCopy(first, entries)));
		// Renamed between listing and opening: look again.
		if (first && !file) continue;
		for (const finding of findings) found(finding);
		// All that a log holds which is not there yet is young.
		if (!file) return beginLive(reading, true);
		if (!entry && live!.size > 0 && !hasTimes) log.warn(`${path} says no times; beginning at its end`);
		// What was written since it was searched is young, too.
		await placeAt(file, entry ? offset : await lastLineStart(file, live!.size));
		turnTo(reading, file);
		// A crash before the first acknowledgement would begin at a later moment.
		return printer.quiet(true);
	}
};

/** Open the first file of the run; none is open only when the signal was aborted before there was one. */
export const openFirstFile = (reading: Reading): Promise<void> => {
	const { from, since, fromStart, once } = reading;
	if (from) return beginFrom(reading, from);
	return since ? beginSince(reading, since) : beginLive(reading, fromStart || once);
};
