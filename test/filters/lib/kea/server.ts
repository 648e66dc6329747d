import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { answerIn, KeaError } from '../../../../filters/lib/kea/answer.ts';
import { createServer } from '../../../../filters/lib/kea/server.ts';
import { createSheet, type Said as Notices } from '../../../../filters/lib/kea/sheet.ts';
import type { Log } from '../../../../filters/lib/log.ts';
import type { Gauge, Notice, Sum } from '../../../../filters/lib/record.ts';
import { type Said, saidBy, statistics } from '../../../servers/fake-kea.ts';

const test = suite('lib/kea/server');

const TS = 1795258700000;
const signal = new AbortController().signal;

/** A server that is asked, with all that it said and that was said of it. */
const serverOf = (service: string, first: (command: string) => Said) => {
	let answer = first;
	let said: Notices = new Set();
	const asked: string[] = [];
	const logged: string[] = [];
	const faults: string[] = [];
	const say = (message: string) => logged.push(message);
	const log = { error: say, warn: say, info: say, debug: say, settle: () => {} } as unknown as Log;
	const server = createServer({
		service,
		common: { service },
		ask: async (command) => {
			asked.push(command);
			const text = answer(command);
			return answerIn(typeof text === 'string' ? text : JSON.stringify(text));
		},
		log,
		count: () => {},
		fault: (what) => faults.push(what),
	});
	const poll = async (ts: number) => {
		const sheet = createSheet(ts, 'h', said, ({ metric }) => faults.push(`${metric} twice`));
		await server.poll(sheet, signal);
		said = sheet.said;
		const records = sheet.records();
		const measures = records.filter((record) => record.type !== 'notice') as (Gauge | Sum)[];
		return {
			records,
			notices: records.filter((record) => record.type === 'notice') as Notice[],
			of: (metric: string) => measures.filter((record) => record.metric === metric),
			value: (metric: string, attributes: Record<string, string> = {}) =>
				measures.find(
					(record) =>
						record.metric === metric &&
						Object.entries(attributes).every(([name, value]) => record.attributes[name] === value),
				)?.value,
		};
	};
	return {
		poll,
		asked,
		logged,
		faults,
		become: (next: (command: string) => Said) => {
			answer = next;
		},
	};
};

const CONFIG = {
	Dhcp4: {
		subnet4: [{ id: 1, subnet: '192.0.2.0/24', pools: [{ pool: '192.0.2.1-192.0.2.9' }] }],
		'shared-networks': [
			{
				name: 'floor "1"\n',
				subnet4: [
					{
						id: 2,
						subnet: '10.2.0.0/16',
						pools: [
							{ pool: '10.2.0.1-10.2.0.4' },
							{ pool: '10.2.1.1-10.2.1.4', 'pool-id': 5 },
							{ pool: '10.2.2.1-10.2.2.4', 'pool-id': 5 },
						],
					},
					{ id: 3, subnet: '10.3.0.0/16', pools: [] },
				],
			},
		],
	},
};

test('subnets have their CIDR, pools their text, and a shared network is as full as all of it', async () => {
	const values = {
		'subnet[1].total-addresses': 200,
		'subnet[1].assigned-addresses': 50,
		'subnet[2].total-addresses': 10,
		'subnet[2].assigned-addresses': 9,
		'subnet[2].pool[5].total-addresses': 8,
		'subnet[2].pool[5].assigned-addresses': 2,
		'subnet[3].total-addresses': 0,
		'subnet[3].assigned-addresses': 0,
		'subnet[4].total-addresses': 7,
	};
	const { poll } = serverOf(
		'dhcp4',
		saidBy({ config: CONFIG }, () => statistics(values)),
	);
	const print = await poll(TS);
	assert.is(print.value('kea_up'), 1);
	assert.is(print.value('kea_info', { version: '2.2.0' }), 1);
	assert.equal(
		print.of('kea_utilisation').map(({ attributes, value }) => [attributes, value]),
		[
			[{ service: 'dhcp4', subnet_id: '1', subnet: '192.0.2.0/24' }, 0.25],
			[{ service: 'dhcp4', subnet_id: '2', subnet: '10.2.0.0/16', shared_network: 'floor "1"\n' }, 0.9],
		],
	);
	assert.equal(
		print.of('kea_network_utilisation').map(({ attributes, value }) => [attributes, value]),
		[[{ service: 'dhcp4', shared_network: 'floor "1"\n' }, 0.9]],
	);
	const [pool] = print.of('kea_pool_utilisation');
	assert.is(pool!.value, 0.25);
	assert.is(pool!.attributes.pool_id, '5');
	assert.is(pool!.attributes.pool, '10.2.1.1-10.2.1.4, 10.2.2.1-10.2.2.4');
	// Nobody has configured it: it is there all the same.
	assert.is(print.value('kea_addresses', { subnet_id: '4' }), 7);
});

