// What the probes count on real Kea servers under perfdhcp, beside what perfdhcp and Kea itself count.

import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import {
	copyFileSync,
	existsSync,
	mkdtempSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Histogram, KnownRecord, Notice, Sum } from '../../../filters/lib/record.ts';
import { bpftraceLacks, commandsLack, testWith } from '../../parts.ts';
import { outcome, ROOT, run, start } from '../../program.ts';
import {
	type Family,
	type Kea,
	type KeaOptions,
	keaLacks,
	type Load,
	perfdhcp,
	startKea,
} from '../../servers/kea.ts';

const LACK = keaLacks() || bpftraceLacks();
const test = suite('system: probes of Kea');

const scriptOf = (family: number) => join(ROOT, 'bpftrace', `kea-dhcp${family}.bt`);
const until = async (isSo: () => boolean) => {
	for (const deadline = performance.now() + 30_000; !isSo(); await sleep(50))
		if (performance.now() > deadline) throw new Error(`not so within 30 s: ${isSo}`);
};
const recordsIn = (text: string): KnownRecord[] =>
	text
		.split('\n')
		.filter((line) => line.startsWith('{'))
		.map((line) => JSON.parse(line));

/** The processes that a process has started. */
const childrenOf = (pid: number): number[] =>
	readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ').filter(Boolean).map(Number);

/** Probes on a server while `act` runs; the records of the last print, by bpftrace-run and parse-histogram as users pipe them. */
const measured = async (kea: Kea, act: () => Promise<void>) => {
	const script = scriptOf(kea.family);
	const tracing = start('bpftrace-run', ['--pid', String(kea.pid()), script, '1']);
	const done = outcome(tracing);
	let text = '';
	tracing.stdout!.on('data', (piece) => {
		text += piece;
	});
	let said = '';
	tracing.stderr!.on('data', (piece) => {
		said += piece;
	});
	const prints = () => text.split('#!ts').length;
	await until(() => prints() > 1 || tracing.exitCode !== null);
	await act();
	// The last whole print behind all of it. An orderly end takes the probes off one by one, which is waited for elsewhere.
	const before = prints();
	await until(() => prints() > before + 1 || tracing.exitCode !== null);
	const whole = text.slice(0, text.lastIndexOf('#!ts'));
	assert.is(tracing.exitCode, null, said);
	for (const pid of childrenOf(tracing.pid!)) process.kill(pid, 'SIGKILL');
	tracing.kill('SIGKILL');
	await done;
	const parsed = await run('parse-histogram', ['--maps', script, '--host', 'h'], whole);
	assert.is(parsed.status, 0);
	const all = recordsIn(parsed.stdout);
	const last = all.at(-1)!.ts;
	const records = all.filter((record) => record.ts === last);
	const attributesOf = (record: KnownRecord) => Object.values(record.attributes ?? {}).join(' ');
	return {
		all,
		notices: all.filter((record): record is Notice => record.type === 'notice'),
		/** How many things each histogram of a metric holds, by its attributes. */
		counts: (metric: string) =>
			Object.fromEntries(
				records
					.filter((record): record is Histogram => record.type === 'histogram' && record.metric === metric)
					.map((record) => [
						attributesOf(record),
						record.buckets.reduce((sum, [, , count]) => sum + Number(count), 0),
					]),
			),
		sums: (metric: string) =>
			Object.fromEntries(
				records
					.filter((record): record is Sum => record.type === 'sum' && record.metric === metric)
					.map((record) => [attributesOf(record), Number(record.value)]),
			),
		histogram: (metric: string, attributes: string) =>
			records.find(
				(record): record is Histogram =>
					record.type === 'histogram' && record.metric === metric && attributesOf(record) === attributes,
			)!,
		gauges: (metric: string) =>
			Object.fromEntries(
				records
					.filter((record) => record.type === 'gauge' && record.metric === metric)
					.map((record) => [attributesOf(record), Number((record as Sum).value)]),
			),
	};
};

const withKea = async (options: KeaOptions, act: (kea: Kea) => Promise<void>) => {
	const kea = await startKea(options);
	try {
		await act(kea);
	} finally {
		await kea.end();
	}
};

