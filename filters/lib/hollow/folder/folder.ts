// folder: a data set published as files: how they are named, what is announced, and the way to a version
//
//   snapshot-V   delta-FROM-TO   reversedelta-FROM-TO   header-V   announced.version (the digits of V)
//
// Versions are strings of digits and compare as bigints: the usual 17 digits are beyond 2^53.

import {
	closeSync,
	fsyncSync,
	openSync,
	readdirSync,
	readFileSync,
	renameSync,
	statSync,
	utimesSync,
	writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { about, EXIT, Failure, naming } from '../../failure.ts';
import { BlobError } from '../blob/bytes/errors.ts';
import { applyDelta, readSnapshot } from '../blob/read.ts';
import type { State } from '../blob/state.ts';
import { checkNoted } from './tags.ts';

/** A version as its digits. */
export type Version = string;

export const snapshotName = (version: Version): string => `snapshot-${version}`;
export const headerName = (version: Version): string => `header-${version}`;
/** The blob that leads from one version to the next or, when `to` is the lower one, back. */
export const deltaName = (from: Version, to: Version): string =>
	BigInt(from) < BigInt(to) ? `delta-${from}-${to}` : `reversedelta-${from}-${to}`;
export const ANNOUNCED = 'announced.version';

/**
 * The version that a folder announces.
 * @throws Failure when nothing is announced or it is no number.
 */
export const announcedIn = (folder: string): Version => {
	const path = join(folder, ANNOUNCED);
	const text = about(path, () => readFileSync(path, 'utf8')).trim();
	if (/^\d{1,19}$/.test(text)) return text;
	throw new Failure(EXIT.data, `${path}: "${text.slice(0, 40)}" is no version`);
};

/** The path at which a file is written before it gets its name. The dot keeps it from being taken for a blob. */
export const asideOf = (folder: string, name: string): string => join(folder, `.${name}.tmp`);

/** Write a file aside, down to the disk. */
export const writeAside = (folder: string, name: string, bytes: Uint8Array | string): void => {
	const file = openSync(asideOf(folder, name), 'w');
	try {
		const data = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
		about(asideOf(folder, name), () => {
			for (let at = 0; at < data.length; ) at += writeSync(file, data, at);
			fsyncSync(file);
		});
	} finally {
		closeSync(file);
	}
};

/** Give a file that was written aside its name. */
export const unveil = (folder: string, name: string): void =>
	renameSync(asideOf(folder, name), join(folder, name));

/** Write a file whole or not at all. */
export const writeWhole = (folder: string, name: string, bytes: Uint8Array | string): void => {
	writeAside(folder, name, bytes);
	unveil(folder, name);
};

/** Bring the names in a folder down to the disk. */
export const syncFolder = (folder: string): void => {
	const directory = openSync(folder, 'r');
	try {
		about(folder, () => fsyncSync(directory));
	} finally {
		closeSync(directory);
	}
};

/** Tell consumers to go to a version; every blob on the way must be there already. When this throws, nobody was told. */
export const announce = (folder: string, version: Version): void => {
	const before = Math.floor(statSync(join(folder, ANNOUNCED), { throwIfNoEntry: false })?.mtimeMs ?? 0);
	const aside = asideOf(folder, ANNOUNCED);
	writeAside(folder, ANNOUNCED, version);
	// Java's watcher looks into the file only when its time has grown, in milliseconds; clocks are set back.
	const later = (before + 1.5) / 1000;
	if (statSync(aside).mtimeMs < before + 1) utimesSync(aside, later, later);
	unveil(folder, ANNOUNCED);
};

/** What a folder holds, versions ascending. `next` and `back` say where a delta from a version leads. */
export type Contents = { snapshots: Version[]; next: Map<Version, Version>; back: Map<Version, Version> };

const ascending = (a: Version, b: Version): number => (BigInt(a) < BigInt(b) ? -1 : 1);

/** The blobs in a folder; other files are none of our business. */
export const contentsOf = (folder: string): Contents => {
	const contents: Contents = { snapshots: [], next: new Map(), back: new Map() };
	for (const file of readdirSync(folder)) {
		const [, kind, from, to] = /^(snapshot|delta|reversedelta)-(\d{1,19})(?:-(\d{1,19}))?$/.exec(file) ?? [];
		if (kind === 'snapshot' && to === undefined) contents.snapshots.push(from!);
		if (kind === 'delta' && to !== undefined) contents.next.set(from!, to);
		if (kind === 'reversedelta' && to !== undefined) contents.back.set(from!, to);
	}
	contents.snapshots.sort(ascending);
	return contents;
};

/**
 * The versions to pass through, a snapshot first: from `from`, or else from the nearest snapshot at or below `to`.
 * @throws Failure when no blobs lead there, saying where the way ends.
 */
export const wayTo = ({ snapshots, next, back }: Contents, to: Version, from?: Version): Version[] => {
	const start = from ?? snapshots.findLast((one) => BigInt(one) <= BigInt(to));
	if (start === undefined || !snapshots.includes(start))
		throw new Failure(EXIT.unavailable, `no snapshot ${from ? `of ${from}` : `at or below ${to}`}`);
	const way = [start];
	const step = BigInt(start) <= BigInt(to) ? next : back;
	const isBefore = (one: Version) => (step === next ? BigInt(one) < BigInt(to) : BigInt(one) > BigInt(to));
	for (let at = start; isBefore(at); ) {
		const following = step.get(at);
		if (following === undefined || (following !== to && !isBefore(following)))
			throw new Failure(EXIT.unavailable, `no way to ${to}: no ${deltaName(at, to)}, nor one in between`);
		if (isBefore(at) && ascending(at, following) > 0 === (step === next))
			throw new Failure(EXIT.data, `${deltaName(at, following)} leads the wrong way`);
		way.push(following);
		at = following;
	}
	return way;
};

/** The optional parts of a blob, `snapshot_PART-V` beside `snapshot-V`: some of its types, in files of their own. */
export const partsOf = (folder: string, blob: string): Uint8Array[] => {
	const [kind, versions] = [blob.slice(0, blob.indexOf('-')), blob.slice(blob.indexOf('-'))];
	return readdirSync(folder)
		.filter((file) => file.startsWith(`${kind}_`) && file.endsWith(versions))
		.sort()
		.map((file) => readFileSync(join(folder, file)));
};

const named = <T>(folder: string, name: string, read: (bytes: Uint8Array, parts: Uint8Array[]) => T): T => {
	try {
		return read(readFileSync(join(folder, name)), partsOf(folder, name));
	} catch (error) {
		if (error instanceof BlobError) throw new Failure(EXIT.data, `${join(folder, name)}: ${error.message}`);
		throw naming(error, join(folder, name));
	}
};

/**
 * The state at the end of a way.
 * @throws Failure(65) naming the file that is broken, or the version when what was read is not what was written.
 */
export const loadAlong = (folder: string, [start, ...rest]: Version[]): State => {
	const state = named(folder, snapshotName(start!), readSnapshot);
	let at = start!;
	for (const version of rest) {
		named(folder, deltaName(at, version), (bytes, parts) => applyDelta(state, bytes, parts));
		at = version;
	}
	checkNoted(state, at, folder);
	return state;
};
