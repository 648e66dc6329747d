// adoption: the file that says how far a pipeline has come belongs to that pipeline, whatever else runs beside it
// A pipeline that has none yet looks for one of its own under another name, and says what it does.

import { readdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { lockFile, signatureIn } from '../../filters/lib/disk/lock.ts';
import type { Log } from '../../filters/lib/log.ts';
import { ackFile, ackLock, identityOf, logOf } from '../plan/ack.ts';
import type { PipelinePlan, Plan } from '../plan/plan.ts';

const modified = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

const byAge = (paths: string[]): string[] => paths.sort((a, b) => modified(b) - modified(a));

/** `NAME.PARTS.PIPELINE.ack`, as acks were called when they belonged to what was named on the command line. */
const isOfParts = (entry: string, whole: string, name: string): boolean => {
	const [ending, pipeline, parts = '', ...first] = entry.split('.').reverse();
	const isOurs = ending === 'ack' && pipeline === name && first.join('.') === whole;
	return isOurs && parts.split('+').includes(name);
};

/** Acks of pipelines that the file no longer has, the youngest first. */
const orphans = (state: string, { whole, known }: Plan): { name: string; path: string }[] => {
	const names = readdirSync(state).flatMap((entry) => {
		const [ending, name, ...first] = entry.split('.').reverse();
		const isOurs = ending === 'ack' && first.join('.') === whole;
		return isOurs && name && !known.includes(name) ? [name] : [];
	});
	const paths = byAge(names.map((name) => ackFile(state, whole, name)));
	return paths.map((path) => ({ path, name: basename(path, '.ack').slice(whole.length + 1) }));
};

const isAbout = (path: string, plan: PipelinePlan): boolean => {
	try {
		return logOf(plan, JSON.parse(readFileSync(path, 'utf8')).name) !== undefined;
	} catch {
		return false;
	}
};

/** Do something with an ack, unless a supervisor runs the pipeline that it belongs to. */
const whileIdle = (path: string, work: () => void): boolean => {
	const lock = lockFile(ackLock(path), 0o600, signatureIn(ackLock(path)).note);
	if (!lock) return false;
	try {
		work();
	} finally {
		lock.release();
	}
	return true;
};

/** An ack from the time when its name held all that was named on the command line, when it is younger than `own`. */
const takeFromParts = (own: string, state: string, { whole }: Plan, name: string, log: Log): void => {
	const entries = readdirSync(state).filter((entry) => isOfParts(entry, whole, name));
	const [youngest] = byAge(entries.map((entry) => join(state, entry)));
	if (youngest === undefined || modified(youngest) <= modified(own)) return;
	renameSync(youngest, own);
	log.info(`goes on at the position in ${youngest}, which is called ${own} from now on`);
};

/** One that was called otherwise before: taken along when its commands are the same, else pointed out. */
const takeFromOrphan = (own: string, state: string, plan: Plan, pipeline: PipelinePlan, log: Log): void => {
	const all = orphans(state, plan);
	const same = all.find(({ path }) => signatureIn(ackLock(path)).note === identityOf(pipeline));
	if (same && whileIdle(same.path, () => renameSync(same.path, own))) {
		log.info(`was "${same.name}", and goes on where that one had come to (${own})`);
		return;
	}
	const left = all.find(({ path }) => isAbout(path, pipeline) && whileIdle(path, () => {}));
	if (!left) return;
	log.warn(
		`is new and begins afresh; what "${left.name}" has not delivered stays behind. ` +
			`To take it along, stop this pipeline, mv ${left.path} ${own}, and start it again`,
	);
};

/** See to it that a pipeline which goes on under another name finds its position; `log` is that of the pipeline. */
export const adoptAck = (state: string, plan: Plan, pipeline: PipelinePlan, log: Log): void => {
	if (pipeline.delivery !== 'at-least-once') return;
	const own = ackFile(state, plan.whole, pipeline.name);
	takeFromParts(own, state, plan, pipeline.name, log);
	if (modified(own) === 0) takeFromOrphan(own, state, plan, pipeline, log);
};