/** The same, once more where packets were lost on the way to the server, which says nothing of our counts. */
const withoutLoss = async (options: KeaOptions, act: (kea: Kea) => Promise<string>) => {
	let lost = '';
	for (let tries = 0; tries < 3; tries++) {
		await withKea(options, async (kea) => {
			lost = await act(kea);
		});
		if (lost === '') return;
	}
	assert.unreachable(`packets were lost each time:\n${lost}`);
};

const STAGES = ['queue', 'unpack', 'subnet', 'reservation', 'allocation', 'answer', 'pack', 'send'];
const PAIRS = {
	4: { first: ['DISCOVER', 'OFFER'], second: ['REQUEST', 'ACK'] },
	6: { first: ['SOLICIT', 'ADVERTISE'], second: ['REQUEST', 'REPLY'] },
} as const;
const of = (statistics: Record<string, number>, name: string) => statistics[name] ?? 0;

for (const { family, threads } of [
	{ family: 4, threads: 0 },
	{ family: 4, threads: 4 },
	{ family: 6, threads: 0 },
	{ family: 6, threads: 4 },
] as const)
	testWith(
		test,
		LACK,
		`v${family}, ${threads} threads: packets, answers and stages as perfdhcp and Kea count them, to the packet`,
		() =>
			withoutLoss({ family, threads }, async (kea) => {
				let load: Load | undefined;
				const found = await measured(kea, async () => {
					load = await perfdhcp(kea, { count: 400, rate: 200 });
				});
				const { first, second } = PAIRS[family];
				// On a busy machine perfdhcp sends one or two more than it was told to.
				const exchanges = [first, second].map((pair) => load!.exchanges[pair.join('-')]!);
				if (exchanges.some(({ drops }) => drops > 0)) return load!.text;
				const [ones, twos] = exchanges.map(({ sent }) => sent) as [number, number];
				assert.ok(ones >= 400 && twos >= 400, load!.text);
				const statistics = await kea.statistics();
				const [asked, offered, wanted, given] = [...first, ...second].map((name) => name.toLowerCase());
				const received = (name: string) => of(statistics, `pkt${family}-${name}-received`);
				const sent = (name: string) => of(statistics, `pkt${family}-${name}-sent`);
				assert.equal(
					[received(asked!), sent(offered!), received(wanted!), sent(given!)],
					[ones, ones, twos, twos],
				);
				assert.equal(found.sums('packets'), {
					[`in ${first[0]}`]: ones,
					[`out ${first[1]}`]: ones,
					[`in ${second[0]}`]: twos,
					[`out ${second[1]}`]: twos,
				});
				assert.equal(found.counts('packet_processing_time'), {
					[first.join(' ')]: ones,
					[second.join(' ')]: twos,
				});
				assert.equal(
					found.counts('stage_time'),
					Object.fromEntries(
						STAGES.flatMap((stage) => [
							[`${stage} ${first[0]}`, ones],
							[`${stage} ${second[0]}`, twos],
						]),
					),
				);
				assert.equal(found.counts('lease_allocation_time'), { [first[0]]: ones, [second[0]]: twos });
				assert.is(found.counts('database_query_performance').add, twos);
				assert.equal(found.sums('packet_drop_rate'), {});
				assert.equal(found.notices, []);
				assert.ok(found.sums('network_traffic').out! > 400 * 100);
				assert.ok(Object.values(found.sums('cpu_usage')).every((ns) => ns > 0));
				assert.ok(found.gauges('memory_usage').data! > 1e6);
				return '';
			}),
	);

/** A DHCPv4 packet without an error in it: 236 bytes, the cookie, what it is, and more options. */
const packet = (type: number, options: number[] = [], cookie = [0x63, 0x82, 0x53, 0x63]): Buffer => {
	const fixed = Buffer.alloc(236);
	fixed.set([1, 1, 6, 0, 1, 2, 3, 4]);
	fixed.set([127, 0, 0, 1], 24);
	fixed.set([2, 0, 0, 0, 0, 9], 28);
	return Buffer.concat([fixed, Buffer.from([...cookie, 53, 1, type, ...options])]);
};
const with255 = (...options: number[]) => [...options, 255];

