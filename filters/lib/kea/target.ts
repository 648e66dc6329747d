// target: one control socket or address of Kea: which servers are behind it, and whether they can be had

import { EXIT, Failure } from '../failure.ts';
import type { Log } from '../log.ts';
import type { KnownRecord } from '../record.ts';
import { KeaError, RESULT } from './answer.ts';
import type { Channel } from './channel.ts';
import { createServer, type Server } from './server.ts';
import { createSheet, type Said } from './sheet.ts';
import { configIn, servicesIn } from './subnets.ts';

export type TargetOptions = {
	/** What it is called in the log. */
	label: string;
	/** The attribute `server` of its records, or ''. */
	name: string;
	channel: Channel;
	/** The services to ask for; without any it is asked what it has. */
	services: string[];
	/** The service that its records are taken to be of as long as it has not said so. */
	guess: string;
	host: string;
	log: Log;
	count: (name: string, by?: number) => void;
	fault: (what: string) => void;
	/** Whether a service under this name is ours alone; else its series would come twice. */
	claim: (service: string) => boolean;
};

export type Target = {
	/** All that its servers say now, at `ts`. @throws Failure(77) when it never let us in. */
	poll: (ts: number, signal: AbortSignal) => Promise<KnownRecord[]>;
};

/** A server, whether it could be had at the last print, and what was said of it then. */
type Watched = { service: string; server?: Server; isAway?: boolean; why?: string; said: Said };

export const createTarget = (options: TargetOptions): Target => {
	const { label, name, channel, guess, host, log, count, fault, claim } = options;
	let watched: Watched[] | undefined;
	const unmet: Watched = { service: guess, said: new Set() };
	let wasIn = false;

	const commonOf = (service: string) => ({ service, ...(name !== '' && { server: name }) });
	const watch = (service: string, isBehindAgent: boolean): Watched => {
		const about = isBehindAgent ? service : undefined;
		const ask = (command: string, signal: AbortSignal) => channel(command, signal, about);
		return {
			...unmet,
			service,
			server: createServer({ service, common: commonOf(service), ask, log, count, fault }),
		};
	};
	/** Which servers are there. An agent tells by its own configuration, a server by whose configuration it has. */
	const discover = async (signal: AbortSignal): Promise<Watched[]> => {
		if (options.services.length > 0) return options.services.map((service) => watch(service, true));
		const { result, text, args } = await channel('config-get', signal);
		const services = servicesIn(args);
		if (services) return services.map((service) => watch(service, true));
		const service = configIn(args)?.service ?? guess;
		if (result !== RESULT.success) log.warn(`config-get: ${text}; subnets have no CIDR`, {}, 'config');
		return [watch(service, false)];
	};
	const sheetOf = (ts: number, said: Said) =>
		createSheet(ts, host, said, ({ metric, attributes }) =>
			fault(`${label}: ${metric} ${JSON.stringify(attributes)} comes twice: the second`),
		);
	/** The print of a server that cannot be had: that, and once why. */
	const lose = (one: Watched, ts: number, signal: AbortSignal, error: unknown): KnownRecord[] => {
		if (!(error instanceof KeaError)) throw error;
		const isStopped = signal.aborted && signal.reason?.name !== 'TimeoutError';
		if (isStopped || !isOurs(one.service)) return [];
		if (error.trouble === 'denied' && !wasIn) throw new Failure(EXIT.denied, `${label}: ${error.message}`);
		const sheet = sheetOf(ts, one.said);
		const attributes = commonOf(one.service);
		sheet.gauge({ metric: 'kea_up', unit: '1', attributes }, 0);
		count('away');
		const isNews = one.isAway !== true;
		if (isNews) sheet.notice('away', error.message, { attributes });
		if (isNews || one.why !== error.message)
			log.warn(
				`${one.service} cannot be had: ${error.message}; asked again each interval`,
				{},
				`${one.service} ${performance.now()}`,
			);
		one.isAway = true;
		one.why = error.message;
		return sheet.records();
	};
	const isOurs = (service: string): boolean => {
		if (claim(service)) return true;
		fault(`${label}: ${service} comes from another server too; NAME= in front tells them apart`);
		return false;
	};
	const pollOne = async (one: Watched, ts: number, signal: AbortSignal): Promise<KnownRecord[]> => {
		if (!isOurs(one.service)) return [];
		const sheet = sheetOf(ts, one.said);
		try {
			await one.server!.poll(sheet, signal);
		} catch (error) {
			return lose(one, ts, signal, error);
		}
		wasIn = true;
		if (one.isAway) log.info(`${one.service} answers again`, {}, `${one.service} ${performance.now()}`);
		one.isAway = false;
		one.said = sheet.said;
		return sheet.records();
	};
	return {
		poll: async (ts, signal) => {
			try {
				watched ??= await discover(signal);
			} catch (error) {
				return lose(unmet, ts, signal, error);
			}
			const all = await Promise.all(watched.map((one) => pollOne(one, ts, signal)));
			return all.flat();
		},
	};
};
