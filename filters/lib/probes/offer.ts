// offer: which functions a process has that a script asks for, by what bpftrace itself lists

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { EXIT, Failure } from '../failure.ts';
import type { Offer } from './script.ts';
import { objectsIn } from './target.ts';

const LIST_MS = 60_000;
const MOST_BYTES = 256 * 1024 * 1024;

const run = promisify(execFile);

type Failed = NodeJS.ErrnoException & { stderr?: string };

/** Why bpftrace cannot be had, by what it said. */
export const refusal = (text: string): Failure | undefined => {
	if (/running as the root user|operation not permitted|permission denied|CAP_BPF/i.test(text))
		return new Failure(
			EXIT.denied,
			'bpftrace: not permitted; start this as root, or with CAP_BPF and CAP_PERFMON',
		);
	return undefined;
};

export const notFound = (tracer: string): Failure =>
	new Failure(EXIT.unavailable, `${tracer}: not found; apt-get install bpftrace`);

const list = async (tracer: string, probe: string): Promise<string[]> => {
	try {
		const { stdout } = await run(tracer, ['-l', probe], { timeout: LIST_MS, maxBuffer: MOST_BYTES });
		return stdout.split('\n');
	} catch (error) {
		const { code, stderr = '', message } = error as Failed;
		if (code === 'ENOENT') throw notFound(tracer);
		const why = refusal(stderr);
		if (why) throw why;
		// A probe that is not there is told by an error, too.
		if (/No probes found|couldn't|Could not|not found|does not exist/i.test(`${stderr}${message}`)) return [];
		throw new Failure(EXIT.unavailable, `bpftrace -l '${probe}': ${stderr.trim() || message}`);
	}
};

const regexOf = (pattern: string): RegExp => new RegExp(`^${pattern.replaceAll('*', '.*')}$`);

/** The functions of the files that `objects` names, and whether the kernel has its probes. @throws Failure(69, 77) */
export const offerOf = async (
	tracer: string,
	pid: number,
	objects: Set<string>,
	probes: Iterable<string>,
): Promise<Offer> => {
	const mapped = objectsIn(pid);
	const functionsOf = async (path: string): Promise<string[]> => {
		const prefix = `uprobe:${path}:`;
		const lines = await list(tracer, `uprobe:"${path}":*`);
		return lines.filter((line) => line.startsWith(prefix)).map((line) => line.slice(prefix.length));
	};
	const isThere = async (probe: string): Promise<boolean> =>
		!probe.startsWith('tracepoint:') || (await list(tracer, probe)).includes(probe);
	// All at once: until it is known the process runs unmeasured.
	const [found, there] = await Promise.all([
		Promise.all(
			[...objects].map(async (object) => {
				const path = object.startsWith('/') ? object : mapped.get(object);
				return path === undefined ? undefined : { object, path, names: await functionsOf(path) };
			}),
		),
		Promise.all([...probes].map(async (probe) => ((await isThere(probe)) ? probe : undefined))),
	]);
	const functions = new Map(found.flatMap((one) => (one ? [[one.object, one]] : [])));
	const kernel = new Set(there);
	return ({ probe, object, pattern }) => {
		if (object === undefined || pattern === undefined) return kernel.has(probe) ? [probe] : [];
		const { path, names } = functions.get(object) ?? { path: '', names: [] };
		const wanted = regexOf(pattern);
		return names.filter((name) => wanted.test(name)).map((name) => `${probe}:"${path}":${name}`);
	};
};