test('numbers beyond 2^53 are exact, and those that Kea prints wrongly are notices', async () => {
	const values = {
		'subnet[1].total-nas': 18446744073709551615n,
		'subnet[1].assigned-nas': 9007199254740993n,
		'subnet[2].total-nas': -1,
		'subnet[3].total-pds': -9223372036854775808n,
		'subnet[3].assigned-pds': -2,
		'pkt6-reply-sent': 9007199254740995n,
	};
	const { poll } = serverOf(
		'dhcp6',
		saidBy({ config: { Dhcp6: {} } }, () => statistics(values)),
	);
	const print = await poll(TS);
	assert.is(print.value('kea_addresses', { subnet_id: '1', kind: 'total' }), '18446744073709551615');
	assert.is(print.value('kea_addresses', { subnet_id: '1', kind: 'assigned' }), '9007199254740993');
	assert.is(print.value('kea_packets', { message: 'reply' }), '9007199254740995');
	assert.is(print.value('kea_addresses', { subnet_id: '2' }), '18446744073709551615');
	assert.is(print.value('kea_addresses', { subnet_id: '3', kind: 'total' }), '9223372036854775808');
	assert.is(print.value('kea_addresses', { subnet_id: '3', kind: 'assigned' }), undefined);
	assert.equal(
		print.notices.map(({ kind, attributes }) => [kind, attributes!.subnet_id]),
		[
			['saturated', '2'],
			['wrapped_count', '3'],
			['negative', '3'],
		],
	);
	assert.equal((await poll(TS + 1000)).notices, [], 'said once while it holds');
});

test('the lease database is believed before what the server itself counted', async () => {
	const base = saidBy({ config: CONFIG }, () =>
		statistics({ 'subnet[1].total-addresses': 200, 'subnet[1].assigned-addresses': 3 }),
	);
	const { poll } = serverOf('dhcp4', (command) => {
		if (command === 'list-commands') return { result: 0, arguments: ['stat-lease4-get', 'config-get'] };
		if (command !== 'stat-lease4-get') return base(command);
		const columns = ['subnet-id', 'total-addresses', 'cumulative-assigned-addresses', 'assigned-addresses'];
		return {
			result: 0,
			arguments: { 'result-set': { columns, rows: [[1, 200, 900, 50], [9, 5, 5, 5], 'x'] } },
		};
	});
	const print = await poll(TS);
	assert.is(print.value('kea_addresses', { subnet_id: '1', kind: 'assigned' }), 50);
	assert.is(print.value('kea_utilisation', { subnet_id: '1' }), 0.25);
	assert.is(print.value('kea_addresses', { subnet_id: '9', kind: 'total' }), 5);
	assert.is(print.of('kea_assignments').length, 0, 'what others counted up is not ours');
});

test('a start, a reset of counters, and another process', async () => {
	let [acks, pid, uptime] = [5, 7, 10];
	const state = () => ({ status: { pid, uptime, reload: uptime } });
	const answer = (command: string) =>
		saidBy(state(), () => statistics({ 'pkt4-ack-sent': acks, 'pkt4-nak-sent': 1 }))(command);
	const { poll } = serverOf('dhcp4', answer);
	const starts = async (ts: number) => {
		const print = await poll(ts);
		const counters = print.of('kea_packets') as Sum[];
		return [counters.map(({ start }) => start), print.notices.map(({ kind, count }) => [kind, count])];
	};
	assert.equal(await starts(TS), [[TS - 10_000, TS - 10_000], []]);
	[acks, uptime] = [9, 21];
	// Kea says whole seconds: the start stays what it was.
	assert.equal(await starts(TS + 10_000), [[TS - 10_000, TS - 10_000], []]);
	acks = 2;
	assert.equal(await starts(TS + 20_000), [[TS + 10_000, TS - 10_000], [['reset', 1]]]);
	[acks, pid, uptime] = [3, 8, 4];
	assert.equal(await starts(TS + 30_000), [[TS + 26_000, TS + 26_000], [['reset', 1]]]);
});

