// client: what `bpfpipe status`, `start`, `stop`, `restart`, `reload` and `logs` print

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parseDocument } from 'yaml';
import { EXIT, Failure } from '../filters/lib/failure.ts';
import { ask, converse } from './control.ts';
import type { Difference } from './difference.ts';
import { sentence } from './fleet.ts';
import { places } from './places.ts';
import type { Said } from './ring.ts';
import { type Status, statusTable } from './status.ts';
import { socketOf } from './up.ts';

const WATCH_MS = 1000;
// Up and left, then clear what follows: less flicker than clearing first.
const HOME = '\x1b[H\x1b[J';

/** What the supervisor of `file` is called. The rest of the file may be wrong: what runs can still be stopped. */
const nameIn = (file: string | undefined): string => {
	if (file === undefined)
		throw new Failure(EXIT.usage, 'a pipeline file is missing, for example etc/cpu-lat.yaml');
	if (!existsSync(file))
		throw new Failure(EXIT.config, `${file}: no such file; give the path of a pipeline file`);
	const document = parseDocument(readFileSync(file, 'utf8'), { logLevel: 'silent' });
	const name = (document.toJS() as { name?: unknown } | null)?.name;
	return typeof name === 'string' ? name : basename(file).replace(/\.ya?ml$/, '');
};

/** The socket of the supervisor that runs the targets of `file`: all of it, or the part that was started alone. */
export const socketFor = ([file, ...targets]: string[]): string => {
	const name = nameIn(file);
	const whole = socketOf(name);
	const { run } = places();
	if (existsSync(whole) || !existsSync(run)) return whole;
	const parts = readdirSync(run)
		.filter((entry) => entry.startsWith(`${name}.`) && entry.endsWith('.sock'))
		.map((entry) => entry.slice(name.length + 1, -'.sock'.length));
	const wanted = targets.map((target) => target.split('/')[0]!);
	const fitting = parts.filter((part) => wanted.every((one) => part.split('+').includes(one)));
	return fitting.length === 1 ? socketOf(`${name}.${fitting[0]}`) : whole;
};

const isWell = ({ pipelines }: Status): boolean =>
	pipelines.every(({ state }) => state === 'RUNNING' || state === 'EXITED');

const printStatus = (answer: Status, json: boolean): number => {
	process.stdout.write(json ? `${JSON.stringify(answer)}\n` : statusTable(answer));
	return isWell(answer) ? EXIT.done : EXIT.unavailable;
};

const statusOf = async (socket: string, names: string[]): Promise<Status> => {
	const answer = (await ask(socket, { command: 'status' })) as Status;
	const unknown = names.find((name) => !answer.pipelines.some((one) => one.name === name));
	if (unknown !== undefined) throw new Failure(EXIT.unavailable, `no pipeline "${unknown}" runs there`);
	if (names.length === 0) return answer;
	return { ...answer, pipelines: answer.pipelines.filter(({ name }) => names.includes(name)) };
};

/** The state of all stages; 0 when all is well. */
export const showStatus = async (socket: string, names: string[], json: boolean): Promise<number> =>
	printStatus(await statusOf(socket, names), json);

/** The state of all stages, every second, until Ctrl-C or the supervisor's end. */
export const watchStatus = async (socket: string, names: string[], json: boolean): Promise<number> => {
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
		const answer = await statusOf(socket, names);
		if (process.stdout.isTTY) process.stdout.write(HOME);
		printStatus(answer, json);
		await Promise.race([stop, new Promise((resolve) => setTimeout(resolve, WATCH_MS))]);
	}
	return EXIT.done;
};

/** Start, stop or restart; prints how things stand afterwards. */
export const operate = async (socket: string, command: string, targets: string[], json: boolean) => {
	printStatus((await ask(socket, { command, targets })) as Status, json);
	return EXIT.done;
};

/** Read the file again; prints what that changed. */
export const reload = async (socket: string, json: boolean): Promise<number> => {
	const change = (await ask(socket, { command: 'reload' })) as Difference;
	process.stdout.write(`${json ? JSON.stringify(change) : sentence(change)}\n`);
	return EXIT.done;
};

/** What stages said lately, and with `follow` what they say from now on. */
export const showLogs = async (socket: string, targets: string[], follow: boolean, json: boolean) => {
	await converse(socket, { command: 'logs', targets, follow }, (line) => {
		const { ts, stage, level, message } = line as Said;
		const plain = `${new Date(ts).toISOString()} ${stage}: ${level === 'info' ? '' : `${level}: `}${message}`;
		process.stdout.write(`${json ? JSON.stringify(line) : plain}\n`);
	});
	return EXIT.done;
};
