// mirror: the versions of a folder, one after the other, into an object store, where other machines read them
// The folder is the queue: while the store is away versions stay there, and none is left out afterwards.

import { statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { EXIT, Failure } from '../../failure.ts';
import { createCatchUp } from '../../flow/catch-up.ts';
import type { Log } from '../../log.ts';
import { announcedOrNone } from '../folder/announcement.ts';
import { snapshotName } from '../folder/blob-name.ts';
import { contentsOf } from '../folder/contents.ts';
import { isAbove, type Version } from '../version.ts';
import { type Addition, createReplica } from './replica.ts';
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

export const createMirror = ({ folder, store, log, onFailure }: MirrorOptions): Mirror => {
	const replica = createReplica(folder, store);
	const stop = new AbortController();
	let waitMs = LEAST_WAIT_MS;

	/** The versions that the store lacks, oldest first; as far as is known. */
	const waiting = (): Version[] => {
		const [announced, there] = [announcedOrNone(folder), replica.announced()];
		const { snapshots } = contentsOf(folder);
		if (announced === undefined) return [];
		const upTo = snapshots.filter((one) => !isAbove(one, announced));
		if (!replica.isKnown()) return upTo;
		if (there === undefined) return upTo.slice(-1);
		return upTo.filter((one) => isAbove(one, there));
	};
	/** What comes next in the store. */
	const nextAddition = (): Addition | undefined => {
		const [version] = waiting();
		const there = replica.announced();
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
	const amount = (versions: Version[]) => `${replica.isKnown() ? '' : 'up to '}${versions.length} versions`;
	const complain = (error: Failure) => {
		const list = waiting();
		const since = list[0] && statSync(join(folder, snapshotName(list[0]))).mtimeMs;
		const age =
			since === undefined || since === '' ? 0 : Math.max(0, Math.round((Date.now() - since) / 1000));
		const text = `${amount(list)} wait for the store, the oldest for ${age} s`;
		log.error(`${error.message}; ${text}; trying again`, {}, 'store');
	};
	/** One version more; false when the store has all. */
	const advance = async (): Promise<boolean> => {
		await replica.contact();
		const addition = nextAddition();
		if (addition) {
			await replica.add(addition);
			log.debug(`announced ${addition.version} in ${store.name}`, {}, `announced ${addition.version}`);
		}
		waitMs = LEAST_WAIT_MS;
		return addition !== undefined;
	};
	const advanceToEnd = async () => {
		while (!stop.signal.aborted) {
			try {
				if (!(await advance())) return;
			} catch (error) {
				if (!(error instanceof Failure) || error.code !== EXIT.unavailable) throw error;
				complain(error);
				await pause(waitMs, undefined, { signal: stop.signal }).catch(() => {});
				waitMs = Math.min(waitMs * 2, MOST_WAIT_MS);
			}
		}
	};
	const work = createCatchUp(advanceToEnd, onFailure);
	return {
		kick: work.start,
		needed: () => (replica.isKnown() ? replica.announced() : '0'),
		finish: async (ms) => {
			work.start();
			const late = pause(ms, undefined, { signal: stop.signal }).catch(() => {});
			await Promise.race([work.over(), late]);
			stop.abort();
			const left = waiting();
			if (left.length > 0)
				log.warn(`${amount(left)} are not in ${store.name} yet; the next run brings them there`);
		},
	};
};