/** Ten kinds of what is no packet, or not for this server. */
const MALFORMED: [what: string, bytes: Buffer][] = [
	['empty but for one byte', Buffer.from([1])],
	['cut off in its fixed part', packet(1).subarray(0, 100)],
	['one byte short of its fixed part', packet(1).subarray(0, 235)],
	['without a cookie', packet(1).subarray(0, 236)],
	['with another cookie', packet(1, [255], [1, 2, 3, 4])],
	['with half a cookie', packet(1).subarray(0, 238)],
	['an option longer than what is left', packet(1, [61, 200, 1, 2])],
	['an option without its length', packet(1, [61])],
	['an address option of three bytes', packet(1, with255(50, 3, 10, 0, 0))],
	['a hardware address that is too long', Buffer.concat([Buffer.from([1, 1, 99]), packet(1).subarray(3)])],
	['a type of two bytes', Buffer.concat([packet(1).subarray(0, 240), Buffer.from([53, 2, 1, 1, 255])])],
	['without a type', Buffer.concat([packet(1).subarray(0, 240), Buffer.from([255])])],
	['a type that is none', packet(99, [255])],
	['zeros', Buffer.alloc(300)],
];

const sendAll = async (port: number, packets: Buffer[]) => {
	const socket = createSocket('udp4');
	await new Promise<void>((resolve) => socket.bind(port + 1, '127.0.0.1', resolve));
	for (const bytes of packets) {
		await new Promise((resolve) => socket.send(bytes, port, '127.0.0.1', resolve));
		await sleep(20);
	}
	socket.close();
};

testWith(test, LACK, 'malformed packets of many kinds: each is counted, and the server lives', () =>
	withKea({ family: 4 }, async (kea) => {
		const before = kea.pid();
		const found = await measured(kea, async () => {
			await sendAll(
				kea.port,
				MALFORMED.map(([, bytes]) => bytes),
			);
			const load = await perfdhcp(kea, { count: 10, rate: 50 });
			assert.is(load.code, 0, load.text);
		});
		assert.is(kea.pid(), before);
		const dropped = found.sums('packet_drop_rate');
		const statistics = await kea.statistics();
		const named = (cause: string) =>
			Object.entries(dropped)
				.filter(([name]) => name.endsWith(` ${cause}`))
				.reduce((sum, [, count]) => sum + count, 0);
		const total = Object.values(dropped).reduce((sum, count) => sum + count, 0);
		// What is cut off in its fixed part never becomes a packet, and no statistic of Kea knows of it.
		assert.is(named('truncated'), 3);
		assert.is(total - 3, of(statistics, 'pkt4-receive-drop'));
		assert.is(named('malformed'), of(statistics, 'pkt4-parse-failed'));
		assert.ok(named('malformed') >= 6);
		// The others of the list are taken for what they are not, and answered.
		assert.is(total + of(statistics, 'pkt4-offer-sent') - 10, MALFORMED.length);
		const errors = found.sums('error_rates');
		assert.ok(Object.keys(errors).length >= 6, JSON.stringify(errors));
		assert.is(errors['pkt4.cc 50'], 3);
	}),
);

testWith(
	test,
	LACK,
	'control: a return probe, in place of these, ends the server at the first malformed packet',
	() =>
		withKea({ family: 4 }, async (kea) => {
			const script = 'uretprobe:libkea-dhcp++:_ZN3isc4dhcp4Pkt46unpackEv\n{\n\t@ = count();\n}\n';
			const file = join(kea.folder, 'return.bt');
			writeFileSync(file, script);
			const tracing = start('bpftrace-run', ['--pid', String(kea.pid()), file]);
			const done = outcome(tracing);
			let said = '';
			tracing.stderr!.on('data', (piece) => {
				said += piece;
			});
			await until(() => said.includes('1 probes'));
			await sleep(1500);
			await sendAll(kea.port, [packet(1, [255], [1, 2, 3, 4])]);
			await until(() => said.includes('ended'));
			tracing.kill('SIGTERM');
			await done;
		}),
);

