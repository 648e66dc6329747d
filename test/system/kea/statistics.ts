// Real Kea servers under perfdhcp: what kea-stats prints is what was sent, message for message.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Gauge, Notice, Sum } from '../../../filters/lib/record.ts';
import { runAsNobody } from '../../harness/as-nobody.ts';
import { isRoot, testWith } from '../../parts.ts';
import { run, start } from '../../program.ts';
import { until } from '../../servers/carbon.ts';
import { certificateIn } from '../../servers/certificate.ts';
import {
	type Exchange,
	type Kea,
	keaLacks,
	perfdhcp,
	startControlAgent,
	startKea,
} from '../../servers/kea.ts';

const test = suite('system: kea-stats');
const lack = keaLacks();
const real = (name: string, body: () => Promise<void>) => testWith(test, lack, name, body);

const dir = mkdtempSync(join(tmpdir(), 'kea-system-'));
test.after(() => rmSync(dir, { recursive: true }));

type Of = Record<string, string>;

/** What a print says. */
const reading = (text: string) => {
	const records = text
		.split('\n')
		.filter((line) => line.startsWith('{'))
		.map((line) => JSON.parse(line) as Sum | Gauge | Notice);
	const measures = records.filter((record) => record.type !== 'notice');
	const find = (metric: string, of: Of) =>
		measures.filter(
			(record) =>
				record.metric === metric &&
				Object.entries(of).every(([name, value]) => record.attributes[name] === value),
		);
	return {
		find,
		value: (metric: string, of: Of = {}) => {
			const found = find(metric, of);
			assert.ok(found.length < 2, `${metric} ${JSON.stringify(of)} is several`);
			return found[0]?.value;
		},
		notices: records.filter((record) => record.type === 'notice'),
	};
};

const once4 = async (...args: string[]) => {
	const { status, stdout, stderr } = await run('kea-stats', ['--once', '--host', 'h', ...args]);
	assert.is(status, 0, stderr);
	return reading(stdout);
};

for (const threads of [0, 4])
	real(`v4 with ${threads} threads: each message that perfdhcp sent or got, tolerance 0`, async () => {
		const kea = await startKea({ family: 4, threads, hooks: ['stat_cmds'] });
		const load = await perfdhcp(kea, { count: 300, rate: 150, clients: 300, more: ['-F', '20'] });
		const print = await once4('--socket', kea.socket);
		const exchanges = load.exchanges as Record<string, Exchange>;
		const [dora, ack, release] = ['DISCOVER-OFFER', 'REQUEST-ACK', 'RELEASE'].map((name) => exchanges[name]);
		// A release has no answer, which perfdhcp takes for a drop.
		assert.equal([dora!.drops, ack!.drops, release!.sent > 0], [0, 0, true], load.text);
		const count = (direction: string, message: string) =>
			print.value('kea_packets', { service: 'dhcp4', direction, message });
		assert.equal([count('received', 'discover'), count('sent', 'offer')], [dora!.sent, dora!.received]);
		assert.equal([count('received', 'request'), count('sent', 'ack')], [ack!.sent, ack!.received]);
		assert.is(count('received', 'release'), release!.sent);
		assert.is(count('sent', 'nak'), 0);
		const released = release!.sent;
		assert.is(
			print.value('kea_server_packets', { direction: 'received' }),
			dora!.sent + ack!.sent + released,
		);
		assert.is(print.value('kea_server_packets', { direction: 'sent' }), dora!.received + ack!.received);
		assert.is(print.value('kea_dropped'), 0);
		const place = { subnet_id: '1', subnet: '127.0.0.0/8' };
		const assigned = print.value('kea_addresses', { ...place, kind: 'assigned' });
		assert.is(assigned, Number(print.value('kea_assignments', place)) - released);
		assert.is(print.value('kea_addresses', { ...place, kind: 'total' }), 65_534);
		assert.is(print.value('kea_utilisation', place), Number(assigned) / 65_534);
		assert.is(print.value('kea_threads') ?? 0, threads);
		assert.is(print.value('kea_info', { version: '2.2.0' }), 1);
		await kea.end();
	});

