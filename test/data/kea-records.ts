// kea-records: what is recorded of a real Kea, as records that end at a time of ours, and statistics made by hand beside them

import { join } from 'node:path';
import type { AnyRecord, Notice } from '../../filters/lib/record.ts';
import { ROOT, run } from '../program.ts';

export type Service = 'dhcp4' | 'dhcp6';
export type KeaRecord = AnyRecord & {
	ts: number;
	start?: number;
	metric: string;
	attributes: Record<string, string>;
	value?: number;
	buckets?: [number, number | null, number][];
	synthetic?: boolean;
};

const SCRIPTS: Record<Service, string> = { dhcp4: 'kea-dhcp4', dhcp6: 'kea-dhcp6' };

/** The records of the session, by the programs that make them of it, moved so that the last is of `end`. */
export const sessionRecords = async (
	service: Service,
	end: number,
	{ isSynthetic = true }: { isSynthetic?: boolean } = {},
): Promise<KeaRecord[]> => {
	const path = join(ROOT, 'bpftrace', SCRIPTS[service]);
	const { stdout: text } = await run('replay', ['--speed', '0', '--as-recorded', `${path}.session`]);
	const args = ['--maps', `${path}.bt`, '--attribute', `service=${service}`];
	const { stdout } = await run('parse-histogram', args, text);
	const records = stdout
		.split('\n')
		.filter((line) => line.startsWith('{'))
		.map((line) => JSON.parse(line) as KeaRecord);
	const shift = end - Math.max(...records.map(({ ts }) => ts));
	return records.map(({ synthetic, ...record }) => ({
		...record,
		ts: record.ts + shift,
		...(record.start !== undefined && { start: record.start + shift }),
		...(isSynthetic && synthetic && { synthetic }),
	}));
};

/** What the history shows of a series: all that it counted, for the recordings begin with their tracer. */
export const increaseOf = (
	records: KeaRecord[],
	metric: string,
	attributes: Record<string, string>,
): { value: number; buckets: Map<string, number> } => {
	const own = records.filter(
		(one) =>
			one.type !== 'notice' &&
			one.metric === metric &&
			Object.entries(attributes).every(([name, value]) => one.attributes[name] === value),
	);
	const buckets = new Map<string, number>();
	let value = 0;
	for (const { value: count, buckets: rows } of new Map(
		own.map((one) => [JSON.stringify(one.attributes), one]),
	).values()) {
		value += count ?? 0;
		for (const [lower, upper, inRow] of rows ?? []) {
			const bucket = `${lower}-${upper}`;
			buckets.set(bucket, (buckets.get(bucket) ?? 0) + inRow);
		}
	}
	return { value, buckets };
};

/** The bucket in which a percentile lies, counted one by one. */
export const bucketAt = (buckets: Map<string, number>, percent: number): string | undefined => {
	const sorted = [...buckets].sort((a, b) => Number.parseInt(a[0], 10) - Number.parseInt(b[0], 10));
	const values = sorted.flatMap(([bucket, count]) => Array.from({ length: count }, () => bucket));
	return values[Math.max(0, Math.ceil((values.length * percent) / 100) - 1)];
};

type Subnet = {
	id: string;
	cidr: string;
	network?: string;
	total: number;
	assigned: number;
	declined?: number;
	failures?: number;
};

/** A print of kea-stats: messages and drops counted so far, subnets as they are. */
export const statisticsAt = (
	ts: number,
	service: Service,
	counted: Record<'received' | 'sent' | 'drops', Record<string, number>> & { dropped: number },
	subnets: Subnet[],
	host = 'vm',
): KeaRecord[] => {
	const base = { ts, host };
	const sum = (metric: string, unit: string, attributes: Record<string, string>, value: number) =>
		({
			type: 'sum',
			...base,
			start: ts - 3_600_000,
			metric,
			unit,
			attributes: { service, ...attributes },
			temporality: 'cumulative',
			monotonic: true,
			value,
		}) as unknown as KeaRecord;
	const gauge = (metric: string, unit: string, attributes: Record<string, string>, value: number) =>
		({
			type: 'gauge',
			...base,
			metric,
			unit,
			attributes: { service, ...attributes },
			value,
		}) as unknown as KeaRecord;
	const lease: Record<string, string> = service === 'dhcp6' ? { lease_type: 'na' } : {};
	return [
		gauge('kea_up', '1', {}, 1),
		...(['received', 'sent'] as const).flatMap((direction) =>
			Object.entries(counted[direction]).map(([message, value]) =>
				sum('kea_packets', '{packet}', { direction, message }, value),
			),
		),
		sum('kea_dropped', '{packet}', {}, counted.dropped),
		...Object.entries(counted.drops).map(([cause, value]) => sum('kea_drops', '{packet}', { cause }, value)),
		...subnets.flatMap(({ id, cidr, network, total, assigned, declined = 0, failures = 0 }) => {
			const place: Record<string, string> = {
				subnet_id: id,
				subnet: cidr,
				...(network !== undefined && { shared_network: network }),
			};
			return [
				gauge('kea_addresses', '{address}', { ...place, ...lease, kind: 'total' }, total),
				gauge('kea_addresses', '{address}', { ...place, ...lease, kind: 'assigned' }, assigned),
				gauge('kea_addresses', '{address}', { ...place, kind: 'declined' }, declined),
				...(total > 0 ? [gauge('kea_utilisation', '1', { ...place, ...lease }, assigned / total)] : []),
				sum('kea_allocation_failures', '{failure}', { ...place, cause: 'exhausted' }, failures),
			];
		}),
	];
};

/** That a build of Kea does not let something be measured. */
export const missingProbe = (ts: number, service: Service, detail: string): Notice =>
	({
		type: 'notice',
		ts,
		host: 'vm',
		metric: SCRIPTS[service],
		kind: 'missing_probe',
		count: 1,
		detail,
	}) as Notice;
