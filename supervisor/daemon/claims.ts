// claims: the names that one supervisor alone may use: its own, and those of the pipelines that it runs
// Behind each is a lock that the kernel holds, so whoever is stopped or slow keeps what is theirs.

import { accessSync, chownSync, constants, existsSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { holderOf, type Lock, lockFile, signatureIn } from '../../filters/lib/disk/lock.ts';
import { describe, EXIT, Failure, verdict } from '../../filters/lib/failure.ts';
import { type Places, runFolders } from '../machine/places.ts';
import { ackFile, ackLock, identityOf } from '../plan/ack.ts';
import type { PipelinePlan, Plan } from '../plan/plan.ts';

/** What a supervisor has claimed. */
export type Claims = {
	/**
	 * Claim these pipelines as well, all or none.
	 * @throws Failure(69) when another supervisor runs one of them.
	 */
	add: (pipelines: PipelinePlan[]) => void;
	/** These are run from now on: let go of all others, and note in their locks what they are. */
	settle: (pipelines: PipelinePlan[]) => void;
	release: () => void;
};

// What it says belongs to its owner; who may open it could keep others from starting.
const MODE = 0o600;

const failed = (path: string, error: unknown): Failure =>
	error instanceof Failure
		? error
		: new Failure(verdict(error).code, `${path}: cannot be locked: ${describe(error)}`, { cause: error });

const claim = (path: string, what: string): Lock => {
	const isNew = !existsSync(path);
	let lock: Lock | undefined;
	try {
		lock = lockFile(path, MODE, signatureIn(path).note);
		const { uid, gid } = statSync(join(path, '..'));
		// Where the folder is a service's, root by hand must not leave it a file that it cannot open.
		if (isNew && lock && process.getuid?.() === 0 && uid !== 0) chownSync(path, uid, gid);
	} catch (error) {
		throw failed(path, error);
	}
	if (lock) return lock;
	throw new Failure(EXIT.unavailable, `${what} is running already (${holderOf(path)}); stop that one first`);
};

const isOpenToUs = (path: string): boolean => {
	try {
		accessSync(path, constants.R_OK);
		return true;
	} catch {
		return false;
	}
};

/** Root sees where units and other supervisors of root have their locks: none of those may be held. */
const checkElsewhere = (ours: string, what: string): void => {
	const others = runFolders().map((folder) => join(folder, basename(ours)));
	for (const path of others) if (path !== ours && isOpenToUs(path)) claim(path, what).release();
};

/** The locks of one pipeline: its name, and its ack, which lies where the same pipeline run elsewhere finds it. */
const locksOf = (plan: Plan, { name, delivery }: PipelinePlan, { run, state }: Places): string[] => [
	join(run, `${plan.whole}.${name}.lock`),
	...(delivery === 'at-least-once' ? [ackLock(ackFile(state, plan.whole, name))] : []),
];

/**
 * Claim the supervisor's own name; what its pipelines are called comes after that.
 * @throws Failure(69) when another supervisor has it.
 */
export const claimName = (plan: Plan, places: Places): Claims => {
	const own = claim(
		join(places.run, `${plan.name}.sock.lock`),
		`"${plan.name}": a supervisor with this name`,
	);
	const held = new Map<string, Lock>();
	const claimOne = (pipeline: PipelinePlan): void => {
		const what = `the pipeline "${pipeline.name}" of "${plan.whole}"`;
		for (const path of locksOf(plan, pipeline, places)) {
			if (held.has(path)) continue;
			checkElsewhere(path, what);
			held.set(path, claim(path, what));
		}
	};
	const drop = (paths: Iterable<string>) => {
		for (const path of paths) {
			held.get(path)?.release();
			held.delete(path);
		}
	};
	return {
		add: (pipelines) => {
			const before = new Set(held.keys());
			try {
				for (const pipeline of pipelines) claimOne(pipeline);
			} catch (error) {
				drop([...held.keys()].filter((path) => !before.has(path)));
				throw error;
			}
		},
		settle: (pipelines) => {
			const kept = new Set<string>();
			for (const pipeline of pipelines) {
				for (const path of locksOf(plan, pipeline, places)) {
					kept.add(path);
					held.get(path)?.sign(identityOf(pipeline));
				}
			}
			drop([...held.keys()].filter((path) => !kept.has(path)));
		},
		release: () => {
			drop([...held.keys()]);
			own.release();
		},
	};
};
