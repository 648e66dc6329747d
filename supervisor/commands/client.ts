// client: what `bpfpipe status`, `start`, `stop`, `restart`, `reload` and `logs` print
// Of one file several supervisors may run, each a part: all of them are asked, and their answers put together.

import { existsSync, readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import { EXIT, Failure } from '../../filters/lib/failure.ts';
import { writeStderr } from '../../filters/lib/log.ts';
import { ask, converse, type Request } from '../daemon/control.ts';
import type { Said } from '../daemon/ring.ts';
import type { Status } from '../health/status.ts';
import type { Difference } from '../plan/difference.ts';
import { sentence } from '../plan/difference.ts';
import { checkTargets, partsOf } from '../plan/targets.ts';
import { wait } from './patience.ts';
import { type Supervisor, supervisorsOf } from './supervisors.ts';
import { statusTable } from './table.ts';

const WATCH_MS = 1000;
// Up and left, then clear what follows: less flicker than clearing first.
const HOME = '\x1b[H\x1b[J';

type Header = { name: string; always: string[] };

/**
 * What the supervisor of `file` is called, and which of its pipelines are to run whatever the settings are.
 * The rest of the file may be wrong: what runs can still be stopped.
 */
const headerIn = (file: string | undefined): Header => {
	if (file === undefined)
		throw new Failure(EXIT.usage, 'a pipeline file is missing; bpfpipe list shows what runs');
	if (!existsSync(file))
		throw new Failure(EXIT.config, `${file}: no such file; give the path of a pipeline file`);
	const document = parseDocument(readFileSync(file, 'utf8'), { logLevel: 'silent', merge: true });
	const { name, pipelines } = (document.toJS() ?? {}) as { name?: unknown; pipelines?: unknown };
	const isMap = typeof pipelines === 'object' && pipelines !== null;
	const all = Object.entries(isMap ? pipelines : {}) as [string, { when?: unknown } | null][];
	return {
		name: typeof name === 'string' ? name : basename(file).replace(/\.ya?ml$/, ''),
		always: all.flatMap(([called, spec]) => (spec?.when === undefined ? [called] : [])),
	};
};

/** `FILE [PIPELINE[/STAGE] ...]`, and what runs of it. */
type Aim = { file: string; targets: string[]; supervisors: Supervisor[] };

/**
 * The supervisors of a file, every one of them.
 * @throws Failure(69) when there is none, or one that does not answer.
 */
const aimAt = async ([given, ...targets]: string[]): Promise<Aim> => {
	const { answered, silent } = await supervisorsOf(given!, headerIn(given).name);
	if (silent.length > 0) throw silent[0];
	return { file: resolve(given!), targets, supervisors: answered };
};

const isWell = ({ pipelines }: Status): boolean => pipelines.every(({ well }) => well);

/** One table of all; as JSON a line for each supervisor. */
const printStatus = (answers: Status[], json: boolean): number => {
	const pipelines = answers.flatMap((one) => one.pipelines);
	const table = () => statusTable(pipelines, Date.now());
	process.stdout.write(json ? answers.map((one) => `${JSON.stringify(one)}\n`).join('') : table());
	return answers.every(isWell) ? EXIT.done : EXIT.unavailable;
};

/** What the supervisors of a file say of the pipelines that were named; `complete` = none is missing. */
const statusOf = async ([file, ...names]: string[]): Promise<{ answers: Status[]; complete: boolean }> => {
	const { name: called, always } = headerIn(file);
	const { answered, silent } = await supervisorsOf(file!, called);
	const all = answered.map(({ status }) => status);
	const known = all.flatMap(({ pipelines }) => pipelines.map(({ name }) => name));
	const idle = names.length > 0 ? [] : always.filter((name) => !known.includes(name));
	const faults = [
		...silent.map(({ message }) => message),
		...idle.map((name) => `no supervisor that answers runs the pipeline "${name}"`),
	];
	for (const fault of faults) writeStderr(`bpfpipe: ${fault}\n`);
	const unknown = names.find((name) => !known.includes(name));
	if (unknown !== undefined) throw new Failure(EXIT.unavailable, `no pipeline "${unknown}" runs there`);
	const isMeant = ({ name }: { name: string }) => names.length === 0 || names.includes(name);
	const answers = all.map((one) => ({ ...one, pipelines: one.pipelines.filter(isMeant) }));
	return { answers: answers.filter(({ pipelines }) => pipelines.length > 0), complete: faults.length === 0 };
};

/** The state of all stages; 0 when all is well. */
export const showStatus = async (target: string[], json: boolean): Promise<number> => {
	const { answers, complete } = await statusOf(target);
	const code = printStatus(answers, json);
	return complete ? code : EXIT.unavailable;
};

/** The state of all stages, every second, until Ctrl-C or the supervisor's end. */
export const watchStatus = async (target: string[], json: boolean): Promise<number> => {
	let over = false;
	const stop = new Promise<void>((resolve) => {
		for (const signal of ['SIGINT', 'SIGTERM'] as const) {
			process.once(signal, () => {
				over = true;
				resolve();
			});
		}
	});
	while (!over) {
		const { answers } = await statusOf(target);
		if (process.stdout.isTTY) process.stdout.write(HOME);
		printStatus(answers, json);
		await Promise.race([stop, new Promise((resolve) => setTimeout(resolve, WATCH_MS))]);
	}
	return EXIT.done;
};

/** Each supervisor with the targets that are its own: none means all that it has. */
const sharesOf = ({ targets, supervisors }: Aim): { socket: string; own: string[] }[] => {
	checkTargets(
		targets,
		supervisors.flatMap(({ status }) => status.pipelines),
	);
	const shares = supervisors.map(({ socket, status }) => ({
		socket,
		own: targets.filter((target) => status.pipelines.some(({ name }) => name === partsOf(target)[0])),
	}));
	return targets.length === 0 ? shares : shares.filter(({ own }) => own.length > 0);
};

/** Start, stop or restart; prints how things stand afterwards, with `patient` once it is clear whether they hold. */
export const operate = async (
	target: string[],
	command: string,
	json: boolean,
	patient: boolean,
): Promise<number> => {
	const aim = await aimAt(target);
	const { file, targets } = aim;
	const from = Date.now();
	const shares = sharesOf(aim);
	const asked = shares.map(({ socket, own }) => ask(socket, { command, targets: own, file }));
	let answers = (await Promise.all(asked)) as Status[];
	const look = async () => {
		const statuses = shares.map(({ socket }) => ask(socket, { command: 'status', file }));
		answers = (await Promise.all(statuses)) as Status[];
		return answers.flatMap(({ pipelines }) => pipelines);
	};
	const holds = !patient || (await wait(look, targets, from));
	printStatus(answers, json);
	return holds ? EXIT.done : EXIT.unavailable;
};

/** Read the file again; prints what that changed. */
export const reload = async (target: string[], json: boolean): Promise<number> => {
	const { file, targets, supervisors } = await aimAt(target);
	const runs = ({ status }: Supervisor) => targets.every((one) => status.parts?.includes(one) ?? true);
	for (const { socket } of supervisors.filter(runs)) {
		const change = (await ask(socket, { command: 'reload', file })) as Difference;
		process.stdout.write(`${json ? JSON.stringify(change) : sentence(change)}\n`);
	}
	return EXIT.done;
};

const printSaid = (said: Said, json: boolean): void => {
	const { ts, stage, level, message } = said;
	const plain = `${new Date(ts).toISOString()} ${stage}: ${level === 'info' ? '' : `${level}: `}${message}`;
	process.stdout.write(`${json ? JSON.stringify(said) : plain}\n`);
};

/** How much of the past is meant, and whether what comes is. */
export type Period = Pick<Request, 'follow' | 'since' | 'lines'>;

/** What stages said lately, and with `follow` what they say from now on. */
export const showLogs = async (target: string[], period: Period, json: boolean): Promise<number> => {
	const aim = await aimAt(target);
	const said: Said[] = [];
	const hear = period.follow ? (one: Said) => printSaid(one, json) : (one: Said) => said.push(one);
	const asked = sharesOf(aim).map(({ socket, own }) =>
		converse(socket, { command: 'logs', ...period, targets: own, file: aim.file }, (line) =>
			hear(line as Said),
		),
	);
	await Promise.all(asked);
	said.sort((a, b) => a.ts - b.ts);
	for (const one of said.slice(Math.max(0, said.length - (period.lines ?? said.length))))
		printSaid(one, json);
	return EXIT.done;
};
