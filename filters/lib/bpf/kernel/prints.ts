// prints: what all maps hold at one time, print for print; what cannot be read is told once and left out

import type { Gauge, KnownRecord, Notice } from '../../record.ts';
import { errnoName } from '../errno.ts';
import type { Plan } from '../plan.ts';
import { createRecords } from '../records.ts';
import type { State } from './handover.ts';
import type { Libbpf } from './libbpf.ts';
import { createReading, Unreadable } from './reading.ts';

type Ways = { host: string; warn: (message: string) => void };

/** Makes prints: the records of a time, notices of what is left out with the first of them. */
export const createPrints = (
	bpf: Libbpf,
	plan: Plan,
	{ maps, missing, leftOut }: State,
	{ host, warn }: Ways,
) => {
	const read = createReading(bpf);
	const troubles: Omit<Notice, 'ts'>[] = [];
	const tell = (kind: string, detail: string, metric?: string) => {
		warn(detail);
		troubles.push({ type: 'notice', host, ...(metric && { metric }), kind, count: 1, detail });
	};
	// A notice is told once; these go on for as long as it is so, for whoever comes later.
	const lacking: Record<string, string>[] = [];
	const lack = (what: 'program' | 'map', name: string) => lacking.push({ what, name });
	for (const { program, section, reason } of leftOut) {
		lack('program', program);
		tell('missing_probe', `program ${program} (${section}) is left out: ${reason}`);
	}
	const metricsOf = (name: string) =>
		plan.find(({ map }) => map.name === name)?.metrics.map(({ metric }) => metric.name) ?? [];
	for (const name of missing) {
		lack('map', name);
		tell('unreadable', `map ${name} is not there or has no entries to read; left out`, metricsOf(name)[0]);
	}
	if (maps.some(({ isOld }) => isOld))
		tell('gap', 'the counts of pinned maps go on; nothing was counted between the run before and this one');
	const open = maps.flatMap((map) => {
		const found = plan.find((one) => one.map.name === map.name)!;
		const isAsSaid = map.keySize === found.map.keySize && map.valueSize === found.map.valueSize;
		if (!isAsSaid)
			tell('unreadable', `map ${map.name} has other sizes than its types; left out`, metricsOf(map.name)[0]);
		return isAsSaid ? [{ map, records: createRecords(found, map.isOld), isLost: false }] : [];
	});
	const entriesOf = (one: (typeof open)[number]) => {
		try {
			return read(one.map);
		} catch (error) {
			if (!(error instanceof Unreadable)) throw error;
			one.isLost = true;
			lack('map', one.map.name);
			tell(
				'unreadable',
				`map ${one.map.name} cannot be read (${errnoName(error.errno)}); left out from now on`,
				metricsOf(one.map.name)[0],
			);
			return [];
		}
	};
	return {
		/** Since when the print counts: the earliest of its maps. */
		start: Math.min(...maps.map(({ start }) => start)),
		at: (ts: number): KnownRecord[] => {
			const records = open
				.filter(({ isLost }) => !isLost)
				.flatMap((one) => {
					const entries = entriesOf(one);
					return one.isLost ? [] : one.records(entries, { ts, start: one.map.start, host });
				});
			const gauges = lacking.map(
				(attributes): Gauge => ({
					type: 'gauge',
					ts,
					host,
					metric: 'bpf_missing',
					unit: '1',
					attributes,
					value: 1,
				}),
			);
			return [...troubles.splice(0).map((notice): Notice => ({ ...notice, ts })), ...records, ...gauges];
		},
	};
};
