// reach: what a plan's stages want to connect to, listen on and write into, and whether they can

import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { basename, dirname } from 'node:path';
import { describe } from '../../filters/lib/failure.ts';
import { byteSize, hostPort } from '../../filters/lib/options.ts';
import { ensureFolder, type Places } from '../machine/places.ts';
import { programFor } from '../machine/programs.ts';
import type { Plan, StagePlan } from '../plan/plan.ts';
import { type Check, lacking, ok } from './prerequisites.ts';

/** The values of an option among words: `--uri a --uri=b` gives a and b. */
export const optionValues = (words: string[], ...names: string[]): string[] =>
	words.flatMap((word, at) => {
		if (names.includes(word)) return words[at + 1] ?? [];
		const name = names.find((one) => word.startsWith(`${one}=`));
		return name ? word.slice(name.length + 1) : [];
	});

type Port = { host: string; port: number };

const URL_PORTS: Record<string, number> = { 'http:': 80, 'https:': 443 };

const portOf = (text: string, otherwise: number): Port | undefined => {
	try {
		if (!text.includes('://')) return hostPort(text, '', otherwise);
		const { hostname, port, protocol } = new URL(text);
		return {
			host: hostname.replace(/^\[|\]$/g, ''),
			port: Number(port || (URL_PORTS[protocol] ?? otherwise)),
		};
	} catch {
		return undefined;
	}
};

// How options of this kind are called in all our programs; carbon's port is the only one that is left out.
const CONNECTS = ['--uri', '--url', '--broker', '--brokers', '--endpoint'];
const LISTENS = ['--listen'];
const CARBON = 2003;
const CARBON_PICKLE = 2004;

const serversOf = ({ command }: StagePlan): Port[] => {
	const isCarbon = basename(command[0]!) === 'graphite-send';
	const given = optionValues(command, ...CONNECTS).flatMap((list) => list.split(','));
	const usual = optionValues(command, '--protocol').includes('pickle') ? CARBON_PICKLE : CARBON;
	const texts = isCarbon && given.length === 0 ? ['localhost'] : given;
	return texts.flatMap((text) => portOf(text, usual) ?? []);
};

const listenersOf = ({ command }: StagePlan): Port[] =>
	optionValues(command, ...LISTENS).flatMap((text) =>
		/^\d+$/.test(text) ? { host: '0.0.0.0', port: Number(text) } : (portOf(text, 0) ?? []),
	);

const CONNECT_MS = 2000;

/** Resolves with milliseconds, or with what went wrong. */
export const connects = ({ host, port }: Port, boundMs = CONNECT_MS): Promise<number | string> =>
	new Promise((resolve) => {
		const from = performance.now();
		const socket = createConnection({ host, port });
		const done = (result: number | string) => {
			clearTimeout(timer);
			socket.destroy();
			resolve(result);
		};
		const timer = setTimeout(() => done(`no answer within ${boundMs / 1000} s`), boundMs);
		socket.on('connect', () => done(Math.round(performance.now() - from)));
		socket.on('error', (error) => done(describe((error as AggregateError).errors?.[0] ?? error)));
	});

const listens = ({ host, port }: Port): Promise<NodeJS.ErrnoException | undefined> =>
	new Promise((resolve) => {
		const server = createServer();
		server.once('error', resolve);
		server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
	});

const connectCheck = async (name: string, server: Port): Promise<Check> => {
	const result = await connects(server);
	const address = `${server.host}:${server.port}`;
	return typeof result === 'number'
		? ok(name, `${address} answers, after ${result} ms`)
		: lacking(name, 'must', `${address}: ${result}`, 'start that server, or correct the address');
};

const listenCheck = async (name: string, port: Port): Promise<Check> => {
	const error = await listens(port);
	const address = `${port.host}:${port.port}`;
	if (!error) return ok(name, `${address} is free to listen on`);
	return error.code === 'EADDRINUSE'
		? lacking(name, 'may', `${address} is in use`, 'fine if that is this pipeline; else choose another port')
		: lacking(name, 'must', `${address}: ${describe(error)}`, 'choose a port above 1023, or start as root');
};

