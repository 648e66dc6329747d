// publisher: the one writer of a folder of blobs: cycles in, versions out, each whole and checked before it is announced
// A crash at any moment leaves the announced version and everything that leads to it as they were.

import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { syncFolder, writeAside } from '../../disk/replace.ts';
import { describe, EXIT, Failure, naming, verdict } from '../../failure.ts';
import type { Log } from '../../log.ts';
import type { Blobs } from '../blob/blobs.ts';
import { checksum } from '../blob/state.ts';
import { schemaHash } from '../blob/type/schema-text.ts';
import { announce, announcedOrNone } from '../folder/announcement.ts';
import { asideOf, unveil } from '../folder/aside.ts';
import { deltaName, headerName, snapshotName } from '../folder/blob-name.ts';
import { expiredIn } from '../folder/retention.ts';
import type { Cycle } from '../metrics/cycle.ts';
import { schemaFor } from '../metrics/schema.ts';
import { isAbove, type Version } from '../version.ts';
import { type Chain, chainFrom, emptyChain, isMetrics, populate, tagsOf } from './chain.ts';
import { checkBlobs } from './check.ts';
import { type Lock, lockFolder } from './lock.ts';
import { type Base, restore } from './restore.ts';

/** Milliseconds that each part of a publication took. */
export type Phases = Record<'populate' | 'write' | 'check' | 'announce', number>;

/** What became of a cycle; sizes in bytes, `delta` and `reverse` absent in the first version of a chain. */
export type Outcome =
	| {
			kind: 'published';
			version: Version;
			snapshot: number;
			delta?: number;
			reverse?: number;
			phases: Phases;
	  }
	/** The records are those of the announced version (undefined: nothing is announced, and the cycle is empty). */
	| { kind: 'unchanged'; version?: Version }
	/** Its version is not above the announced one. */
	| { kind: 'old'; announced: Version };

export type Publisher = {
	/** The version that consumers are told to take. */
	announced(): Version | undefined;
	/**
	 * Publish a whole cycle. After an error nothing of it is left, and the next cycle goes on from what is announced.
	 * @throws ValueError for a value that cannot be stored. Failure: 69 the folder cannot be written, 70 what was written is wrong,
	 * 75 someone else changed the folder, 78 the cycle is of another data set or schema.
	 */
	publish(cycle: Cycle): Promise<Outcome>;
	close(): Promise<void>;
};

export type PublisherOptions = {
	/** Made when only its last part is missing. */
	folder: string;
	/** How many versions stay, 0 = all; a consumer that is behind by fewer can follow by deltas. */
	keep: number;
	log: Log;
	/** Where the announced state cannot be continued, begin a new chain instead of failing. */
	newChain?: boolean;
	/** The oldest version that someone else still needs; it and what is above it stays. */
	needed?: () => Version | undefined;
};

/** The names of the blobs that lead to `version`, in the order in which they appear. */
type Names = { snapshot: string; header: string; delta?: string; reverse?: string };

const namesOf = (version: Version, before: Version | undefined): Names => {
	const whole = { snapshot: snapshotName(version), header: headerName(version) };
	if (before === undefined) return whole;
	return { ...whole, delta: deltaName(before, version), reverse: deltaName(version, before) };
};

type Sizes = { snapshot: number; delta?: number; reverse?: number };
type Delivered = Sizes & { phases: Omit<Phases, 'populate'> };

/** A system error as a Failure that says what was not done; others, among them bugs, as they are. */
const failureFor = (error: unknown, what: string): unknown => {
	const { code, stack } = verdict(error);
	if (stack || error instanceof Failure) return error;
	return new Failure(code, `${what}: ${describe(error)}`);
};

const stopwatch = () => {
	let last = performance.now();
	return (): number => {
		const from = last;
		last = performance.now();
		return Math.round(last - from);
	};
};

class FolderPublisher implements Publisher {
	private readonly options: PublisherOptions;
	private readonly lock: Lock;
	private chain: Chain | undefined;
	private floor: Version;
	private last: Version | undefined;

	constructor(options: PublisherOptions, lock: Lock, base: Base) {
		this.options = options;
		this.lock = lock;
		this.floor = base.floor;
		this.last = base.announced;
		this.chain = chainFrom(base);
		if (this.chain && !isMetrics(this.chain.hash)) this.refuse('no metrics as we write them');
	}

	announced(): Version | undefined {
		return this.last;
	}

	async close(): Promise<void> {
		// What `needed` held back at the last publication may be free by now.
		this.retire();
		this.lock.release();
	}

	/** Leave a chain behind that cannot be continued, or fail. */
	private refuse(what: string): void {
		const { folder, newChain, log } = this.options;
		const text = `${folder} holds ${what}`;
		if (!newChain)
			throw new Failure(
				EXIT.config,
				`${text}; take another folder, or begin a new chain in it with hollow-publish --new-chain`,
			);
		log.warn(`a new chain begins, every consumer loads a snapshot: ${text}`);
		this.chain = undefined;
	}

