// places: what Kea's newest statistics say of the servers and of how full their subnets are

import { compare } from '../../lib/exact.ts';
import type { ColumnsAnswer, MetricSummary, Synthetic } from '../../lib/history/answers.ts';
import type { AnyRecord, Exact } from '../../lib/record.ts';
import { recordsAnswer } from '../data/api.ts';
import { isMeasured } from './figures.ts';
import { type Asked, asking } from './questions.ts';

/** A subnet of one server, or the addresses or prefixes of it. */
export type Place = {
	key: string;
	host: string;
	server: string;
	id: string;
	cidr: string;
	network: string;
	leaseType: string;
	used?: Exact;
	total?: Exact;
	assigned?: Exact;
	declined?: Exact;
	/** Failed allocations of the range. */
	failures?: Exact;
	ts: number;
	synthetic: boolean;
};

export type Server = { host: string; server: string; isUp?: boolean; states: string[]; ts: number };

export type Places = {
	servers: Server[];
	/** The fullest first. */
	subnets: Place[];
	/** Shared networks, whose subnets are one pool. */
	networks: Place[];
	/** The usual time between two prints. */
	interval: number;
	synthetic: Synthetic;
};

type Own = {
	type: string;
	metric: string;
	host: string;
	ts: number;
	value: Exact;
	attributes: Record<string, string>;
	synthetic?: boolean;
};

const NAMES = ['kea_up', 'kea_ha_state', 'kea_addresses', 'kea_utilisation', 'kea_network_utilisation'];
/** Questions by server; where there are more, a host has to be chosen. */
const MOST_SERVERS = 8;

const fullestFirst = (a: Place, b: Place): number =>
	(a.used === undefined ? 1 : 0) - (b.used === undefined ? 1 : 0) ||
	compare(b.used ?? 0, a.used ?? 0) ||
	compare(a.id === '' ? 0 : a.id, b.id === '' ? 0 : b.id) ||
	(a.key < b.key ? -1 : 1);

const createShelf = () => {
	const all = new Map<string, Place>();
	return {
		all: () => [...all.values()].sort(fullestFirst),
		of: ({ host, ts, attributes, synthetic }: Own): Place => {
			const { server = '', subnet_id: id = '', subnet: cidr = '' } = attributes;
			const { shared_network: network = '', lease_type: leaseType = '' } = attributes;
			const key = JSON.stringify([host, server, id, cidr, network, leaseType]);
			const known = all.get(key);
			const place = known ?? { key, host, server, id, cidr, network, leaseType, ts, synthetic: false };
			all.set(key, place);
			place.ts = Math.max(place.ts, ts);
			place.synthetic ||= synthetic === true;
			return place;
		},
	};
};

const KINDS: Record<string, 'total' | 'assigned' | 'declined'> = {
	total: 'total',
	assigned: 'assigned',
	declined: 'declined',
};

const serverOf = (servers: Map<string, Server>, { host, attributes, ts }: Own): Server => {
	const key = JSON.stringify([host, attributes.server ?? '']);
	const server = servers.get(key) ?? { host, server: attributes.server ?? '', states: [], ts };
	servers.set(key, server);
	server.ts = Math.max(server.ts, ts);
	return server;
};

/** Declined addresses are of no lease type, since a prefix cannot be declined: in v6 they are of the addresses. */
const typed = (record: Own): Own =>
	record.metric === 'kea_addresses' &&
	record.attributes.kind === 'declined' &&
	record.attributes.service === 'dhcp6'
		? { ...record, attributes: { ...record.attributes, lease_type: 'na' } }
		: record;

