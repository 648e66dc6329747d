// drafts: the versions of a data set that are announced and not published yet, their bodies in files
//
//   DIR/NAME/.incoming/20251121000000000.3    the body of that version, as it came
//
// None of this outlives the receiver: whoever pushes finds the version unknown and starts over with it.

import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { HttpError } from '../../../http/http-error.ts';
import type { Version } from '../../version.ts';

/** A version that somebody has begun. `body` is the file with its data once those have come whole. */
export type Draft = { version: Version; at: number; body: string | undefined; bytes: number };

export type DraftsOptions = {
	folder: string;
	/** How many versions may be begun at once, and for how many ms nothing may happen to one before it is forgotten. */
	most: number;
	patienceMs: number;
	/** Monotonic milliseconds. */
	now: () => number;
	onExpired: (begun: Draft) => void;
};

export type Drafts = {
	/** Begin a version, or begin it again, which changes nothing. The answer: whether it is new. */
	begin: (version: Version) => boolean;
	get: (version: Version) => Draft | undefined;
	list: () => Draft[];
	/** A path for a body on its way. */
	fresh: (version: Version) => string;
	/** The body at `path` is the one of this version now; one that came before is gone. */
	replace: (begun: Draft, path: string, bytes: number) => void;
	forget: (version: Version) => void;
	/** Forget what nobody has touched for long. */
	expire: () => void;
	/** Bytes of the bodies that are kept. */
	bytes: () => number;
	clear: () => void;
};

export const createDrafts = (options: DraftsOptions): Drafts => {
	const { most, patienceMs, now, onExpired } = options;
	const folder = join(options.folder, '.incoming');
	const begun = new Map<Version, Draft>();
	let files = 0;

	const clear = () => {
		begun.clear();
		rmSync(folder, { recursive: true, force: true });
	};
	const forget = (version: Version) => {
		const body = begun.get(version)?.body;
		begun.delete(version);
		if (body !== undefined) rmSync(body, { force: true });
	};
	const refuse = () => {
		const oldest = Math.min(...[...begun.values()].map(({ at }) => at));
		const wait = Math.max(1, Math.ceil((oldest + patienceMs - now()) / 1000));
		throw new HttpError(
			429,
			'limit',
			`${most} versions are begun and not published`,
			`publish one of them, or wait: a version that nobody goes on with is forgotten after ${patienceMs / 1000} s`,
			{ 'Retry-After': String(wait) },
		);
	};
	clear();
	return {
		begin: (version) => {
			const before = begun.get(version);
			if (before) before.at = now();
			else if (begun.size >= most) refuse();
			else begun.set(version, { version, at: now(), body: undefined, bytes: 0 });
			return before === undefined;
		},
		get: (version) => begun.get(version),
		list: () => [...begun.values()],
		fresh: (version) => {
			mkdirSync(folder, { recursive: true, mode: 0o700 });
			return join(folder, `.${version}.${files++}`);
		},
		replace: (one, path, bytes) => {
			const before = one.body;
			const body = join(folder, `${one.version}.${files++}`);
			renameSync(path, body);
			Object.assign(one, { body, bytes, at: now() });
			if (before !== undefined) rmSync(before, { force: true });
		},
		forget,
		expire: () => {
			for (const one of [...begun.values()].filter(({ at }) => now() - at >= patienceMs)) {
				forget(one.version);
				onExpired(one);
			}
		},
		bytes: () => [...begun.values()].reduce((all, one) => all + one.bytes, 0),
		clear,
	};
};
