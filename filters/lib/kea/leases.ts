// leases: how full subnets, pools and shared networks are, from the addresses that a print has

import { type Json, member, wholeOf } from '../json/json.ts';
import { type Exact, toBigInt } from '../record.ts';
import { meaningOf } from './names.ts';
import type { Series, Sheet } from './sheet.ts';

/**
 * The rows of `stat-lease4-get` and `stat-lease6-get` under the names of the statistics that they stand in for: the hook
 * asks the lease database, which other servers write to as well.
 */
export const leasesIn = (args: Json | undefined): Map<string, bigint> => {
	const set = member(args, 'result-set');
	const [columns, rows] = [member(set, 'columns'), member(set, 'rows')];
	const leases = new Map<string, bigint>();
	if (!Array.isArray(columns) || !Array.isArray(rows)) return leases;
	const at = columns.indexOf('subnet-id');
	for (const row of rows) {
		const id = Array.isArray(row) ? wholeOf(row[at]) : undefined;
		if (id === undefined) continue;
		for (const [index, column] of columns.entries()) {
			const value = wholeOf((row as Json[])[index]);
			if (typeof column !== 'string' || value === undefined) continue;
			// What was counted up is of this server alone, and stands in its statistics.
			if (meaningOf(column, { subnet: '0' }).metric === 'kea_addresses')
				leases.set(`subnet[${id}].${column.replace(/^declined-nas$/, 'declined-addresses')}`, value);
		}
	}
	return leases;
};

/** What utilisation is made of, for one place and kind of lease. */
type Room = { series: Series; total?: bigint; assigned?: bigint };

/** Gathers addresses, and prints of what is assigned how large a part of the total it is. */
export type Utilisation = {
	take: (series: Series, value: Exact) => void;
	print: (sheet: Sheet) => void;
};

const isPart = (kind: string | undefined): kind is 'total' | 'assigned' =>
	kind === 'total' || kind === 'assigned';

export const createUtilisation = (): Utilisation => {
	const rooms = new Map<string, Room>();
	const add = (
		metric: string,
		attributes: Record<string, string>,
		kind: 'total' | 'assigned',
		value: bigint,
	) => {
		const key = JSON.stringify([metric, attributes]);
		const room = rooms.get(key) ?? { series: { metric, unit: '1', attributes } };
		room[kind] = (room[kind] ?? 0n) + value;
		rooms.set(key, room);
	};
	return {
		take: ({ metric, attributes }, value) => {
			const { kind, ...place } = attributes;
			if (!metric.endsWith('_addresses') || !isPart(kind)) return;
			add(metric.replace(/addresses$/, 'utilisation'), place, kind, toBigInt(value));
			const { service, server, shared_network, lease_type } = place;
			if (metric !== 'kea_addresses' || shared_network === undefined) return;
			const network = { service: service!, ...(server !== undefined && { server }), shared_network };
			const own = lease_type === undefined ? network : { ...network, lease_type };
			add('kea_network_utilisation', own, kind, toBigInt(value));
		},
		print: (sheet) => {
			for (const { series, total, assigned } of rooms.values())
				if (total !== undefined && total > 0n && assigned !== undefined)
					sheet.gauge(series, Number(assigned) / Number(total));
		},
	};
};
