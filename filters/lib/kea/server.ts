// server: one DHCP server, asked again and again; it may be started again, reset or configured anew at any time

import { type Json, membersOf } from '../json/json.ts';
import type { Log } from '../log.ts';
import { type Answer, KeaError, RESULT } from './answer.ts';
import { createCounters } from './counters.ts';
import { leasesIn } from './leases.ts';
import type { Sheet } from './sheet.ts';
import { printStatistics } from './statistics.ts';
import { printStatus, type Status, statusIn } from './status.ts';
import { configIn, type Subnets, subnetsIn } from './subnets.ts';

export type ServerOptions = {
	/** `dhcp4` and the like. */
	service: string;
	/** Of every record. */
	common: Record<string, string>;
	ask: (command: string, signal: AbortSignal) => Promise<Answer>;
	log: Log;
	count: (name: string, by?: number) => void;
	/** Hears of what is left out, and why. */
	fault: (what: string) => void;
};

export type Server = {
	/** Ask for everything and print it. @throws KeaError when the server cannot be had; nothing is printed then. */
	poll: (sheet: Sheet, signal: AbortSignal) => Promise<void>;
};

// Somebody may change subnets by commands, which a server does not take for reading its configuration.
const CONFIG_MS = 300_000;

const LEASES: Record<string, string> = { dhcp4: 'stat-lease4-get', dhcp6: 'stat-lease6-get' };

/** What a server has, as far as it was asked: forgotten when its process is another one. */
type Known = { version: string; commands: Set<string> | undefined; lacks: Set<string> };

const nothingKnown = (): Known => ({ version: '', commands: undefined, lacks: new Set() });

const listIn = (args: Json | undefined): string[] =>
	(Array.isArray(args) ? args : []).filter((one) => typeof one === 'string');

export const createServer = ({ service, common, ask, log, count, fault }: ServerOptions): Server => {
	const counters = createCounters();
	let known = nothingKnown();
	let pid: string | undefined;
	let subnets: Subnets = new Map();
	let configAt: number | undefined;
	let strangers = '';
	let areStrange = false;

	/** What a command gives, or undefined when this server does not have it, or refuses it. */
	const tryTo = async (command: string, signal: AbortSignal): Promise<Answer | undefined> => {
		if (known.lacks.has(command) || known.commands?.has(command) === false) return undefined;
		const answer = await ask(command, signal);
		if (answer.result === RESULT.success) return answer;
		if (answer.result === RESULT.unsupported) known.lacks.add(command);
		log.info(`${command}: ${answer.text || `result ${answer.result}`}; done without`, {}, command);
		return undefined;
	};
	const meet = async (status: Status | undefined, sheet: Sheet, signal: AbortSignal) => {
		if (pid !== undefined && status?.pid === pid) return;
		if (pid !== undefined && status) {
			const detail = `Kea began again: its process was ${pid} and is ${status.pid}`;
			sheet.notice('reset', detail, { attributes: common });
		}
		if (pid === undefined || status) counters.begin(status?.start);
		known = nothingKnown();
		configAt = undefined;
		pid = status?.pid ?? '';
		const list = await tryTo('list-commands', signal);
		if (list) known.commands = new Set(listIn(list.args));
		known.version = (await tryTo('version-get', signal))?.text ?? '';
		if (known.commands && LEASES[service] && !known.commands.has(LEASES[service]))
			log.info(`no ${LEASES[service]} (hook stat_cmds); leases are those that the server itself counted`);
	};
	const configure = async (now: number, loaded: number | undefined, signal: AbortSignal) => {
		const isOld = configAt === undefined || now - configAt > CONFIG_MS || (loaded ?? 0) > configAt;
		if (!isOld && !areStrange) return;
		const answer = await tryTo('config-get', signal);
		const found = configIn(answer?.args);
		if (found) subnets = subnetsIn(service, found.config);
		configAt = now;
	};
	const poll = async (sheet: Sheet, signal: AbortSignal): Promise<void> => {
		const now = sheet.ts;
		const said = await tryTo('status-get', signal);
		const status = said && statusIn(said.args, now);
		await meet(status, sheet, signal);
		await configure(now, status?.loaded, signal);
		const command = LEASES[service];
		const leases = command === undefined ? undefined : await tryTo(command, signal);
		const all = await ask('statistic-get-all', signal);
		if (all.result !== RESULT.success)
			throw new KeaError('away', `statistic-get-all: ${all.text || `result ${all.result}`}`);
		sheet.gauge({ metric: 'kea_up', unit: '1', attributes: common }, 1);
		const own = { ...common, ...(known.version !== '' && { version: known.version }) };
		sheet.gauge({ metric: 'kea_info', unit: '1', attributes: own }, 1);
		printStatus(sheet, common, said?.args);
		counters.turn(now);
		count('statistics', membersOf(all.args)?.length ?? 0);
		const foreign = printStatistics(sheet, all.args, {
			common,
			subnets,
			leases: leasesIn(leases?.args),
			counters,
			unknown: (name) =>
				log.info(`${name} is not known here; it comes as a gauge under its own name`, {}, 'not known'),
			fault,
		});
		if (counters.fallen() > 0) {
			const detail = `${counters.fallen()} of Kea's counters began again`;
			sheet.notice('reset', detail, { attributes: common, count: counters.fallen() });
		}
		areStrange = foreign.join() !== strangers;
		strangers = foreign.join();
	};
	return { poll };
};
