// kea-world: etc/kea.yaml run in a folder of its own with every sink on, and how many answers each sink has by its own words

import type { ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { outcome, ROOT, run, start } from '../program.ts';
import { type Carbon, fakeCarbon } from '../servers/carbon.ts';
import { freePort } from '../servers/ports.ts';
import { type Receiver, startReceiver } from '../servers/receiver.ts';
import { leaveWorld, makeWorld, until, type World } from './supervised.ts';

export const FILE = join(ROOT, 'etc', 'kea.yaml');

export const setting = (settings: Record<string, string>): string[] =>
	Object.entries(settings).flatMap(([name, value]) => ['--set', `${name}=${value}`]);

export const bpfpipe = (world: World, verb: string, ...more: string[]) =>
	run('bpfpipe', [verb, FILE, ...more], '', world.env);

/** Every sink there is, each in a place of this world. */
export type Sinks = { world: World; carbon: Carbon; receiver: Receiver; page: string };

export const withSinks = async (act: (sinks: Sinks) => Promise<void>) => {
	const world = makeWorld();
	const sinks: Sinks = {
		world,
		carbon: await fakeCarbon(),
		receiver: await startReceiver([join(world.dir, 'received')]),
		page: `127.0.0.1:${await freePort()}`,
	};
	try {
		await act(sinks);
	} finally {
		await sinks.receiver.end();
		await sinks.carbon.die();
		await leaveWorld(sinks.world);
	}
};

export const settingsOf = ({ world, carbon, receiver, page }: Sinks): Record<string, string> => ({
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

/** The documents in a folder, the newest last. */
export const documentsIn = (folder: string): string[] =>
	existsSync(folder)
		? readdirSync(folder)
				.filter((name) => name.endsWith('.json'))
				.sort()
				.map((name) => readFileSync(join(folder, name), 'utf8'))
		: [];

/** The newest state of a folder of blobs, as text; '' where there is none yet. */
const hollowIn = async (folder: string): Promise<string> =>
	existsSync(join(folder, 'announced.version')) ? (await run('hollow-cat', [folder, '--json'])).stdout : '';

const numberIn = (text: string | undefined, pattern: RegExp): number =>
	Number(pattern.exec(text ?? '')?.[1] ?? Number.NaN);

/** What the servers answer a REQUEST with, as a metric with attributes. */
export const ANSWERS = {
	dhcp4: 'direction="out",message="ACK",service="dhcp4"',
	dhcp6: 'direction="out",message="REPLY",service="dhcp6"',
} as const;
export type Service = keyof typeof ANSWERS;
export const SINKS = ['json', 'hollow', 'push', 'graphite', 'page'];

/** How many such answers each sink has now, of what is no sample. */
const answersIn = async (
	{ world, carbon, page }: Sinks,
	services: Service[],
): Promise<Record<string, Partial<Record<Service, number>>>> => {
	const exposed = await fetch(`http://${page}/metrics`).then(
		(answer) => answer.text(),
		() => '',
	);
	const { aggregates = {} } = JSON.parse(documentsIn(join(world.dir, 'json')).at(-1) ?? '{}');
	const inHollow = async (folder: string) => {
		const states = (await hollowIn(folder)).split('"source":');
		const own = states.find((state) => state.startsWith(JSON.stringify(hostname())));
		return (attributes: string) => {
			const name = JSON.stringify(`packets{${attributes}}`).replaceAll(/[{}\\]/g, '\\$&');
			return numberIn(own, new RegExp(`"name":${name},"total":"?(\\d+)`));
		};
	};
	const hollow = await inHollow(join(world.dir, 'hollow'));
	const push = await inHollow(join(world.dir, 'received', 'ebpf_metrics'));
	// Where there are samples too, each name has its host.
	const withHost = (attributes: string) => attributes.replace(',', `,host="${hostname()}",`);
	const lines = exposed.split('\n').filter((line) => !line.includes('synthetic'));
	const answers = (service: Service): Record<string, number> => {
		const attributes = ANSWERS[service];
		const message = /message="(\w+)"/.exec(attributes)![1]!;
		const graphite = new RegExp(`^kea\\.(?!synthetic).*\\.packets\\..*out.*${message} `);
		const onPage = new RegExp(`^packets_total\\{.*direction="out".*message="${message}".*\\} (\\d+)`);
		return {
			json:
				aggregates[`Packets{${attributes}}`] ?? aggregates[`Packets{${withHost(attributes)}}`] ?? Number.NaN,
			hollow: hollow(attributes),
			push: push(attributes),
			graphite: numberIn(
				carbon.lines().findLast((line) => graphite.test(line)),
				/ (\d+) \d+$/,
			),
			page: numberIn(
				lines.find((line) => onPage.test(line)),
				onPage,
			),
		};
	};
	const found = services.map((service) => [service, answers(service)] as const);
	return Object.fromEntries(
		SINKS.map((sink) => [sink, Object.fromEntries(found.map(([service, all]) => [service, all[sink]!]))]),
	);
};

export type Counts = Partial<Record<Service, number>>;

/** Wait until each of these sinks has so many since its Kea was started; the page goes on counting, so that it has more. */
export const arrives = async (sinks: Sinks, counts: Counts, onPage = counts, where = SINKS) => {
	let seen: Record<string, Counts> = {};
	const services = Object.keys(counts) as Service[];
	const isThere = async () => {
		seen = await answersIn(sinks, services);
		return where.every((name) =>
			services.every((one) => seen[name]![one] === (name === 'page' ? onPage : counts)[one]),
		);
	};
	await until(`${JSON.stringify(counts)} in every sink`, isThere, 60_000).catch((error) => {
		throw new Error(`${error.message}: ${JSON.stringify(seen)}`);
	});
	return seen;
};

type Plain = Record<string, unknown> & { attributes: Record<string, string> };
export const recordsIn = (world: World, name: string): Plain[] =>
	readFileSync(join(world.dir, name), 'utf8')
		.split('\n')
		.filter((line) => line.startsWith('{'))
		.map((line) => JSON.parse(line));

/** All that says of itself that it is sample data, by where it is. */
export const marksIn = async ({ world, carbon, page }: Sinks): Promise<Record<string, boolean>> => {
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
export const MARKED = [...SINKS, 'records', 'pictures'];

/** A supervisor that was started, for as long as `act` takes; it ends in order, by TERM. */
export const whileUp = async (
	world: World,
	child: ChildProcess,
	act: (said: () => string) => Promise<void>,
): Promise<void> => {
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

/** `up` with these settings. */
export const withUp = (world: World, args: string[], act: (said: () => string) => Promise<void>) =>
	whileUp(world, start('bpfpipe', ['up', FILE, ...args], world.env), act);
