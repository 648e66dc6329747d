// mirror: the versions of a folder, one after the other, into an object store, where other machines read them
// The folder is the queue: while the store is away versions stay there, and none is left out afterwards.

import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { about, EXIT, Failure } from '../../failure.ts';
import type { Log } from '../../log.ts';
import { BlobError } from '../blob/bytes/errors.ts';
import { ANNOUNCED, announcedOrNone, noVersion } from '../folder/announcement.ts';
import { deltaName, snapshotName } from '../folder/blob-name.ts';
import { contentsOf } from '../folder/contents.ts';
import { isAbove, isVersion, type Version } from '../version.ts';
import { decodeIndex, encodeIndex, INDEX, keyOf } from './layout.ts';
import type { Store } from './store.ts';

export type MirrorOptions = { folder: string; store: Store; log: Log; onFailure: (error: unknown) => void };

export type Mirror = {
	/** There is something new in the folder. */
	kick: () => void;
	/** The oldest version that must stay in the folder; '0' before the store has said what it has. */
	needed: () => Version | undefined;
	/** Bring the rest over within `ms`, and say how many versions still wait. */
	finish: (ms: number) => Promise<void>;
};

const LEAST_WAIT_MS = 500;
const MOST_WAIT_MS = 30_000;

/** What comes next in the store: a version, with the one that its delta starts from unless a new chain begins. */
type Step = { version: Version; from?: Version };

export const createMirror = ({ folder, store, log, onFailure }: MirrorOptions): Mirror => {
	let isKnown = false;
	let there: Version | undefined;
	let index: Version[] = [];
	let waitMs = LEAST_WAIT_MS;
	let work: Promise<void> | undefined;
	let isKicked = false;
	const stop = new AbortController();

	const indexed = (bytes: Buffer | undefined): Version[] => {
		try {
			return bytes ? decodeIndex(bytes) : [];
		} catch (error) {
			if (!(error instanceof BlobError)) throw error;
			throw new Failure(
				EXIT.data,
				`${store.name}/${INDEX}: ${error.message}; remove it to begin a new index`,
			);
		}
	};
	const contact = async () => {
		const text = (await store.get(ANNOUNCED))?.toString();
		if (text !== undefined && !isVersion(text))
			throw new Failure(EXIT.data, noVersion(`${store.name}/${ANNOUNCED}`, text));
		index = indexed(await store.get(INDEX));
		there = text;
		isKnown = true;
	};
	/** The versions that the store lacks, oldest first; as far as is known. */
	const waiting = (): Version[] => {
		const announced = announcedOrNone(folder);
		const { snapshots } = contentsOf(folder);
		if (announced === undefined) return [];
		const upTo = snapshots.filter((one) => !isAbove(one, announced));
		if (!isKnown) return upTo;
		if (there === undefined) return upTo.slice(-1);
		return upTo.filter((one) => isAbove(one, there!));
	};
	const nextStep = (): Step | undefined => {
		const [version] = waiting();
		if (version === undefined) {
			const announced = announcedOrNone(folder);
			if (there !== undefined && announced !== undefined && isAbove(there, announced))
				throw new Failure(
					EXIT.config,
					`${store.name} announces ${there}, and ${folder} only ${announced}: another publisher writes there; take a prefix of its own`,
				);
			return undefined;
		}
		const isNext = there !== undefined && contentsOf(folder).next.get(there) === version;
		if (there !== undefined && !isNext)
			log.warn(`${store.name}: no delta from ${there} to ${version}; consumers load a snapshot`);
		return isNext ? { version, from: there! } : { version };
	};
	const bytes = (name: string) => about(join(folder, name), () => readFileSync(join(folder, name)));
	const upload = async ({ version, from }: Step) => {
		await store.put(keyOf('snapshot', version), bytes(snapshotName(version)), { to_state: version });
		const next = [...index, version];
		await store.put(INDEX, encodeIndex(next));
		index = next;
		if (from !== undefined) {
			const on = bytes(deltaName(from, version));
			await store.put(keyOf('delta', from), on, { from_state: from, to_state: version });
			const back = bytes(deltaName(version, from));
			await store.put(keyOf('reversedelta', version), back, { from_state: version, to_state: from });
		}
		await store.put(ANNOUNCED, Buffer.from(version));
		there = version;
		log.debug(`announced ${version} in ${store.name}`, {}, `announced ${version}`);
	};
	const complain = (error: Failure) => {
		const list = waiting();
		const since = list[0] && statSync(join(folder, snapshotName(list[0]))).mtimeMs;
		const age =
			since === undefined || since === '' ? 0 : Math.max(0, Math.round((Date.now() - since) / 1000));
		const text = `${isKnown ? '' : 'up to '}${list.length} versions wait for the store, the oldest for ${age} s`;
		log.error(`${error.message}; ${text}; trying again`, {}, 'store');
	};
	const step = async (): Promise<boolean> => {
		if (!isKnown) await contact();
		const next = nextStep();
		if (next) await upload(next);
		waitMs = LEAST_WAIT_MS;
		return next !== undefined;
	};
	const run = async () => {
		while (!stop.signal.aborted) {
			try {
				if (!(await step())) return;
			} catch (error) {
				if (!(error instanceof Failure) || error.code !== EXIT.unavailable) throw error;
				complain(error);
				await pause(waitMs, undefined, { signal: stop.signal }).catch(() => {});
				waitMs = Math.min(waitMs * 2, MOST_WAIT_MS);
			}
		}
	};
	const kick = () => {
		if (work) {
			isKicked = true;
			return;
		}
		isKicked = false;
		work = run().then(
			() => {
				work = undefined;
				// It may have come after the last look into the folder.
				if (isKicked && !stop.signal.aborted) kick();
			},
			(error) => {
				work = undefined;
				onFailure(error);
			},
		);
	};
	return {
		kick,
		needed: () => (isKnown ? there : '0'),
		finish: async (ms) => {
			let isLate = false;
			const late = pause(ms, undefined, { signal: stop.signal }).then(
				() => {
					isLate = true;
				},
				() => {},
			);
			kick();
			while (work && !isLate) await Promise.race([work, late]);
			stop.abort();
			const left = waiting().length;
			if (left === 0) return;
			const most = isKnown ? '' : 'up to ';
			log.warn(`${most}${left} versions are not in ${store.name} yet; the next run brings them there`);
		},
	};
};