test('commands that a server does not have are asked for once, and said', async () => {
	const base = saidBy({}, () => statistics({ 'pkt4-ack-sent': 1 }));
	const { poll, asked, logged } = serverOf('dhcp4', (command) =>
		command === 'statistic-get-all' || command === 'status-get'
			? base(command)
			: { result: 2, text: `'${command}' command not supported.` },
	);
	await poll(TS);
	await poll(TS + 1000);
	for (const command of ['list-commands', 'version-get', 'config-get', 'stat-lease4-get'])
		assert.is(asked.filter((one) => one === command).length, 1, command);
	assert.ok(logged.includes("stat-lease4-get: 'stat-lease4-get' command not supported.; done without"));
});

test('a configuration is asked for again when it was loaded again, or a subnet is new', async () => {
	let reload = 10;
	let values: Record<string, number> = { 'subnet[1].total-addresses': 1 };
	const { poll, asked } = serverOf('dhcp4', (command) =>
		saidBy({ config: CONFIG, status: { pid: 7, uptime: 10, reload } }, () => statistics(values))(command),
	);
	const configs = () => asked.filter((one) => one === 'config-get').length;
	await poll(TS);
	await poll(TS + 10_000);
	assert.is(configs(), 1);
	reload = 3;
	await poll(TS + 20_000);
	assert.is(configs(), 2);
	reload = 100;
	values = { 'subnet[8].total-addresses': 1 };
	await poll(TS + 30_000);
	await poll(TS + 40_000);
	await poll(TS + 50_000);
	assert.is(configs(), 3);
	await poll(TS + 400_000);
	assert.is(configs(), 4);
});

test('high availability: a gauge for each state, of us and of the partner', async () => {
	const remote = { age: 4, 'last-state': 'on-the-moon', role: 'standby', 'communication-interrupted': true };
	const local = { role: 'primary', state: 'partner-down', scopes: ['a'] };
	const status = {
		pid: 7,
		uptime: 10,
		'thread-pool-size': 4,
		'packet-queue-statistics': [1.5, 0, 1e-3],
		'high-availability': [{ 'ha-mode': 'hot-standby', 'ha-servers': { local, remote } }],
	};
	const { poll } = serverOf(
		'dhcp4',
		saidBy({ status }, () => '{}'),
	);
	const print = await poll(TS);
	const holds = print.of('kea_ha_state').filter(({ value }) => value === 1);
	assert.equal(
		holds.map(({ attributes: { peer, role, state, mode } }) => [peer, role, state, mode]),
		[
			['local', 'primary', 'partner-down', 'hot-standby'],
			['remote', 'standby', 'on-the-moon', 'hot-standby'],
		],
	);
	assert.is(print.value('kea_ha_state', { peer: 'local', state: 'hot-standby' }), 0);
	assert.is(print.value('kea_ha_interrupted', { peer: 'remote' }), 1);
	assert.is(print.value('kea_ha_age', { peer: 'remote' }), 4);
	assert.equal(
		print.of('kea_queue_length').map(({ value }) => value),
		[1.5, 0, 0.001],
	);
});

test('hostile statistics are text, twice is said, and what is no number is left out', async () => {
	const text = `{"a\\u0000\\"b": [[1, "x"]], "kea_up": [[0, "x"]], "pkt4-ack-sent": [[1, "x"]],
		"pkt4-ack-sent": [[2, "x"]], "list": [], "object": {"a": 1}, "word": [["up", "x"]], "float": [[1.5, "x"]],
		"time": [["00:00:01.5", "x"]], "${'n'.repeat(600)}": [[1, "x"]], "pkt4-nak-sent": [[0.5, "x"]]}`;
	const { poll, faults } = serverOf(
		'dhcp4',
		saidBy({}, () => text),
	);
	const print = await poll(TS);
	assert.is(print.value('a\u0000"b'), 1);
	assert.is(print.value('kea_up'), 1);
	assert.is(print.value('float'), 1.5);
	assert.equal(faults, [
		'kea_up twice',
		'kea_packets twice',
		'list is no number',
		'object is no number',
		'word is no number',
		'time is no number',
		'a statistic with a name of 600 characters',
		'pkt4-nak-sent is no number',
	]);
});

test('no statistics is no server', async () => {
	const base = saidBy({}, () => '{}');
	const { poll } = serverOf('dhcp4', (command) =>
		command === 'statistic-get-all' ? { result: 1, text: 'no' } : base(command),
	);
	const error = await poll(TS).catch((thrown: unknown) => thrown);
	assert.instance(error, KeaError);
	assert.is((error as Error).message, 'statistic-get-all: no');
});

test.run();