real('v6 with addresses and prefixes: messages, leases of both kinds, renewals', async () => {
	const kea = await startKea({ family: 6, threads: 4 });
	const more = ['-e', 'address-and-prefix', '-f', '20'];
	const load = await perfdhcp(kea, { count: 200, rate: 100, clients: 200, more });
	const print = await once4('--socket', kea.socket);
	const { 'SOLICIT-ADVERTISE': first, 'REQUEST-REPLY': second, 'RENEW-REPLY': third } = load.exchanges;
	assert.is(load.code, 0, load.text);
	assert.ok(third!.sent > 0, 'no renewal was sent');
	const count = (direction: string, message: string) =>
		print.value('kea_packets', { service: 'dhcp6', direction, message });
	assert.equal([count('received', 'solicit'), count('sent', 'advertise')], [first!.sent, first!.received]);
	assert.is(count('received', 'request'), second!.sent);
	assert.is(count('received', 'renew'), third!.sent);
	assert.is(count('sent', 'reply'), second!.received + third!.received);
	const place = { subnet_id: '1', subnet: '2001:db8:1::/48', kind: 'assigned' };
	for (const lease_type of ['na', 'pd'])
		assert.is(print.value('kea_addresses', { ...place, lease_type }), 200);
	await kea.end();
});

real('a shared network that is used up: its subnets are full, and failures are counted', async () => {
	const pools = (range: string) => [{ pool: range }];
	const subnet4 = [
		{ id: 1, subnet: '127.0.0.0/8', pools: pools('127.1.0.1-127.1.0.20') },
		{ id: 7, subnet: '10.2.0.0/16', pools: pools('10.2.0.1-10.2.0.10') },
	];
	const exhausted = async (): Promise<Kea> => {
		let text = '';
		for (let tries = 0; tries < 5; tries++) {
			const kea = await startKea({ family: 4, sharedNetworks: [{ name: 'floor', subnet4 }] });
			const load = await perfdhcp(kea, { count: 100, rate: 100, clients: 100 });
			if (load.exchanges['DISCOVER-OFFER']!.drops === 70) return kea;
			// An address that is offered is not taken yet: on a busy machine two clients may be offered the same one.
			text = load.text;
			await kea.end();
		}
		return assert.unreachable(text) as never;
	};
	const kea = await exhausted();
	const print = await once4('--socket', kea.socket);
	const network = { shared_network: 'floor' };
	assert.is(print.value('kea_network_utilisation', network), 1);
	const failures = print.find('kea_allocation_failures', { ...network, cause: 'exhausted' });
	assert.is(
		failures.reduce((sum, { value }) => sum + Number(value), 0),
		70,
	);
	assert.is(print.value('kea_server_allocation_failures', { cause: 'exhausted' }), 70);
	assert.equal(
		print.find('kea_utilisation', network).map(({ attributes, value }) => [attributes.subnet, value]),
		[
			['127.0.0.0/8', 1],
			['10.2.0.0/16', 1],
		],
	);
	await kea.end();
});

/** A packet that can be read, of a client that nobody knows, with these options behind the cookie. */
const readable = (...options: number[]): Buffer => {
	const fixed = Buffer.alloc(236);
	fixed.set([1, 1, 6]);
	return Buffer.concat([fixed, Buffer.from([0x63, 0x82, 0x53, 0x63, ...options, 255])]);
};

real(
	'what is dropped is that which has a cause and that which has none, and neither counts twice',
	async () => {
		const kea = await startKea({ family: 4 });
		const udp = createSocket('udp4');
		const unreadable = [Buffer.alloc(236), Buffer.alloc(240, 255), Buffer.alloc(300), Buffer.alloc(1400, 1)];
		// Without a type, of a type that is none, for another server: Kea 2.2 does not count why.
		const unwanted = [readable(), readable(53, 1, 99), readable(53, 1, 3, 54, 4, 10, 9, 9, 9)];
		const all = [...unreadable, ...unwanted];
		for (const shape of all) await new Promise((resolve) => udp.send(shape, kea.port, '127.0.0.1', resolve));
		let own: Record<string, number> = {};
		for (let tries = 0; tries < 100 && own['pkt4-receive-drop'] !== all.length; tries += 1)
			own = await kea.statistics();
		udp.close();
		assert.is(own['pkt4-received'], all.length);
		const print = await once4('--socket', kea.socket);
		const causes = print.find('kea_drops', {});
		const sum = causes.reduce((whole, { value }) => whole + Number(value), 0);
		assert.equal(
			causes.map(({ attributes }) => attributes.cause),
			['parse-failed'],
		);
		assert.is(print.value('kea_drops', { cause: 'parse-failed' }), own['pkt4-parse-failed']);
		assert.is(sum, unreadable.length);
		assert.is(sum + unwanted.length, print.value('kea_dropped'));
		assert.is(print.value('kea_dropped'), own['pkt4-receive-drop']);
		await kea.end();
	},
);

