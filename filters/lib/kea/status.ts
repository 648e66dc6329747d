// status: what a server says of itself: its process, its threads, and its state beside its partners

import { type Json, member, wholeOf } from '../json/json.ts';
import { exact } from '../record.ts';
import type { Sheet } from './sheet.ts';

/** When a process began and when it last read its configuration, in ms since the epoch. */
export type Status = { pid: string; start: number | undefined; loaded: number | undefined };

const secondsBefore = (value: Json | undefined, now: number): number | undefined => {
	const seconds = wholeOf(value);
	return seconds === undefined || seconds < 0n || seconds > BigInt(now) / 1000n
		? undefined
		: now - Number(seconds) * 1000;
};

export const statusIn = (args: Json | undefined, now: number): Status => ({
	pid: wholeOf(member(args, 'pid'))?.toString() ?? '',
	start: secondsBefore(member(args, 'uptime'), now),
	loaded: secondsBefore(member(args, 'reload'), now),
});

const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '');
const floatOf = (value: Json | undefined): number => {
	if (typeof value === 'bigint') return Number(value);
	return typeof value === 'object' && value !== null && 'number' in value ? Number(value.number) : Number.NaN;
};

// Of Kea 2.2 to 3.2; another one is printed under its own name while it holds.
const STATES = [
	'backup',
	'communication-recovery',
	'hot-standby',
	'in-maintenance',
	'load-balancing',
	'partner-down',
	'partner-in-maintenance',
	'passive-backup',
	'ready',
	'syncing',
	'terminated',
	'unavailable',
	'waiting',
];

type Attributes = Record<string, string>;

/** Each state, 1 for the one that holds, so that a change of state is a change of values. */
const printState = (sheet: Sheet, attributes: Attributes, state: string) => {
	const all = state === '' || STATES.includes(state) ? STATES : [...STATES, state];
	for (const one of all) {
		const series = { metric: 'kea_ha_state', unit: '1', attributes: { ...attributes, state: one } };
		sheet.gauge(series, Number(one === state));
	}
};

const REMOTE: [name: string, metric: string, unit: string][] = [
	['age', 'kea_ha_age', 's'],
	['connecting-clients', 'kea_ha_connecting_clients', '{client}'],
	['unacked-clients', 'kea_ha_unacked_clients', '{client}'],
	['unacked-clients-left', 'kea_ha_unacked_clients_left', '{client}'],
	['analyzed-packets', 'kea_ha_analyzed_packets', '{packet}'],
];

const printPartners = (sheet: Sheet, common: Attributes, relation: Json) => {
	const servers = member(relation, 'ha-servers');
	const mode = textOf(member(relation, 'ha-mode'));
	for (const side of ['local', 'remote']) {
		const server = member(servers, side);
		if (server === undefined) continue;
		const name = textOf(member(server, 'server-name'));
		const role = textOf(member(server, 'role'));
		const attributes = { ...common, mode, peer: side, role, ...(name !== '' && { peer_name: name }) };
		printState(sheet, attributes, textOf(member(server, side === 'local' ? 'state' : 'last-state')));
		for (const [key, metric, unit] of REMOTE) {
			const value = wholeOf(member(server, key));
			if (value !== undefined) sheet.gauge({ metric, unit, attributes }, exact(value));
		}
		const isInterrupted = member(server, 'communication-interrupted');
		if (typeof isInterrupted === 'boolean')
			sheet.gauge({ metric: 'kea_ha_interrupted', unit: '1', attributes }, Number(isInterrupted));
	}
};

// Kea gives the mean length of its queue over so many packets.
const OVER = ['10', '100', '1000'];

/** What `status-get` says, as gauges. */
export const printStatus = (sheet: Sheet, attributes: Attributes, args: Json | undefined): void => {
	const whole = (key: string, metric: string, unit: string) => {
		const value = wholeOf(member(args, key));
		if (value !== undefined) sheet.gauge({ metric, unit, attributes }, exact(value));
	};
	whole('uptime', 'kea_uptime', 's');
	whole('thread-pool-size', 'kea_threads', '{thread}');
	const lengths = member(args, 'packet-queue-statistics');
	for (const [at, length] of (Array.isArray(lengths) ? lengths : []).entries()) {
		const value = floatOf(length);
		const own = { ...attributes, over: OVER[at] ?? String(at) };
		if (Number.isFinite(value))
			sheet.gauge({ metric: 'kea_queue_length', unit: '{packet}', attributes: own }, value);
	}
	const relations = member(args, 'high-availability');
	const all = Array.isArray(relations) ? relations : [];
	for (const [at, relation] of all.entries())
		printPartners(sheet, all.length > 1 ? { ...attributes, relation: String(at) } : attributes, relation);
};
