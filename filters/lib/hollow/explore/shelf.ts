// shelf: the data sets below a folder, and their states and histories, of which the last few are kept

import { readdirSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { HttpError } from '../../http/http-error.ts';
import type { State } from '../blob/state.ts';
import { ANNOUNCED, announcement, isMissing } from '../folder/announcement.ts';
import { deltaName, parseBlobName, snapshotName } from '../folder/blob-name.ts';
import { contentsOf } from '../folder/contents.ts';
import { loadAlong } from '../folder/loader.ts';
import { routeFromSnapshot } from '../folder/route.ts';
import type { Version } from '../version.ts';
import { type History, historyOf } from '../view/history.ts';

/** A data set: its versions are those that its blobs lead to. */
export type Dataset = { name: string; folder: string };
/** What can be said of it without reading a blob. `why`: why no version is announced. */
export type Overview = { name: string; announced?: Version; why?: string; versions: number; bytes: number };

export type Shelf = {
	list: () => Overview[];
	/** @throws HttpError 404 */
	find: (name: string) => Dataset;
	/** @throws HttpError 413 when its blobs are too many bytes to be read while others wait. */
	history: (dataset: Dataset) => History;
	/** @throws HttpError 413, and Failure when no blobs lead there or one of them is broken. */
	state: (dataset: Dataset, version: Version) => State;
};

const MIB = 1024 * 1024;
// While a blob is read nothing else is answered: 64 MiB take seconds.
const MOST_BYTES = 64 * MIB;
// Two, to compare them, and one more.
const MOST_STATES = 3;
const MOST_HISTORIES = 10;

const tooLarge = (bytes: number, tool: string): HttpError =>
	new HttpError(
		413,
		'too-large',
		`its blobs are ${Math.round(bytes / MIB)} MiB, too many to read here`,
		tool,
	);

/** Add to a map that keeps the newest so many. */
const keep = <Value>(kept: Map<string, Value>, most: number, key: string, value: Value): Value => {
	kept.delete(key);
	kept.set(key, value);
	if (kept.size > most) kept.delete(kept.keys().next().value!);
	return value;
};

const blobsIn = (folder: string): string[] => {
	try {
		return readdirSync(folder).filter((name) => parseBlobName(name) !== undefined);
	} catch (error) {
		if (isMissing(error)) return [];
		throw error;
	}
};
/** Retention may have taken a blob away a moment ago. */
const bytesOf = (folder: string, names: string[]): number =>
	names.reduce((sum, name) => sum + (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0), 0);

const isDataset = (folder: string): boolean =>
	statSync(join(folder, ANNOUNCED), { throwIfNoEntry: false }) !== undefined || blobsIn(folder).length > 0;

const overviewOf = ({ name, folder }: Dataset): Overview => {
	const names = blobsIn(folder);
	const announced = announcement(folder);
	const versions = new Set(names.map((one) => parseBlobName(one)!).map(({ from, to }) => to ?? from));
	return {
		name,
		...(typeof announced === 'string' ? { announced } : { why: announced.why }),
		versions: versions.size,
		bytes: bytesOf(folder, names),
	};
};

/** The data sets in `folder`: it may be one itself, and so may the folders in it. */
export const createShelf = (folder: string): Shelf => {
	const states = new Map<string, State>();
	const histories = new Map<string, { stamp: string; history: History }>();

	const datasets = (): Dataset[] => {
		const inside = readdirSync(folder, { withFileTypes: true })
			.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
			.map(({ name }) => ({ name, folder: join(folder, name) }));
		const self = { name: basename(resolve(folder)), folder };
		return [self, ...inside.sort((a, b) => (a.name < b.name ? -1 : 1))].filter((one) =>
			isDataset(one.folder),
		);
	};
	const find = (name: string): Dataset => {
		const found = datasets().find((one) => one.name === name);
		if (found) return found;
		throw new HttpError(404, 'not-found', `there is no data set ${JSON.stringify(name.slice(0, 100))}`);
	};
	const history = (dataset: Dataset): History => {
		const names = blobsIn(dataset.folder);
		const bytes = bytesOf(dataset.folder, names);
		const announced = announcement(dataset.folder);
		const stamp = JSON.stringify([names, bytes, announced]);
		const kept = histories.get(dataset.folder);
		if (kept?.stamp === stamp) return kept.history;
		if (bytes > MOST_BYTES) throw tooLarge(bytes, `hollow-history ${dataset.folder} shows all of it`);
		return keep(histories, MOST_HISTORIES, dataset.folder, { stamp, history: historyOf(dataset.folder) })
			.history;
	};
	const state = (dataset: Dataset, version: Version): State => {
		const key = `${dataset.folder} ${version}`;
		const kept = states.get(key);
		if (kept) return keep(states, MOST_STATES, key, kept);
		const route = routeFromSnapshot(contentsOf(dataset.folder), version);
		const names = route.map((one, at) => (at === 0 ? snapshotName(one) : deltaName(route[at - 1]!, one)));
		const bytes = bytesOf(dataset.folder, names);
		if (bytes > MOST_BYTES) throw tooLarge(bytes, `hollow-cat ${dataset.folder} --at ${version} prints it`);
		return keep(states, MOST_STATES, key, loadAlong(dataset.folder, route));
	};
	return { list: () => datasets().map(overviewOf), find, history, state };
};
