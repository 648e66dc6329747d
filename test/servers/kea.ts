// kea: real Kea servers on loopback, with a folder of their own, and perfdhcp that loads them and says what it counted
// Kea for IPv6 drops what comes to ::1 from a client; so perfdhcp passes for a relay there, whose link is ::1.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commandsLack } from '../parts.ts';
import { cleanEnv } from '../program.ts';
import { freePort } from './ports.ts';

type Plain = Record<string, unknown>;
export type Family = 4 | 6;

/** `hooks` are names such as `stat_cmds`, or such a name with its parameters. */
export type KeaOptions = {
	family: Family;
	/** Of packet processing; 0 is a server without threads. */
	threads?: number;
	/** As in Kea's configuration, an `id` in each; without any it is one that has room for 65,534 clients. */
	subnets?: Plain[];
	sharedNetworks?: Plain[];
	hooks?: (string | { name: string; parameters: Plain })[];
	/** Where it listens; clients are answered at the port after that. */
	port?: number;
	/** Of configuration, leases, control socket and log; a new one is removed at the end, a given one is not. */
	folder?: string;
	/** Whatever else stands in `Dhcp4` or `Dhcp6`, in place of what stands there otherwise. */
	more?: Plain;
	/** In place of the installed one. */
	program?: string;
};

/** What Kea says to a command. */
export type KeaAnswer = { result: number; text?: string; arguments?: Plain };

export type Kea = {
	family: Family;
	port: number;
	folder: string;
	/** Its control socket. */
	socket: string;
	/** Of the process of now. */
	pid: () => number;
	/** All that it logged. */
	log: () => string;
	command: (command: string, args?: Plain) => Promise<KeaAnswer>;
	/** The newest value of each statistic. */
	statistics: () => Promise<Record<string, number>>;
	/** By TERM, orderly; leases stay in their file. */
	stop: () => Promise<void>;
	/** At once, as a crash. */
	kill: () => Promise<void>;
	/** Stopped where it runs, and started again in its folder. */
	restart: () => Promise<void>;
	/** Stopped, and its folder removed. */
	end: () => Promise<void>;
};