/** Every server and port that the plan's stages name, tried at the same time. */
export const portChecks = ({ pipelines }: Plan): Promise<Check[]> =>
	Promise.all(
		pipelines.flatMap(({ name, stages }) =>
			stages.flatMap((stage) => {
				const title = `${name}/${stage.name}`;
				return [
					...serversOf(stage).map((server) => connectCheck(title, server)),
					...listenersOf(stage).map((port) => listenCheck(title, port)),
				];
			}),
		),
	);

/** Programs that are not here; one with a fallback is only a warning. */
export const programChecks = ({ pipelines }: Plan): Check[] =>
	pipelines.flatMap(({ name, stages }) =>
		stages
			.filter(({ command }) => !programFor(command))
			.map(({ name: stage, command, fallback }) =>
				lacking(
					`${name}/${stage}`,
					fallback ? 'may' : 'must',
					`"${command[0]}" is not installed${fallback ? `; ${fallback[0]} would run instead` : ''}`,
					'install it, or correct its name',
				),
			),
	);

const nearestThere = (path: string): string => (existsSync(path) ? path : nearestThere(dirname(path)));

const folderCheck = (name: string, path: string, fix: boolean): Check => {
	try {
		if (fix) ensureFolder(path);
		const there = nearestThere(path);
		accessSync(there, constants.W_OK);
		if (!statSync(there).isDirectory()) throw new Error(`${there} is no folder`);
		return ok(name, existsSync(path) ? `${path} can be written` : `${path} can be made`);
	} catch {
		const what = existsSync(path) ? 'cannot be written' : 'cannot be made';
		return lacking(
			name,
			'must',
			`${path} ${what}`,
			`chown it to this user, or set ${name.toUpperCase()}_DIRECTORY`,
		);
	}
};

const LOGS_WITHOUT_BOUND = 1024 ** 3;
const DEFAULT_KEEP = 5;
const MIB = 1024 ** 2;

/** What the logs of a plan may grow to; one without a bound counts as a gibibyte. */
const logsMayGrowTo = (plan?: Plan): number =>
	(plan?.pipelines ?? [])
		.flatMap(({ stages }) => stages)
		.filter(({ command }) => basename(command[0]!) === 'append-log')
		.reduce((sum, { command }) => {
			const [size = ''] = optionValues(command, '--max-size');
			const [keep = ''] = optionValues(command, '--keep');
			const files = (/^\d+$/.test(keep) ? Number(keep) : DEFAULT_KEEP) + 1;
			return sum + (/^\d+[KMGT]?$/i.test(size) ? byteSize(size, '') * files : LOGS_WITHOUT_BOUND);
		}, 0);

const LEAST_FREE = 64 * MIB;

const diskCheck = (logs: string, plan?: Plan): Check => {
	const { bavail, bsize } = statfsSync(nearestThere(logs));
	const free = Math.floor((bavail * bsize) / MIB);
	const wanted = Math.ceil(logsMayGrowTo(plan) / MIB);
	const what = `${free} MiB free for ${logs}`;
	if (free * MIB < LEAST_FREE) return lacking('disk', 'must', what, 'make room, or set LOGS_DIRECTORY');
	return free < wanted
		? lacking(
				'disk',
				'may',
				`${what}, logs may grow to ${wanted}`,
				'make room, or lower --max-size or --keep',
			)
		: ok('disk', wanted > 0 ? `${what}, logs may grow to ${wanted}` : what);
};

/** The folders that a supervisor writes into, and the space for its logs. */
export const folderChecks = ({ state, logs, run }: Places, fix: boolean, plan?: Plan): Check[] => [
	folderCheck('state', state, fix),
	folderCheck('logs', logs, fix),
	folderCheck('runtime', run, fix),
	diskCheck(logs, plan),
];