/** Servers and subnets out of records of one service. */
const placesIn = (records: Own[], interval: number): Places => {
	const [subnets, networks] = [createShelf(), createShelf()];
	const servers = new Map<string, Server>();
	for (const record of records.map(typed)) {
		const { metric, attributes, value } = record;
		if (metric === 'kea_up') serverOf(servers, record).isUp = Number(value) > 0;
		if (metric === 'kea_ha_state' && Number(value) > 0)
			serverOf(servers, record).states.push(
				`${attributes.peer ?? ''} ${attributes.role ?? ''} ${attributes.state ?? ''}`
					.replace(/\s+/g, ' ')
					.trim(),
			);
		const kind = Object.hasOwn(KINDS, attributes.kind ?? '') ? KINDS[attributes.kind!] : undefined;
		if (metric === 'kea_addresses' && kind) subnets.of(record)[kind] = value;
		if (metric === 'kea_utilisation') subnets.of(record).used = value;
		if (metric === 'kea_network_utilisation') networks.of(record).used = value;
	}
	const marked = records.filter(({ synthetic }) => synthetic === true).length;
	return {
		servers: [...servers.values()].sort((a, b) => (a.host + a.server < b.host + b.server ? -1 : 1)),
		subnets: subnets.all(),
		networks: networks.all(),
		interval,
		synthetic: marked === 0 ? 'none' : marked === records.length ? 'all' : 'some',
	};
};

/** One server after the other, since two of them may have subnets of the same number. */
const eachServer = (places: Place[]): { host: string; server: string }[] =>
	[
		...new Map(places.map(({ host, server }) => [JSON.stringify([host, server]), { host, server }])).values(),
	].slice(0, MOST_SERVERS);

const intervalOf = (metrics: MetricSummary[]): number =>
	metrics.find(({ metric }) => metric === 'kea_addresses')?.interval ?? 10_000;

export const askPlaces = async (asked: Asked, signal: AbortSignal): Promise<Places> => {
	const { metrics, service, host } = asked;
	const wanted = NAMES.filter((name) => metrics.some(({ metric }) => metric === name));
	const answers = await Promise.all(wanted.map((name) => recordsAnswer(name, signal)));
	const records = (answers.flat() as AnyRecord[] as unknown as Own[]).filter(
		(one) =>
			one.type !== 'notice' &&
			one.attributes?.service === service &&
			(host === undefined || one.host === host),
	);
	const places = placesIn(records, intervalOf(metrics));
	for (const one of eachServer(places.subnets)) {
		const { ask } = asking({ ...asked, host: one.host }, signal);
		const attributes = { server: one.server };
		const [failures, all] = await Promise.all([
			ask('kea_allocation_failures', { by: 'subnet_id', attributes }),
			ask('kea_server_allocation_failures', { attributes }),
		]);
		const counts = new Map(failures?.groups.map((group) => [group.name ?? '', group] as const));
		for (const place of places.subnets) {
			if (place.host !== one.host || place.server !== one.server || place.leaseType === 'pd') continue;
			const group = counts.get(place.id);
			// Kea has no such counter of a subnet before its first failure.
			const isCounted = group ? group.columns.some((column) => column !== null) : isMeasured(all);
			if (isCounted) place.failures = group?.total[0] ?? 0;
		}
	}
	return places;
};

/** How full each subnet was at the end of a range, for comparing; by the name that it has for a reader. */
export const askFullness = async (
	asked: Asked,
	places: Places,
	signal: AbortSignal,
): Promise<Map<string, { answer: ColumnsAnswer; place: Place; last: Exact | undefined }>> => {
	const found = new Map<string, { answer: ColumnsAnswer; place: Place; last: Exact | undefined }>();
	for (const { host, server } of eachServer(places.subnets))
		for (const leaseType of new Set(places.subnets.map((one) => one.leaseType))) {
			const { ask } = asking({ ...asked, host }, signal);
			const answer = await ask('kea_utilisation', {
				by: 'subnet_id',
				attributes: { server, lease_type: leaseType },
			});
			for (const group of answer?.groups ?? []) {
				const place = places.subnets.find(
					(one) =>
						one.host === host &&
						one.server === server &&
						one.leaseType === leaseType &&
						one.id === group.name,
				);
				const last = group.columns.findLast((column) => column !== null)?.[1];
				if (place) found.set(place.key, { answer: answer!, place, last });
			}
		}
	return found;
};
