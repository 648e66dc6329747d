// subnets: what a configuration says of each subnet: its CIDR, its shared network, its pools

import { type Json, member, membersOf, wholeOf } from '../json/json.ts';
import type { Place } from './names.ts';

/** Pools by their id; several that share one are one here, as they are in Kea's statistics. */
type Pools = Map<string, string>;

export type Subnet = { subnet: string; sharedNetwork?: string; pools: Pools; prefixPools: Pools };

/** Subnets by id. */
export type Subnets = Map<string, Subnet>;

const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '');
const listOf = (value: Json | undefined): Json[] => (Array.isArray(value) ? value : []);
const numberOf = (value: Json | undefined): string => wholeOf(value)?.toString() ?? '';

const prefixText = (pool: Json): string =>
	`${textOf(member(pool, 'prefix'))}/${numberOf(member(pool, 'prefix-len'))}-${numberOf(member(pool, 'delegated-len'))}`;

const poolsOf = (list: Json | undefined, textFor: (pool: Json) => string): Pools => {
	const pools: Pools = new Map();
	for (const pool of listOf(list)) {
		const id = (wholeOf(member(pool, 'pool-id')) ?? 0n).toString();
		const before = pools.get(id);
		pools.set(id, before === undefined ? textFor(pool) : `${before}, ${textFor(pool)}`);
	}
	return pools;
};

const SERVICES: Record<string, string> = { Dhcp4: 'dhcp4', Dhcp6: 'dhcp6', DhcpDdns: 'd2' };

/** Of which service this is the configuration, and what that holds; undefined when it is something else. */
export const configIn = (args: Json | undefined): { service: string; config: Json } | undefined => {
	for (const [name, config] of membersOf(args) ?? [])
		if (Object.hasOwn(SERVICES, name)) return { service: SERVICES[name]!, config };
	return undefined;
};

/** The services behind a control agent, by its own configuration; undefined when it is none of an agent. */
export const servicesIn = (args: Json | undefined): string[] | undefined => {
	const agent = member(args, 'Control-agent');
	if (agent === undefined) return undefined;
	return (membersOf(member(agent, 'control-sockets')) ?? []).map(([service]) => service);
};

/** All subnets of a configuration, in shared networks and outside of them. */
export const subnetsIn = (service: string, config: Json): Subnets => {
	const key = service === 'dhcp6' ? 'subnet6' : 'subnet4';
	const subnets: Subnets = new Map();
	const take = (list: Json | undefined, sharedNetwork?: string) => {
		for (const one of listOf(list)) {
			const network = sharedNetwork === undefined ? {} : { sharedNetwork };
			subnets.set(numberOf(member(one, 'id')), {
				subnet: textOf(member(one, 'subnet')),
				...network,
				pools: poolsOf(member(one, 'pools'), (pool) => textOf(member(pool, 'pool'))),
				prefixPools: poolsOf(member(one, 'pd-pools'), prefixText),
			});
		}
	};
	take(member(config, key));
	for (const network of listOf(member(config, 'shared-networks')))
		take(member(network, key), textOf(member(network, 'name')));
	return subnets;
};

/** A place as attributes: what the configuration does not know of it is left out. */
export const attributesOf = (
	{ subnet, pool, isPrefixPool }: Place,
	subnets: Subnets,
): Record<string, string> => {
	if (subnet === undefined) return {};
	const known = subnets.get(subnet);
	const all: Record<string, string> = { subnet_id: subnet };
	if (known) all.subnet = known.subnet;
	if (known?.sharedNetwork !== undefined) all.shared_network = known.sharedNetwork;
	if (pool === undefined) return all;
	all[isPrefixPool ? 'pd_pool_id' : 'pool_id'] = pool;
	const text = (isPrefixPool ? known?.prefixPools : known?.pools)?.get(pool);
	if (text !== undefined) all.pool = text;
	return all;
};