testWith(test, LACK, 'an exhausted pool: who gets nothing is counted as that, as Kea counts it', () => {
	const subnet = { id: 1, subnet: '127.0.0.0/8', pools: [{ pool: '127.1.0.1-127.1.0.5' }] };
	return withKea({ family: 4, subnets: [subnet] }, async (kea) => {
		const found = await measured(kea, async () => {
			await perfdhcp(kea, { count: 25, rate: 100, clients: 25 });
		});
		const failed = of(await kea.statistics(), 'v4-allocation-fail');
		assert.ok(failed >= 20, String(failed));
		const none = found.sums('allocation_failures');
		assert.is(
			Object.values(none).reduce((sum, count) => sum + count, 0),
			failed,
		);
		assert.is(found.sums('packet_drop_rate')['DISCOVER allocation'], none['DISCOVER none']);
		assert.equal(found.sums('error_rates'), {});
	});
});

/** Packets that the kernel threw away because a socket was full, by the port of the socket. */
const droppedAt = (port: number): number =>
	readFileSync('/proc/net/udp', 'latin1')
		.split('\n')
		.map((line) => line.trim().split(/\s+/))
		.filter(([, local]) => local?.endsWith(`:${port.toString(16).toUpperCase().padStart(4, '0')}`))
		.reduce((sum, fields) => sum + Number(fields.at(-1)), 0);

testWith(
	test,
	LACK,
	'as fast as this machine can: what a full queue drops, which no statistic of Kea knows of',
	() => {
		const threading = {
			'enable-multi-threading': true,
			'thread-pool-size': 4,
			'packet-queue-size': 4,
		};
		return withKea({ family: 4, threads: 4, more: { 'multi-threading': threading } }, async (kea) => {
			let sent = 0;
			const found = await measured(kea, async () => {
				const { exchanges } = await perfdhcp(kea, { count: 3000 });
				sent = Object.values(exchanges).reduce((sum, one) => sum + one.sent, 0);
			});
			const total = (sums: Record<string, number>, what: RegExp) =>
				Object.entries(sums)
					.filter(([name]) => what.test(name))
					.reduce((sum, [, count]) => sum + count, 0);
			const packets = found.sums('packets');
			const dropped = found.sums('packet_drop_rate');
			const statistics = await kea.statistics();
			assert.is(total(packets, /^in/), sent - droppedAt(kea.port));
			assert.is(total(packets, /^out/), of(statistics, 'pkt4-sent'));
			assert.is(total(packets, /^in/) - total(packets, /^out/), total(dropped, / queue$/));
			assert.is(total(dropped, /./), total(dropped, / queue$/));
			assert.ok(total(dropped, / queue$/) > 0);
			assert.is(of(statistics, 'pkt4-receive-drop'), 0);
			assert.is(of(statistics, 'pkt4-received'), total(packets, /^out/));
		});
	},
);

testWith(test, LACK, 'a NAK is an answer, a RELEASE without one is no drop', () =>
	withKea({ family: 4, more: { authoritative: true } }, async (kea) => {
		const found = await measured(kea, () =>
			sendAll(kea.port, [
				// An address of another network is asked for.
				packet(3, with255(50, 4, 10, 1, 1, 1)),
				packet(7, with255(54, 4, 127, 0, 0, 1)),
			]),
		);
		assert.is(of(await kea.statistics(), 'pkt4-nak-sent'), 1);
		assert.equal(found.counts('packet_processing_time'), { 'REQUEST NAK': 1, 'RELEASE none': 1 });
		assert.equal(found.sums('packet_drop_rate'), {});
		assert.equal(found.sums('packets'), { 'in REQUEST': 1, 'out NAK': 1, 'in RELEASE': 1 });
	}),
);

/** The upper end of the bucket that holds the quantile, and the lower. */
const bucketOf = ({ buckets }: Histogram, quantile: number): [lower: number, upper: number] => {
	const total = buckets.reduce((sum, [, , count]) => sum + Number(count), 0);
	let seen = 0;
	for (const [lower, upper, count] of buckets) {
		seen += Number(count);
		if (seen >= quantile * total) return [Number(lower), Number(upper)];
	}
	throw new Error('no bucket');
};

