// follower: the announced version of a folder in memory, moved on by deltas while a writer writes
// Files come by rename and go by retention at any moment; whatever is missing is looked for again.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT, Failure } from '../../failure.ts';
import type { Log } from '../../log.ts';
import { BlobError, StateError, ValueError } from '../blob/bytes/errors.ts';
import { applyDelta, peekHeader } from '../blob/reader.ts';
import type { State } from '../blob/state.ts';
import { schemaText } from '../blob/type/schema-text.ts';
import type { Version } from '../version.ts';
import { ANNOUNCED, announcement, isMissing } from './announcement.ts';
import { deltaName } from './blob-name.ts';
import { contentsOf, partsOf } from './contents.ts';
import { loadAlong } from './loader.ts';
import { routeByDeltas, routeFromSnapshot } from './route.ts';
import { checkTags } from './tags.ts';
import type { Watch } from './watch.ts';

/** What a look into the folder found: nothing new, a version, or why the announced one cannot be had for now. */
export type Look =
	| { kind: 'same' }
	| { kind: 'version'; version: Version; state: State; how: 'deltas' | 'snapshot'; why?: string }
	| { kind: 'waiting'; why: string };

// Retention may remove a file between the listing and its reading; more often than this it is not retention.
const ATTEMPTS = 5;

/** What lies in the folder, so that a blob that is replaced is seen to be another. */
const filesIn = (folder: string): string =>
	readdirSync(folder)
		.filter((file) => file !== ANNOUNCED && !file.startsWith('.'))
		.sort()
		.map((file) => {
			const stat = statSync(join(folder, file), { throwIfNoEntry: false });
			return `${file} ${stat?.ino} ${stat?.size} ${stat?.mtimeMs}`;
		})
		.join('\n');

const isBroken = (error: unknown): error is Failure =>
	error instanceof Failure && (error.code === EXIT.data || error.code === EXIT.unavailable);

/** The type that a delta has in another form than a state, if any: what the state has of it then is not all there is. */
const changedType = ({ tables }: State, delta: Uint8Array): string | undefined =>
	peekHeader(delta).schemas.find((schema) => {
		const table = tables.get(schema.name);
		return !table || schemaText(table.schema) !== schemaText(schema);
	})?.name;

/** A consumer of one folder. What it gave last stays valid until the next look. */
export class Follower {
	private readonly folder: string;
	private at: Version | undefined;
	private state: State | undefined;
	/** The version that was given last, which need not be the one that the state is at. */
	private given: Version | undefined;
	private failed: { version: Version; files: string; why: string } | undefined;

	constructor(folder: string) {
		this.folder = folder;
	}

	/**
	 * What is announced now, if it is another version than the one given last.
	 * @throws the system's error when something may not be read.
	 */
	look(): Look {
		const announced = announcement(this.folder);
		if (typeof announced !== 'string') return { kind: 'waiting', why: announced.why };
		if (announced === this.given) return { kind: 'same' };
		for (let attempt = 1; ; attempt++) {
			try {
				return this.goTo(announced);
			} catch (error) {
				if (!isMissing(error)) throw error;
				if (attempt === ATTEMPTS)
					return { kind: 'waiting', why: `no way to ${announced} for now: files go away` };
			}
		}
	}

	/** What is announced now, from a snapshot: the version given last turned out, as `why` says, not to hold together. */
	reread(why: string): Look {
		this.given = undefined;
		this.state = undefined;
		const look = this.look();
		return look.kind === 'version' ? { ...look, why } : look;
	}

	private goTo(version: Version): Look {
		const { folder } = this;
		// A broken blob stays broken until somebody replaces it.
		if (this.failed?.version === version && this.failed.files === filesIn(folder))
			return { kind: 'waiting', why: this.failed.why };
		const why = this.byDeltas(version);
		if (why === undefined) return this.give(version, 'deltas');
		const files = filesIn(folder);
		try {
			this.state = loadAlong(folder, routeFromSnapshot(contentsOf(folder), version));
		} catch (error) {
			if (!isBroken(error)) throw error;
			this.failed = { version, files, why: error.message };
			return { kind: 'waiting', why: error.message };
		}
		return { ...this.give(version, 'snapshot'), ...(why !== '' && { why }) };
	}

	private give(version: Version, how: 'deltas' | 'snapshot'): Look & { kind: 'version' } {
		this.at = version;
		this.given = version;
		this.failed = undefined;
		return { kind: 'version', version, state: this.state!, how };
	}

	/** Move on by deltas; the answer is why that cannot be, '' when there is nothing to move on from. */
	private byDeltas(version: Version): string | undefined {
		if (this.state === undefined || this.at === undefined) return '';
		const way = routeByDeltas(contentsOf(this.folder), this.at, version);
		if (!way) return `no deltas lead from ${this.at} to ${version}`;
		for (const next of way) {
			const name = join(this.folder, deltaName(this.at, next));
			const bytes = readFileSync(name);
			try {
				const changed = changedType(this.state, bytes);
				if (changed !== undefined) return `${name}: the type ${changed} is another than before`;
				applyDelta(this.state, bytes, partsOf(this.folder, deltaName(this.at, next)));
				if (next === version) checkTags(this.state, next, this.folder);
			} catch (error) {
				if (!(error instanceof BlobError) && !isBroken(error)) throw error;
				this.state = undefined;
				return `${name}: ${error.message}`;
			}
			this.at = next;
		}
		return undefined;
	}
}

type Following = {
	folder: string;
	/** `renew` comes before a look, so that nothing that is announced after it is missed. */
	watch: Pick<Watch, 'renew' | 'wait'>;
	signal: AbortSignal;
	log: Log;
	/** Print a version; the next one is looked for when it is done. Rejects when it does not hold together. */
	show: (version: Version, state: State) => Promise<void>;
	/** A version that cannot be printed, however it was read. */
	refuse: (version: Version, why: string) => void;
};

// What a watch misses, as on network file systems, is seen then.
const LOOK_MS = 1000;

/**
 * Show the announced version, and the one that is announced whenever that is another, until `signal` is aborted.
 * What is announced while one is being shown, and no longer then, is passed over.
 */
export const follow = async ({ folder, watch, signal, log, show, refuse }: Following): Promise<void> => {
	const follower = new Follower(folder);
	let said = '';
	const tryToShow = async (look: Look): Promise<Look> => {
		if (look.kind !== 'version') return look;
		if (look.why) log.warn(`${look.why}; the snapshot is read`, {}, 'snapshot');
		try {
			await show(look.version, look.state);
		} catch (error) {
			if (!(error instanceof StateError || error instanceof ValueError)) throw error;
			if (look.how === 'deltas') return tryToShow(follower.reread(error.message));
			refuse(look.version, error.message);
		}
		return look;
	};
	while (!signal.aborted) {
		watch.renew();
		const look = await tryToShow(follower.look());
		if (look.kind === 'waiting' && look.why !== said) log.warn(`${look.why}; waiting`);
		said = look.kind === 'waiting' ? look.why : '';
		await watch.wait(look.kind === 'version' ? 0 : LOOK_MS);
	}
};