	/** The chain that a cycle continues. */
	private chainFor({ dataset, wide, version }: Cycle): Chain {
		const { folder } = this.options;
		const own = this.chain?.dataset;
		if (own !== undefined && own !== dataset)
			throw new Failure(
				EXIT.config,
				`${folder} holds the data set ${own}, and cycle ${version} is of ${dataset}: take another folder`,
			);
		if (this.chain && this.chain.hash !== schemaHash(schemaFor(wide)))
			this.refuse(`${wide ? 'Integers' : 'Longs'}, and cycle ${version} has ${wide ? 'Longs' : 'Integers'}`);
		this.chain ??= emptyChain(wide, dataset);
		return this.chain;
	}

	async publish(cycle: Cycle): Promise<Outcome> {
		const { version } = cycle;
		try {
			this.checkFolder();
		} catch (error) {
			throw failureFor(error, `cycle ${version} is not published`);
		}
		if (!isAbove(version, this.floor)) return { kind: 'old', announced: this.floor };
		const chain = this.chainFor(cycle);
		const lap = stopwatch();
		const began = Date.now();
		const { data } = chain;
		populate(data, cycle);
		const sum = checksum(data.state);
		const blobs = data.publish({ tags: tagsOf(cycle, chain, sum, began) });
		if (!blobs) return { kind: 'unchanged', ...(this.last === undefined ? {} : { version: this.last }) };
		const spent = lap();
		const done = this.deliver(version, blobs, chain, sum);
		this.chain = { ...chain, dataset: cycle.dataset, version, counter: chain.counter + 1 };
		this.floor = version;
		this.last = version;
		this.retire();
		return { kind: 'published', version, ...done, phases: { populate: spent, ...done.phases } };
	}

	/** Write, check, name, announce; on an error none of it has been. */
	private deliver(version: Version, blobs: Blobs, chain: Chain, sum: number): Delivered {
		const { folder } = this.options;
		const names = namesOf(version, chain.version);
		const lap = stopwatch();
		try {
			const sizes = writeBlobs(folder, names, blobs);
			const write = lap();
			this.check(names, chain, sum);
			const check = lap();
			for (const name of Object.values(names)) unveil(folder, name);
			syncFolder(folder);
			announce(folder, version);
			this.settle();
			return { ...sizes, phases: { write, check, announce: lap() } };
		} catch (error) {
			this.takeBack(version, names);
			chain.data.rollBack();
			throw failureFor(naming(error, folder), `cycle ${version} is not published`);
		}
	}

	/** Consumers know of the version already, so this cannot fail it any more. */
	private settle(): void {
		const { folder, log } = this.options;
		try {
			syncFolder(folder);
		} catch (error) {
			log.warn(`${folder}: a power cut now could take the announcement back: ${describe(error)}`);
		}
	}

	private check(names: Names, chain: Chain, sum: number): void {
		const { folder } = this.options;
		const read = (name: string) => () => readFileSync(asideOf(folder, name));
		const { delta, reverse } = names;
		checkBlobs(
			{
				snapshot: read(names.snapshot),
				...(delta === undefined ? {} : { delta: read(delta) }),
				...(reverse === undefined ? {} : { reverse: read(reverse) }),
			},
			{ state: chain.data.state, sum },
		);
	}

	/** Remove the blobs of a version that will not be announced; the next start removes what cannot be removed now. */
	private takeBack(version: Version, names: Names): void {
		const { folder } = this.options;
		try {
			for (const name of Object.values(names).reverse()) {
				rmSync(join(folder, name), { force: true });
				rmSync(asideOf(folder, name), { force: true });
			}
		} catch (error) {
			this.options.log.warn(`${folder}: blobs of ${version} cannot be removed: ${describe(error)}`);
		}
	}

	private checkFolder(): void {
		const { folder } = this.options;
		this.lock.check();
		if (this.last === undefined) return;
		const now = announcedOrNone(folder);
		if (now !== this.last)
			throw new Failure(
				EXIT.again,
				`${folder} announces ${now ?? 'nothing'} though we announced ${this.last}: someone else changed it; a restart goes on from there`,
			);
	}

	private retire(): void {
		const { folder, keep, needed, log } = this.options;
		if (keep === 0) return;
		try {
			for (const name of expiredIn(readdirSync(folder), keep, needed?.())) rmSync(join(folder, name));
		} catch (error) {
			log.warn(`${folder}: old versions cannot be removed: ${describe(error)}`);
		}
	}
}

const writeBlobs = (folder: string, names: Names, blobs: Blobs): Sizes => {
	const put = (name: string, bytes: Uint8Array): number => {
		writeAside(asideOf(folder, name), bytes);
		return bytes.length;
	};
	const snapshot = put(names.snapshot, blobs.snapshot());
	put(names.header, blobs.header());
	if (names.delta === undefined || names.reverse === undefined) return { snapshot };
	const delta = put(names.delta, blobs.delta());
	return { snapshot, delta, reverse: put(names.reverse, blobs.reverseDelta()) };
};

/**
 * Become the one writer of a folder, and go on from what it announces.
 * @throws Failure: 65 or 69 the announced state cannot be read, 75 it has a writer, 78 it holds something else.
 */
export const openPublisher = async (options: PublisherOptions): Promise<Publisher> => {
	const { folder, newChain = false, log } = options;
	try {
		mkdirSync(folder);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
	}
	const lock = lockFolder(folder);
	try {
		return new FolderPublisher(options, lock, restore(folder, newChain, log));
	} catch (error) {
		lock.release();
		throw error;
	}
};