testWith(
	test,
	LACK || commandsLack('strace'),
	'a lease database that takes 20 ms for what it writes: the time is in the call, and in the stage around it',
	() =>
		withKea({ family: 4 }, async (kea) => {
			const found = await measured(kea, async () => {
				const delay = ['-f', '-e', 'trace=write', '-e', 'inject=write:delay_enter=20000', '-o', '/dev/null'];
				const slow = spawn('strace', [...delay, '-p', String(kea.pid())], { stdio: 'ignore' });
				await until(() => /^TracerPid:\t[1-9]/m.test(readFileSync(`/proc/${kea.pid()}/status`, 'utf8')));
				await perfdhcp(kea, { count: 10, rate: 5 });
				// perfdhcp has given up by then, and what waits in the socket would be fast once strace has let go.
				let [seen, now] = [-1, 0];
				for (; seen !== now; await sleep(2000))
					[seen, now] = [now, (await kea.statistics())['pkt4-received'] ?? 0];
				const gone = once(slow, 'exit');
				slow.kill('SIGTERM');
				await gone;
			});
			const slowest = (metric: string, attributes: string) =>
				bucketOf(found.histogram(metric, attributes), 0.5)[1];
			assert.ok(slowest('database_query_performance', 'add') >= 2 ** 25);
			assert.ok(slowest('stage_time', 'allocation REQUEST') >= 2 ** 25);
			assert.ok(slowest('packet_processing_time', 'REQUEST ACK') >= 2 ** 25);
			assert.ok(slowest('database_query_performance', 'get') < 2 ** 24);
			assert.ok(slowest('stage_time', 'pack REQUEST') < 2 ** 24);
		}),
);

/** The transaction and the type of a message, which in v6 a relay has wrapped: the option 9 behind its 34 bytes. */
const messageIn = (bytes: Buffer, family: Family): { transaction: string; type: number } => {
	if (family === 4) return { transaction: bytes.toString('hex', 4, 8), type: bytes[242]! };
	let at = 34;
	while (bytes.readUInt16BE(at) !== 9) at += 4 + bytes.readUInt16BE(at + 2);
	return { transaction: bytes.toString('hex', at + 5, at + 8), type: bytes[at + 4]! };
};

/** Of the link and of IP, before that of UDP. */
const HEADERS: Record<Family, number> = { 4: 14 + 20, 6: 14 + 40 };
/** What is answered by what. */
const ANSWERED: Record<Family, Record<number, number>> = { 4: { 2: 1, 5: 3 }, 6: { 2: 1, 7: 3 } };

/** How long each answer took on the wire, in nanoseconds, by transaction and type: from a capture with nanoseconds. */
const timesIn = (capture: Buffer, { family, port }: Kea) => {
	const [asked, answered] = [new Map<string, number>(), new Map<string, number>()];
	for (let at = 24; at + 16 <= capture.length; ) {
		const ns = capture.readUInt32LE(at) * 1e9 + capture.readUInt32LE(at + 4);
		const length = capture.readUInt32LE(at + 8);
		const udp = at + 16 + HEADERS[family];
		const { transaction, type } = messageIn(capture.subarray(udp + 8, at + 16 + length), family);
		// A transaction has two questions with one number: the type tells them apart.
		const isQuestion = capture.readUInt16BE(udp + 2) === port;
		const key = `${transaction} ${isQuestion ? type : ANSWERED[family][type]}`;
		(isQuestion ? asked : answered).set(key, ns);
		at += 16 + length;
	}
	return [...answered].flatMap(([key, ns]) => (asked.has(key) ? [[key, ns - asked.get(key)!] as const] : []));
};

