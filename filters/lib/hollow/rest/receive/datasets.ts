// datasets: the data sets of a receiver: a folder of blobs each, its publisher, and the versions on their way into it

import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, EXIT, Failure, verdict } from '../../../failure.ts';
import { createSerial, type Serial } from '../../../flow/serial.ts';
import { HttpError } from '../../../http/http-error.ts';
import type { Log } from '../../../log.ts';
import { ValueError } from '../../blob/bytes/errors.ts';
import { announcedOrNone } from '../../folder/announcement.ts';
import { contentsOf } from '../../folder/contents.ts';
import { loadAlong } from '../../folder/loader.ts';
import { routeTo } from '../../folder/route.ts';
import type { Cycle } from '../../metrics/cycle.ts';
import { publishedCycle } from '../../metrics/published-cycle.ts';
import { type Outcome, openPublisher, type Publisher } from '../../publish/publisher.ts';
import { ascending, isAbove, type Version } from '../../version.ts';
import { isDataset } from '../names.ts';
import { createDrafts, type Drafts } from './drafts.ts';

/** One data set. Reading needs no lock; the first call that writes takes the folder's. */
export type Dataset = {
	name: string;
	announced: () => Version | undefined;
	/** The versions that can be read, ascending. */
	versions: () => Version[];
	/** What was published as a version that `versions` has. Throws Failure. */
	read: (version: Version) => Cycle;
	/** The versions that are begun; undefined when nobody has written since the start. */
	drafts: () => Drafts | undefined;
	/** Become the writer. Throws HttpError. */
	open: () => Promise<Drafts>;
	publish: (cycle: Cycle) => Promise<Outcome>;
	/** One after the other: whatever decides by what is published and then changes it. */
	serial: Serial;
	close: () => Promise<void>;
};

export type DatasetsOptions = {
	folder: string;
	keep: number;
	log: Log;
	/** See `createDrafts`; `mostBytes` bounds the bodies of all data sets together. */
	mostBegun: number;
	mostBytes: number;
	patienceMs: number;
	mostDatasets: number;
};

/** A Failure of the publisher as an answer: what the client can change, what passes, and what neither can help. */
export const refusalOf = (error: unknown): HttpError => {
	if (error instanceof ValueError) return new HttpError(422, 'payload', error.message);
	const { code, message } = verdict(error);
	if (code === EXIT.data) return new HttpError(422, 'payload', message);
	if (code === EXIT.config) return new HttpError(409, 'conflict', message);
	if ((error as NodeJS.ErrnoException).code === 'ENOSPC')
		return new HttpError(507, 'server', 'no space is left where the receiver writes');
	const passes = code === EXIT.again || code === EXIT.unavailable || code === EXIT.denied;
	if (passes) return new HttpError(503, 'server', message, 'try again later', { 'Retry-After': '5' });
	return new HttpError(500, 'server', 'a bug in the receiver; its log has more');
};

const publishedIn = (folder: string, announced: Version | undefined): Version[] => {
	if (announced === undefined) return [];
	const { snapshots, next } = contentsOf(folder);
	const all = new Set([...snapshots, ...next.values()]);
	return [...all].filter((one) => !isAbove(one, announced)).sort(ascending);
};

const createDataset = (name: string, options: DatasetsOptions): Dataset => {
	const { keep, log, mostBegun, patienceMs } = options;
	const folder = join(options.folder, name);
	const serial = createSerial();
	let publisher: Publisher | undefined;
	let drafts: Drafts | undefined;

	const announced = () => {
		if (publisher) return publisher.announced();
		return announcedOrNone(folder);
	};
	const close = async () => {
		const open = publisher;
		[publisher, drafts] = [undefined, undefined];
		await open?.close();
	};
	const begin = async (): Promise<Drafts> => {
		if (drafts) return drafts;
		try {
			publisher = await openPublisher({ folder, keep, log });
		} catch (error) {
			// Nothing that the client could send would help, so this must not look like its mistake.
			throw new HttpError(503, 'server', describe(error), 'see the log of the receiver', {
				'Retry-After': '5',
			});
		}
		drafts = createDrafts({
			folder,
			most: mostBegun,
			patienceMs,
			now: () => performance.now(),
			onExpired: ({ version }) =>
				log.warn(`${name}: version ${version} was begun and not finished; it is forgotten`, {}, 'expired'),
		});
		return drafts;
	};
	return {
		name,
		announced,
		versions: () => publishedIn(folder, announced()),
		read: (version) => publishedCycle(loadAlong(folder, routeTo(contentsOf(folder), version)), version, name),
		drafts: () => drafts,
		open: () => serial(begin),
		publish: async (cycle) => {
			try {
				return await publisher!.publish(cycle);
			} catch (error) {
				// Someone else has been in the folder: the next call takes it up as it is now.
				if (error instanceof Failure && error.code === EXIT.again) await close();
				throw error;
			}
		},
		serial,
		close: async () => {
			drafts?.clear();
			await close();
		},
	};
};

export type Datasets = {
	/** The data set of that name, if there is one. */
	find: (name: string) => Dataset | undefined;
	/** The data set of that name, made if need be. Throws HttpError. */
	make: (name: string) => Dataset;
	list: () => Dataset[];
	/** Whether so many more bytes may lie around as bodies. */
	hasRoom: (bytes: number) => boolean;
	expire: () => void;
	close: () => Promise<void>;
};

/** All the data sets below a folder. Throws the system's error when the folder cannot be had. */
export const createDatasets = (options: DatasetsOptions): Datasets => {
	const { folder, mostDatasets, mostBytes, log } = options;
	const known = new Map<string, Dataset>();
	const add = (name: string): Dataset => {
		const dataset = createDataset(name, options);
		known.set(name, dataset);
		return dataset;
	};
	mkdirSync(folder, { recursive: true });
	const refresh = () => {
		for (const entry of readdirSync(folder, { withFileTypes: true }))
			if (entry.isDirectory() && isDataset(entry.name) && !known.has(entry.name)) add(entry.name);
	};
	refresh();

	const list = () => {
		refresh();
		return [...known.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
	};
	const find = (name: string) => {
		if (!known.has(name)) refresh();
		return known.get(name);
	};
	const drafts = () => [...known.values()].flatMap((dataset) => dataset.drafts() ?? []);
	return {
		find,
		make: (name) => {
			const found = find(name);
			if (found) return found;
			if (known.size >= mostDatasets)
				throw new HttpError(403, 'limit', `there are ${mostDatasets} data sets; no more are made`);
			return add(name);
		},
		list,
		hasRoom: (bytes) => drafts().reduce((all, one) => all + one.bytes(), bytes) <= mostBytes,
		expire: () => {
			for (const one of drafts()) one.expire();
		},
		close: async () => {
			for (const dataset of known.values())
				await dataset.close().catch((error) => log.warn(`${dataset.name}: ${describe(error)}`));
		},
	};
};