real('a pool larger than Kea can count is a notice', async () => {
	const subnets = [{ id: 1, subnet: '2001:db8:1::/48', pools: [{ pool: '2001:db8:1::/48' }] }];
	const kea = await startKea({ family: 6, subnets });
	const print = await once4('--socket', kea.socket);
	assert.is(print.value('kea_addresses', { kind: 'total', lease_type: 'na' }), '18446744073709551615');
	assert.equal(
		print.notices.map(({ kind }) => kind),
		['saturated'],
	);
	await kea.end();
});

real('killed and started again, and its counters reset: both are seen', async () => {
	const kea = await startKea({ family: 4 });
	const child = start('kea-stats', ['--host', 'h', '-i', '200ms', '--socket', kea.socket]);
	let text = '';
	child.stdout!.on('data', (piece) => {
		text += piece;
	});
	/** The last whole print. */
	const last = () => reading(`#!ts${text.split('#!ts').at(-2) ?? ''}`);
	const offers = () => {
		const [counter] = last().find('kea_packets', { direction: 'sent', message: 'offer' });
		return counter as Sum | undefined;
	};
	const { exchanges } = await perfdhcp(kea, { count: 50, rate: 100 });
	await until(() => offers()?.value === exchanges['DISCOVER-OFFER']!.sent);
	const began = offers()!.start!;
	await kea.command('statistic-reset-all');
	await until(() => offers()?.value === 0);
	assert.ok(offers()!.start! > began);
	assert.ok(reading(text).notices.some(({ kind, count }) => kind === 'reset' && Number(count) > 1));
	await kea.kill();
	await until(() => last().value('kea_up') === 0);
	await kea.restart();
	await until(() => last().value('kea_up') === 1);
	assert.ok(reading(text).notices.some(({ detail }) => /^Kea began again: its process was/.test(detail!)));
	// Leases were in a file, and its counters were not.
	assert.is(last().value('kea_addresses', { kind: 'assigned' }), exchanges['REQUEST-ACK']!.sent);
	assert.is(offers()!.value, 0);
	assert.ok(offers()!.start! > began);
	child.kill('SIGTERM');
	assert.equal(await once(child, 'exit'), [0, null]);
	await kea.end();
});

real('over a control agent with a password, and with TLS', async () => {
	const [four, six] = await Promise.all([startKea({ family: 4 }), startKea({ family: 6 })]);
	const { exchanges } = await perfdhcp(four, { count: 20, rate: 100 });
	const acks = exchanges['REQUEST-ACK']!.sent;
	const file = join(dir, 'auth');
	writeFileSync(file, 'bpf:s3cret word\n', { mode: 0o600 });
	const sockets = { dhcp4: four.socket, dhcp6: six.socket };
	const clients = [{ user: 'bpf', password: 's3cret word' }];
	const plain = await startControlAgent({ sockets, clients });
	const print = await once4('--url', plain.url, '--auth-file', file);
	assert.is(print.value('kea_packets', { direction: 'sent', message: 'ack' }), acks);
	assert.equal(
		print.find('kea_up', {}).map(({ attributes, value }) => [attributes.service, value]),
		[
			['dhcp4', 1],
			['dhcp6', 1],
		],
	);
	const refused = await run('kea-stats', ['--once', '--url', plain.url]);
	assert.is(refused.status, 77);
	const { file: cert } = certificateIn(dir);
	const key = join(dir, 'key.pem');
	const safe = await startControlAgent({ sockets, clients, tls: { cert, key, ca: cert } });
	const over = await once4('--url', safe.url, '--auth-file', file, '--ca-file', cert, '--service', 'dhcp4');
	assert.is(over.value('kea_packets', { direction: 'sent', message: 'ack' }), acks);
	const foreign = await run('kea-stats', ['--once', '--url', safe.url, '--auth-file', file]);
	assert.is(foreign.status, 69);
	assert.match(foreign.stderr, /self-signed certificate/);
	await six.stop();
	const half = await run('kea-stats', ['--once', '--url', plain.url, '--auth-file', file]);
	assert.is(half.status, 69);
	assert.is(reading(half.stdout).value('kea_up', { service: 'dhcp6' }), 0);
	assert.is(reading(half.stdout).value('kea_up', { service: 'dhcp4' }), 1);
	await Promise.all([four.end(), six.end(), plain.end(), safe.end()]);
});

if (isRoot)
	real('a user who may not reach the socket is told so', async () => {
		const kea = await startKea({ family: 4 });
		const { status, stderr } = await runAsNobody('kea-stats', ['--once', '--socket', kea.socket]);
		assert.is(status, 77);
		assert.match(stderr, /permission denied; whoever may write to it is let in/);
		await kea.end();
	});

test.run();