/** What packets took by a capture of the wire, beside what the probes say: where they differ by more than a bucket. */
const disagreement = async (kea: Kea): Promise<string[]> => {
	const file = join(kea.folder, 'capture.pcap');
	rmSync(file, { force: true });
	let load: Load | undefined;
	const found = await measured(kea, async () => {
		const flags = ['-i', 'lo', '-w', file, '-U', '--time-stamp-precision=nano', '-Z', 'root'];
		const capture = spawn('tcpdump', [...flags, `udp port ${kea.port}`], { stdio: 'ignore' });
		await until(() => existsSync(file) && statSync(file).size >= 24);
		await sleep(300);
		load = await perfdhcp(kea, { count: 500, rate: 200 });
		await sleep(500);
		const gone = once(capture, 'exit');
		capture.kill('SIGTERM');
		await gone;
	});
	const delays = timesIn(readFileSync(file), kea);
	if (load!.code !== 0) return [`packets were lost: ${load!.text}`];
	const { first, second } = PAIRS[kea.family];
	const pairs = [
		[1, first],
		[3, second],
	] as const;
	return pairs.flatMap(([type, pair]) => {
		const name = pair.join(' ');
		const own = delays.filter(([key]) => key.endsWith(` ${type}`)).map(([, ns]) => ns);
		const sorted = own.sort((a, b) => a - b);
		assert.is(sorted.length, load!.exchanges[pair.join('-')]!.received);
		return [0.5, 0.99].flatMap((quantile) => {
			const wire = sorted[Math.ceil(quantile * sorted.length) - 1]!;
			const [lower, upper] = bucketOf(found.histogram('packet_processing_time', name), quantile);
			const isNear = wire >= lower / 2 && wire < upper * 2;
			return isNear ? [] : [`${name} p${quantile * 100}: wire ${wire} ns, ours [${lower}, ${upper})`];
		});
	});
};

// The wire has what the kernel does before and behind, and how long a packet lies in the socket until the server gets a
// processor. On a machine that is busy with other tests that is most of it, so there is more than one try.
for (const { family, threads } of [
	{ family: 4, threads: 0 },
	{ family: 4, threads: 4 },
	{ family: 6, threads: 4 },
] as const)
	testWith(
		test,
		LACK || commandsLack('tcpdump'),
		`v${family}: median and p99 agree with a capture of the wire within one bucket, ${threads} threads`,
		() =>
			withKea({ family, threads }, async (kea) => {
				const all: string[][] = [];
				for (let at = 0; at < 5; at++) {
					all.push(await disagreement(kea));
					if (all.at(-1)!.length === 0) return;
				}
				throw new Error(all.map((one) => one.join('; ')).join('\n'));
			}),
	);

testWith(
	test,
	LACK,
	'a server that is killed and started again: probes attach again, and the gap is told',
	async () => {
		const folder = mkdtempSync(join(tmpdir(), 'kea-again-'));
		const program = join(folder, `kea-again-${process.pid}`);
		copyFileSync('/usr/sbin/kea-dhcp4', program);
		const kea = await startKea({ family: 4, program });
		const script = scriptOf(4);
		const tracing = start('bpftrace-run', ['--program', `kea-again-${process.pid}`, script, '1']);
		const done = outcome(tracing);
		let [text, said] = ['', ''];
		tracing.stdout!.on('data', (piece) => {
			text += piece;
		});
		tracing.stderr!.on('data', (piece) => {
			said += piece;
		});
		const probed = () => text.split('#!ts').length;
		try {
			await until(() => probed() > 1);
			await perfdhcp(kea, { count: 30, rate: 100 });
			await kea.kill();
			await until(() => said.includes('ended'));
			await sleep(500);
			// As an upgrade does it: another file under the name of the one that ran.
			copyFileSync('/usr/sbin/kea-dhcp4', `${program}.new`);
			renameSync(`${program}.new`, program);
			await kea.restart();
			await until(() => text.includes('"kind":"gap"'));
			const before = probed();
			await until(() => probed() > before + 1);
			await perfdhcp(kea, { count: 40, rate: 100 });
			tracing.kill('SIGTERM');
			const { status, stdout } = await done;
			assert.is(status, 0);
			const { stdout: records } = await run('parse-histogram', ['--maps', script], stdout);
			const packets = recordsIn(records).filter(
				(record): record is Sum => record.type === 'sum' && record.metric === 'packets',
			);
			// Each life of the server says since when it is counted, so that neither passes for the other's.
			const most = new Map<number, number>();
			for (const { attributes, start: since, value } of packets)
				if (attributes.message === 'DISCOVER')
					most.set(since!, Math.max(most.get(since!) ?? 0, Number(value)));
			assert.equal([...most.values()], [30, 40]);
			const gap = recordsIn(records).find((record) => record.type === 'notice') as Notice;
			assert.match(gap.detail!, /ended; not measured for at most \d+\.\d s/);
		} finally {
			tracing.kill('SIGKILL');
			await kea.end();
			rmSync(folder, { recursive: true, force: true });
		}
	},
);

test.run();
