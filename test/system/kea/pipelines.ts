// etc/kea.yaml as it is run: a real Kea, killed and started again, with every sink on; no Kea; no Kea and no fallback.

import { copyFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { leaveWorld, makeWorld, until, type World } from '../../harness/supervised.ts';
import { bpftraceLacks, testWith } from '../../parts.ts';
import { outcome, ROOT, run, start } from '../../program.ts';
import { type Carbon, fakeCarbon } from '../../servers/carbon.ts';
import { keaLacks, perfdhcp, startKea } from '../../servers/kea.ts';
import { freePort } from '../../servers/ports.ts';
import { type Receiver, startReceiver } from '../../servers/receiver.ts';

const test = suite('system: etc/kea.yaml');
const LACK = keaLacks() || bpftraceLacks();
const FILE = join(ROOT, 'etc', 'kea.yaml');
const ACKS = 'direction="out",message="ACK",service="dhcp4"';

const setting = (settings: Record<string, string>): string[] =>
	Object.entries(settings).flatMap(([name, value]) => ['--set', `${name}=${value}`]);

const bpfpipe = (world: World, verb: string, ...more: string[]) =>
	run('bpfpipe', [verb, FILE, ...more], '', world.env);

/** Every sink there is, each in a place of this world. */
type Sinks = { world: World; carbon: Carbon; receiver: Receiver; page: string };
const sinksIn = async (world: World): Promise<Sinks> => ({
	world,
	carbon: await fakeCarbon(),
	receiver: await startReceiver([join(world.dir, 'received')]),
	page: `127.0.0.1:${await freePort()}`,
});
const settingsOf = ({ world, carbon, receiver, page }: Sinks): Record<string, string> => ({
	'page.listen': page,
	step: '1s',
	retry: '1s',
	'stats.interval': '1s',
	'json.folder': join(world.dir, 'json'),
	'pictures.folder': join(world.dir, 'pictures'),
	'hollow.folder': join(world.dir, 'hollow'),
	'push.url': receiver.url,
	'graphite.uri': carbon.uri,
	'graphite.prefix': 'kea',
});

const documentsIn = (folder: string): string[] =>
	existsSync(folder)
		? readdirSync(folder)
				.filter((name) => name.endsWith('.json'))
				.sort()
				.map((name) => readFileSync(join(folder, name), 'utf8'))
		: [];
const newest = <T>(all: T[]): T | undefined => all.at(-1);

/** The newest state of a folder of blobs, as text; '' where there is none yet. */
const hollowIn = async (folder: string): Promise<string> =>
	existsSync(join(folder, 'announced.version')) ? (await run('hollow-cat', [folder, '--json'])).stdout : '';

const numberIn = (text: string | undefined, pattern: RegExp): number =>
	Number(pattern.exec(text ?? '')?.[1] ?? Number.NaN);

/** How many ACKs each sink has now, by its own words. */
const acksIn = async ({ world, carbon, page }: Sinks): Promise<Record<string, number>> => {
	const inHollow = new RegExp(
		`"name":"packets\\{${ACKS.replaceAll('"', '\\\\\\\\"')}\\}","total":"?(\\d+)`.replaceAll(
			'\\\\\\\\',
			'\\\\',
		),
	);
	const exposed = await fetch(`http://${page}/metrics`).then(
		(answer) => answer.text(),
		() => '',
	);
	const document = JSON.parse(newest(documentsIn(join(world.dir, 'json'))) ?? '{}');
	return {
		json: document.aggregates?.[`Packets{${ACKS}}`] ?? Number.NaN,
		hollow: numberIn(await hollowIn(join(world.dir, 'hollow')), inHollow),
		push: numberIn(await hollowIn(join(world.dir, 'received', 'ebpf_metrics')), inHollow),
		graphite: numberIn(
			newest(carbon.lines().filter((line) => /^kea\..*\.packets\..*out.*ACK /.test(line))),
			/ (\d+) \d+$/,
		),
		page: numberIn(exposed, /^packets_total\{.*direction="out".*message="ACK".*\} (\d+)/m),
	};
};
const SINKS = ['json', 'hollow', 'push', 'graphite', 'page'];

/** Wait until each has so many since Kea was started; the page goes on counting. */
const arrives = async (sinks: Sinks, count: number, onPage = count) => {
	let seen: Record<string, number> = {};
	const isThere = async () => {
		seen = await acksIn(sinks);
		return SINKS.every((name) => seen[name] === (name === 'page' ? onPage : count));
	};
	await until(`${count} ACKs in every sink`, isThere, 60_000).catch((error) => {
		throw new Error(`${error.message}: ${JSON.stringify(seen)}`);
	});
};

type Plain = Record<string, unknown> & { attributes: Record<string, string> };
const recordsIn = (world: World, name: string): Plain[] =>
	readFileSync(join(world.dir, name), 'utf8')
		.split('\n')
		.filter((line) => line.startsWith('{'))
		.map((line) => JSON.parse(line));

/** All that says of itself that it is sample data, by where it is. */
const marksIn = async ({ world, carbon, page }: Sinks): Promise<Record<string, boolean>> => {
	const has = (text: string) => /synthetic/.test(text.replaceAll('"synthetic":false', ''));
	const exposed = await fetch(`http://${page}/metrics`).then((answer) => answer.text());
	return {
		records: has(readFileSync(join(world.dir, 'kea-dhcp4.ndjson'), 'utf8')),
		json: has(documentsIn(join(world.dir, 'json')).join('')),
		hollow: has((await run('hollow-history', [join(world.dir, 'hollow')])).stdout),
		push: has((await run('hollow-history', [join(world.dir, 'received', 'ebpf_metrics')])).stdout),
		graphite: has(carbon.text()),
		page: has(exposed.replace(/^#.*$/gm, '')),
		pictures: has(readFileSync(join(world.dir, 'pictures', 'packets_latest.svg'), 'utf8')),
	};
};
const MARKED = [...SINKS, 'records', 'pictures'];

/** `up` with these settings, for as long as `act` takes; it ends in order, by TERM. */
const withUp = async (world: World, args: string[], act: (said: () => string) => Promise<void>) => {
	const child = start('bpfpipe', ['up', FILE, ...args], world.env);
	world.started.add(child);
	let said = '';
	child.stderr!.on('data', (piece) => {
		said += piece;
	});
	const ends = outcome(child);
	let failure: unknown;
	await act(() => said).catch((error) => {
		failure = new Error(`${error.stack}\n${said}`);
	});
	child.kill('SIGTERM');
	const { status } = await ends;
	if (failure) throw failure;
	assert.is(status, 0, said);
};

const withSinks = async (act: (sinks: Sinks) => Promise<void>) => {
	const sinks = await sinksIn(makeWorld());
	try {
		await act(sinks);
	} finally {
		await sinks.receiver.end();
		await sinks.carbon.die();
		await leaveWorld(sinks.world);
	}
};

test('it is in order, drawn, and each sink is off until it is set', async () => {
	const world = makeWorld();
	try {
		const [checked, drawn] = [await bpfpipe(world, 'check'), await bpfpipe(world, 'graph')];
		assert.equal([checked.status, checked.stderr], [0, '']);
		assert.is(drawn.status, 0, drawn.stderr);
		assert.match(drawn.stdout, /probes\*? \| append-log/);
		const all = {
			'json.folder': '/x',
			'pictures.folder': '/x',
			'hollow.folder': '/y',
			'push.url': 'http://a',
		};
		const more = {
			'graphite.uri': 'a:1',
			'alert.rules': join(ROOT, 'etc', 'alerts', 'kea.yml'),
			'dhcp6.program': 'kea-dhcp6',
		};
		const on = await bpfpipe(world, 'check', ...setting({ ...all, ...more }));
		assert.is(on.status, 0, on.stderr);
		for (const name of ['json', 'pictures', 'hollow', 'push', 'graphite', 'alert', 'collect6']) {
			assert.not.match(checked.stdout, new RegExp(`^${name}\\b(?!.*off)`, 'm'));
			assert.match(on.stdout, new RegExp(`^${name}\\b(?!.*off)`, 'm'));
		}
	} finally {
		await leaveWorld(world);
	}
});

testWith(
	test,
	LACK,
	'a real Kea, killed and started again: each sink has what perfdhcp counted, and nothing is made up',
	() =>
		withSinks(async (sinks) => {
			const { world } = sinks;
			const name = `kea-pipes-${process.pid}`;
			const program = join(world.dir, name);
			copyFileSync('/usr/sbin/kea-dhcp4', program);
			const kea = await startKea({ family: 4, program });
			const log = () => {
				const path = join(world.dir, 'kea-dhcp4.log');
				return existsSync(path) ? readFileSync(path, 'utf8') : '';
			};
			const prints = () => log().split('#!start').length;
			const settings = { ...settingsOf(sinks), 'dhcp4.program': name, 'dhcp4.socket': kea.socket };
			try {
				await withUp(world, setting(settings), async () => {
					await until('the probes', () => prints() > 1, 30_000);
					const first = await perfdhcp(kea, { count: 40, rate: 40 });
					assert.is(first.exchanges['REQUEST-ACK']!.received, 40, first.text);
					await arrives(sinks, 40);
					await kea.kill();
					await sleep(3000);
					await kea.restart();
					await until('a gap', () => log().includes('"kind":"gap"'), 30_000);
					const before = prints();
					await until('probes on the new one', () => prints() > before, 30_000);
					const second = await perfdhcp(kea, { count: 30, rate: 30 });
					assert.is(second.exchanges['REQUEST-ACK']!.received, 30, second.text);
					await arrives(sinks, 30, 70);
					assert.is((await kea.statistics())['pkt4-ack-sent'], 30);
					// Long enough for a stage that complains to be called unwell.
					const status = await bpfpipe(world, 'status');
					assert.is(status.status, 0, status.stdout);
					assert.equal(await marksIn(sinks), Object.fromEntries(MARKED.map((where) => [where, false])));
				});
				const lives = new Map<number, number>();
				for (const { metric, attributes, start: since, value } of recordsIn(world, 'kea-dhcp4.ndjson'))
					if (metric === 'packets' && attributes.message === 'ACK')
						lives.set(Number(since), Math.max(lives.get(Number(since)) ?? 0, Number(value)));
				assert.equal([...lives.values()], [40, 30]);
				const up = recordsIn(world, 'kea-stats4.ndjson').filter(({ metric }) => metric === 'kea_up');
				assert.equal([...new Set(up.map(({ value }) => value))], [1, 0]);
				assert.is(up.at(-1)!.value, 1);
			} finally {
				await kea.end();
			}
		}),
);

const NOBODY = { 'dhcp4.program': `kea-nobody-${process.pid}`, 'dhcp4.socket': '/nonexistent/socket' };

test('no Kea: a recording plays, and every sink says that it is one', () =>
	withSinks(async (sinks) => {
		const rules = { 'alert.rules': join(ROOT, 'etc', 'alerts', 'kea.yml') };
		await withUp(
			sinks.world,
			setting({ ...settingsOf(sinks), ...NOBODY, ...rules, retry: '9s' }),
			async (said) => {
				const alerts = join(sinks.world.dir, 'kea.alerts.ndjson');
				const fires = /"alert":"KeaSyntheticData","state":"firing"/;
				const isMarked = async () => {
					const marks = await marksIn(sinks).catch(() => ({}) as Record<string, boolean>);
					return MARKED.every((where) => marks[where]);
				};
				await until('marks everywhere', isMarked, 60_000);
				await until('an alert', () => existsSync(alerts) && fires.test(readFileSync(alerts, 'utf8')), 60_000);
				// While bpftrace is tried again, too, which is one time in ten.
				const asked = [];
				for (let count = 0; count < 12; count += 1) asked.push(await bpfpipe(sinks.world, 'status'));
				assert.equal([...new Set(asked.map(({ status }) => status))], [69]);
				assert.ok(asked.some(({ stdout }) => /fallback, synthetic/.test(stdout)));
				assert.match(said(), /"replay" runs in its place, marked synthetic\. For real figures start Kea/);
			},
		);
		// Whatever was measured of no Kea is that there is none; all else has the mark.
		const played = recordsIn(sinks.world, 'kea-dhcp4.ndjson').filter(({ metric }) => metric === 'packets');
		assert.ok(played.length > 0);
		assert.ok(played.every((record) => record.synthetic === true));
		const documents = documentsIn(join(sinks.world.dir, 'json')).map((text) => JSON.parse(text));
		for (const { metadata, metrics } of documents)
			if (Object.keys(metrics).some((title) => title.startsWith('Packet Processing')))
				assert.is(metadata.synthetic, true);
		const lines = sinks.carbon.lines().filter((line) => / \d+$/.test(line) && !line.includes('.kea_up'));
		assert.ok(lines.length > 0);
		assert.equal(lines.filter((line) => !/^(?:kea\.)?synthetic\./.test(line)).slice(0, 3), []);
	}));

test('no Kea and --no-fallback: nothing is played, and status says why', () =>
	withSinks(async (sinks) => {
		const args = ['--no-fallback', ...setting({ ...settingsOf(sinks), ...NOBODY })];
		await withUp(sinks.world, args, async (said) => {
			const asks = async () => (await bpfpipe(sinks.world, 'status')).stdout;
			await until(
				'the reason',
				async () => /no process runs kea-nobody/.test(said() + (await asks())),
				30_000,
			);
			const isUnwell = async () => (await bpfpipe(sinks.world, 'status')).status === 69;
			await until('a status that says so', isUnwell, 60_000);
			assert.not.match(await asks(), /synthetic/);
		});
		const log = join(sinks.world.dir, 'kea-dhcp4.log');
		assert.is(existsSync(log) ? readFileSync(log, 'utf8').replace(/^#!.*\n|^\n/gm, '') : '', '');
		assert.not.match(documentsIn(join(sinks.world.dir, 'json')).join(''), /synthetic|Packet/);
		assert.not.match(sinks.carbon.text(), /synthetic|packet/);
	}));

test.run();