const READY_MS = 15_000;
const HOOKS = '/usr/lib/x86_64-linux-gnu/kea/hooks';
const PATH = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`;

/** Why Kea and perfdhcp cannot be run here, or ''. */
export const keaLacks = (): string => commandsLack('kea-dhcp4', 'kea-dhcp6', 'kea-ctrl-agent', 'perfdhcp');

const SUBNETS: Record<Family, Plain> = {
	4: { id: 1, subnet: '127.0.0.0/8', pools: [{ pool: '127.1.0.1-127.1.255.254' }] },
	6: {
		id: 1,
		subnet: '2001:db8:1::/48',
		relay: { 'ip-addresses': ['::1'] },
		pools: [{ pool: '2001:db8:1::1-2001:db8:1::fffe' }],
		'pd-pools': [{ prefix: '2001:db8:8000::', 'prefix-len': 36, 'delegated-len': 52 }],
	},
};

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const running = new Set<ChildProcess>();
const folders = new Set<string>();
process.on('exit', () => {
	for (const child of running) child.kill('SIGKILL');
	for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** One command down a control socket, and the answer. */
export const askKea = (socket: string, command: string, args?: Plain): Promise<KeaAnswer> =>
	new Promise((resolve, reject) => {
		let text = '';
		const connection = connect(socket, () => connection.write(JSON.stringify({ command, arguments: args })));
		connection.setTimeout(5000, () => connection.destroy(new Error(`${command}: no answer`)));
		connection.on('data', (piece) => {
			text += piece;
		});
		connection.on('error', reject);
		connection.on('end', () => {
			connection.destroy();
			try {
				resolve(JSON.parse(text));
			} catch (error) {
				reject(error);
			}
		});
	});

type Options = Required<Pick<KeaOptions, 'family' | 'port' | 'folder'>> & KeaOptions;

const configOf = ({ family, folder, threads = 0, hooks = [], ...options }: Options): Plain => {
	const subnets = options.subnets ?? (options.sharedNetworks ? [] : [SUBNETS[family]]);
	const sharedNetworks = options.sharedNetworks ?? [];
	const own = family === 4 ? { interfaces: ['lo'], 'dhcp-socket-type': 'udp' } : { interfaces: ['lo/::1'] };
	return {
		'interfaces-config': { ...own, 're-detect': false },
		...(family === 6 ? { 'data-directory': folder } : {}),
		'control-socket': { 'socket-type': 'unix', 'socket-name': join(folder, 'socket') },
		'lease-database': { type: 'memfile', persist: true, name: join(folder, 'leases.csv'), 'lfc-interval': 0 },
		'multi-threading':
			threads > 0
				? { 'enable-multi-threading': true, 'thread-pool-size': threads, 'packet-queue-size': 1024 }
				: { 'enable-multi-threading': false },
		'hooks-libraries': hooks.map((hook) => {
			const { name, parameters } = typeof hook === 'string' ? { name: hook, parameters: {} } : hook;
			return { library: join(HOOKS, `libdhcp_${name}.so`), parameters };
		}),
		'valid-lifetime': 3600,
		[`subnet${family}`]: subnets,
		'shared-networks': sharedNetworks,
		loggers: [
			{ name: '*', severity: 'INFO', output_options: [{ output: join(folder, 'log'), flush: true }] },
		],
		...options.more,
	};
};

const envFor = (folder: string) => ({
	...cleanEnv(),
	PATH,
	KEA_PIDFILE_DIR: folder,
	KEA_LOCKFILE_DIR: folder,
	KEA_DHCP_DATA_DIR: folder,
});

/** A server process that is started, killed and started again; `isReady` says when it is up. */
const processOf = (program: string, args: string[], folder: string, isReady: () => Promise<boolean>) => {
	let child: ChildProcess | undefined;
	const start = async () => {
		const own = spawn(program, args, { stdio: 'ignore', cwd: folder, env: envFor(folder) });
		own.on('error', () => {});
		own.unref();
		child = own;
		running.add(own);
		for (const deadline = performance.now() + READY_MS; !(await isReady().catch(() => false)); ) {
			if (performance.now() > deadline || own.exitCode !== null || own.pid === undefined)
				throw new Error(`${program} does not start:\n${logIn(folder)}`);
			await pause(20);
		}
	};
	const halt = async (signal: NodeJS.Signals) => {
		const own = child;
		if (!own || own.exitCode !== null || own.signalCode !== null) return;
		own.ref();
		const gone = once(own, 'exit');
		own.kill(signal);
		await gone;
		running.delete(own);
	};
	return { start, halt, pid: () => child!.pid! };
};

const logIn = (folder: string): string => {
	try {
		return readFileSync(join(folder, 'log'), 'utf8');
	} catch {
		return '';
	}
};

const folderFor = (given: string | undefined, name: string): string => {
	if (given === undefined) {
		const folder = mkdtempSync(join(tmpdir(), `${name}-`));
		folders.add(folder);
		return folder;
	}
	mkdirSync(given, { recursive: true });
	return given;
};

/** A port that is free, and the one after it too. */
const freePair = async (): Promise<number> => {
	const port = await freePort();
	return port % 2 === 0 ? port : port + 1;
};

/** A DHCP server, started and ready. */
export const startKea = async (options: KeaOptions): Promise<Kea> => {
	const { family } = options;
	const folder = folderFor(options.folder, `kea${family}`);
	const port = options.port ?? (await freePair());
	const [socket, file] = [join(folder, 'socket'), join(folder, 'kea.json')];
	writeFileSync(
		file,
		JSON.stringify({ [`Dhcp${family}`]: configOf({ ...options, port, folder }) }, null, '\t'),
	);
	const args = ['-c', file, '-p', String(port), '-P', String(port + 1)];
	const isReady = async () => (await askKea(socket, 'status-get')).result === 0;
	const server = processOf(options.program ?? `kea-dhcp${family}`, args, folder, isReady);
	const stop = () => server.halt('SIGTERM');
	await server.start();
	return {
		family,
		port,
		folder,
		socket,
		pid: server.pid,
		log: () => logIn(folder),
		command: (command, own) => askKea(socket, command, own),
		statistics: async () => {
			const { arguments: all = {} } = await askKea(socket, 'statistic-get-all');
			return Object.fromEntries(
				Object.entries(all as Record<string, [number, string][]>).map(([name, [first]]) => [name, first![0]]),
			);
		},
		stop,
		kill: () => server.halt('SIGKILL'),
		restart: async () => {
			await stop();
			await server.start();
		},
		end: async () => {
			await stop();
			if (options.folder === undefined) rmSync(folder, { recursive: true, force: true });
		},
	};
};

export type ControlAgentOptions = {
	/** Control sockets by service, `dhcp4` and `dhcp6`. */
	sockets: Record<string, string>;
	/** Whoever may log in; nobody has to where it is empty. */
	clients?: { user: string; password: string }[];
	/** Files of a certificate, its key and its issuer; it speaks HTTPS then. */
	tls?: { cert: string; key: string; ca: string };
};

/** Kea's control agent before control sockets, started and ready. */
export const startControlAgent = async ({ sockets, clients = [], tls }: ControlAgentOptions) => {
	const folder = folderFor(undefined, 'kea-ctrl-agent');
	const port = await freePort();
	const config = {
		'http-host': '127.0.0.1',
		'http-port': port,
		...(clients.length > 0 ? { authentication: { type: 'basic', realm: 'kea', clients } } : {}),
		...(tls
			? { 'trust-anchor': tls.ca, 'cert-file': tls.cert, 'key-file': tls.key, 'cert-required': false }
			: {}),
		'control-sockets': Object.fromEntries(
			Object.entries(sockets).map(([service, path]) => [
				service,
				{ 'socket-type': 'unix', 'socket-name': path },
			]),
		),
		loggers: [
			{ name: '*', severity: 'INFO', output_options: [{ output: join(folder, 'log'), flush: true }] },
		],
	};
	const file = join(folder, 'agent.json');
	writeFileSync(file, JSON.stringify({ 'Control-agent': config }));
	const isReady = () =>
		new Promise<boolean>((resolve) => {
			const connection = connect(port, '127.0.0.1', () => resolve(connection.destroy() !== undefined));
			connection.on('error', () => resolve(false));
		});
	const agent = processOf('kea-ctrl-agent', ['-c', file], folder, isReady);
	await agent.start();
	return {
		url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
		log: () => logIn(folder),
		stop: () => agent.halt('SIGTERM'),
		restart: async () => {
			await agent.halt('SIGTERM');
			await agent.start();
		},
		end: async () => {
			await agent.halt('SIGTERM');
			rmSync(folder, { recursive: true, force: true });
		},
	};
};

/** What perfdhcp counted of one pair of messages. */
export type Exchange = { sent: number; received: number; drops: number; orphans: number; rejected: number };

export type Load = {
	/** By name: `DISCOVER-OFFER`, `REQUEST-ACK`, `SOLICIT-ADVERTISE`, `REQUEST-REPLY`, `RENEW-REPLY` ... */
	exchanges: Record<string, Exchange>;
	malformed: number;
	/** 0, or 3 when answers were missing. */
	code: number;
	text: string;
};

export type LoadOptions = {
	/** First messages to send. */
	count: number;
	/** Of these a second; without it as many as it can. */
	rate?: number;
	/** How many clients there are. */
	clients?: number;
	/** More options of perfdhcp, such as `-f 10` for renewals a second. */
	more?: string[];
};

const exchangesIn = (text: string): Record<string, Exchange> => {
	const all: Record<string, Exchange> = {};
	for (const part of text.split('***Statistics for: ').slice(1)) {
		const number = (name: string) =>
			Number(new RegExp(`^${name}: (\\d+)`, 'm').exec(part)?.[1] ?? Number.NaN);
		const [sent, received, drops] = [number('sent packets'), number('received packets'), number('drops')];
		const exchange = {
			sent,
			received,
			drops,
			orphans: number('orphans'),
			rejected: number('rejected leases'),
		};
		all[part.slice(0, part.indexOf('***'))] = exchange;
	}
	return all;
};

/** Load a server, wait for a second for the last answers, and say what was sent and answered. */
export const perfdhcp = async (
	{ family, port }: Pick<Kea, 'family' | 'port'>,
	{ count, rate, clients = count, more = [] }: LoadOptions,
): Promise<Load> => {
	const args = [
		...(family === 4 ? ['-4'] : ['-6', '-A1']),
		...['-l', 'lo', '-L', String(port + 1), '-N', String(port)],
		...['-R', String(clients), '-n', String(count), '-W', '1000000'],
		...(rate === undefined ? [] : ['-r', String(rate)]),
		...more,
		family === 4 ? '127.0.0.1' : '::1',
	];
	const child = spawn('perfdhcp', args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...cleanEnv(), PATH } });
	running.add(child);
	let text = '';
	for (const stream of [child.stdout, child.stderr]) {
		stream.on('data', (piece) => {
			text += piece;
		});
	}
	const [code] = await once(child, 'close');
	running.delete(child);
	const malformed = Number(/^Malformed packets: (\d+)/m.exec(text)?.[1] ?? Number.NaN);
	return { exchanges: exchangesIn(text), malformed, code, text };
};
