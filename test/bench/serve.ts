// bench/serve: what a record costs, what an hour of history takes, 50 readers of events, and a scrape beside prom-client
// usage:  node --import tsx test/bench/serve.ts [RECORDS] [SERIES] [READERS] [SCRAPES]
//
// serve is the built program throughout, and what asks it is this process. The peer's server is prom-client behind
// node:http in a process of its own, with the same series; both are scraped in turns.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { bundleOf, cleanEnv } from '../program.ts';
import { freePort } from '../servers/ports.ts';
import { isSmoke, sizes } from './parts/sizes.ts';

const [RECORDS, SERIES, READERS, SCRAPES] = sizes([108_000, 600], [6000, 60], [50, 5], [300, 5]) as [
	number,
	number,
	number,
	number,
];
const BUCKETS = 21;
const MIB = 1024 * 1024;
const folder = mkdtempSync(join(tmpdir(), 'bench-serve-'));

const print = (label: string, ...values: string[]) =>
	console.log(`${label.padEnd(44)} ${values.map((one) => one.padStart(16)).join('')}`);
const at = (values: number[], part: number): number =>
	[...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(part * values.length))]!;
const ms = (value: number): string => `${value.toFixed(2)} ms`;

/** Processor time that a process has used, ms, and the memory that it has, bytes. */
const cpuOf = ({ pid }: ChildProcess): number => {
	const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
	return 10 * (Number(fields[11]) + Number(fields[12]));
};
const memoryOf = ({ pid }: ChildProcess): number =>
	1024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]);

const START = Math.floor(Date.now() / 1000) * 1000 - 3_600_000;

/** Prints of cumulative histograms, as parse-histogram writes them, a line each; 15 of 21 buckets count something. */
function* prints(series: number, count: number, stepMs: number): Generator<string> {
	const counts = Array.from({ length: series }, () => new Array<number>(BUCKETS).fill(0));
	for (let one = 0; one < count; one++) {
		let text = '';
		counts.forEach((own, which) => {
			for (let row = 3; row < 18; row++)
				own[row]! += (one * 31 + row * 17 + which) % (row < 9 ? row + 2 : 20 - row);
			const buckets = own
				.map((value, row) => `[${row === 0 ? 0 : 2 ** (row - 1)},${2 ** row},${value}]`)
				.slice(3, 18);
			text += `{"type":"histogram","ts":${START + one * stepMs},"host":"web1","metric":"lat${which % 20}","unit":"us","attributes":{"comm":"worker-${which}"},"temporality":"cumulative","buckets":[${buckets.join(',')}]}\n`;
		});
		yield text;
	}
}

const begin = async (args: string[], stdin: 'pipe' | number = 'pipe') => {
	const port = await freePort();
	const child = spawn(process.execPath, [bundleOf('serve'), '--listen', `127.0.0.1:${port}`, ...args], {
		stdio: [stdin, 'pipe', 'inherit'],
		env: cleanEnv({ BPFPIPE_LOG_LEVEL: 'error' }),
	});
	const done = once(child, 'close');
	process.once('exit', () => child.kill('SIGKILL'));
	await once(child.stdout!, 'data');
	return { child, port, done };
};
type Serving = Awaited<ReturnType<typeof begin>>;

const agent = new Agent({ keepAlive: true });
const get = (port: number, path: string, headers: Record<string, string> = {}): Promise<Buffer> =>
	new Promise((resolve, reject) => {
		request({ port, host: '127.0.0.1', path, headers, agent }, (reply) => {
			const chunks: Buffer[] = [];
			reply.on('data', (chunk: Buffer) => chunks.push(chunk));
			reply.on('end', () => resolve(Buffer.concat(chunks)));
		})
			.on('error', reject)
			.end();
	});
const json = async (port: number, path: string) => JSON.parse((await get(port, path)).toString());
const end = async ({ child, done }: Serving) => {
	child.kill('SIGTERM');
	await done;
};
const write = async (child: ChildProcess, text: string) => {
	if (!child.stdin!.write(text)) await once(child.stdin!, 'drain');
};
const isTaken = async (port: number, lines: number): Promise<boolean> => {
	const text = (await get(port, '/metrics', { Accept: 'text/plain' })).toString();
	return Number(/^bpfpipe_serve_lines_total (\d+)/m.exec(text)![1]) >= lines;
};

const fileOf = (name: string, text: Iterable<string>): string => {
	const path = join(folder, name);
	const file = openSync(path, 'w');
	for (const piece of text) writeSync(file, piece);
	closeSync(file);
	return path;
};

/** Processor time, for others may be at work on the machine: all of it, V8's threads too. */
const costOfRecord = async () => {
	for (const series of [1, 60]) {
		const count = Math.ceil(RECORDS / series);
		const path = fileOf('records', prints(series, count, 1000));
		const serving = await begin(['--max-memory', '1G'], openSync(path, 'r'));
		while (!(await isTaken(serving.port, count * series))) await sleep(200);
		const each = (1000 * cpuOf(serving.child)) / (count * series);
		print(`a record of ${BUCKETS - 6} buckets, ${series} series`, `${each.toFixed(1)} us CPU`);
		await end(serving);
	}
};

/** The most that a process has ever had. */
const peakOf = ({ pid }: ChildProcess): number =>
	1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]);

const CAP = 256 * MIB;

/** What the process takes beside its cap, with a whole /metrics asked for: a fleet's series, and twice as many. */
const memoryAtTheCap = async (series: number, count: number) => {
	const serving = await begin(['--max-series', '100000', '--max-memory', `${CAP / MIB}M`]);
	const { child, port } = serving;
	const before = memoryOf(child);
	const started = performance.now();
	for (const text of prints(series, count, 15_000)) await write(child, text);
	while (!(await isTaken(port, series * count))) await sleep(50);
	const seconds = (performance.now() - started) / 1000;
	const { kept } = await json(port, '/api/v1/metrics');
	print(
		`${series} series, ${count} prints`,
		`${kept.series} kept`,
		`${(kept.bytes / MIB).toFixed(0)} MiB counted`,
		`${(memoryOf(child) / MIB).toFixed(0)} MiB in all`,
		`${(peakOf(child) / MIB).toFixed(0)} at most of ${CAP / MIB}`,
		`${(before / MIB).toFixed(0)} at start`,
		`${seconds.toFixed(1)} s`,
	);
	const times: number[] = [];
	for (const path of [
		'/api/v1/metrics',
		`/api/v1/columns?metric=lat1&unit=us&type=histogram&from=${START}&to=${START + 3_600_000}&columns=450`,
		`/api/v1/columns?metric=lat1&unit=us&type=histogram&from=${START + 3_580_000}&to=${START + 3_600_000}&step=15000&by=comm`,
	]) {
		const all: number[] = [];
		for (let one = 0; one < Math.min(SCRAPES, 20); one++) {
			const asked = performance.now();
			await get(port, path);
			all.push(performance.now() - asked);
		}
		times.push(at(all, 0.5));
	}
	print('  list of metrics, an hour of 300 series, by comm', ...times.map(ms));
	await end(serving);
};

/** Readers of events in this process; for each tick how long after it was due it came. */
const readEvents = async () => {
	const serving = await begin([]);
	const { child, port } = serving;
	const sockets: Socket[] = [];
	const sent = new Map<number, number>();
	const delays: number[] = [];
	for (let one = 0; one < READERS; one++) {
		const socket = connect(port, '127.0.0.1');
		socket.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
		socket.on('data', (chunk: Buffer) => {
			const now = performance.now();
			for (const [, newest] of chunk.toString().matchAll(/"newest":(\d+)/g)) {
				const then = sent.get(Number(newest));
				if (then !== undefined) delays.push(now - then);
			}
		});
		sockets.push(socket);
	}
	await sleep(300);
	const count = isSmoke ? 2 : 30;
	const cpu = cpuOf(child);
	let print60 = 0;
	for (const text of prints(60, count, 1000)) {
		sent.set(START + print60++ * 1000, performance.now());
		await write(child, text);
		await sleep(1050);
	}
	const used = (cpuOf(child) - cpu) / count;
	print(
		`${READERS} readers, 60 series a second`,
		`${used.toFixed(1)} ms CPU/print`,
		`p50 ${at(delays, 0.5).toFixed(0)} ms`,
		`p99 ${at(delays, 0.99).toFixed(0)} ms`,
		`${delays.length} ticks`,
	);
	for (const socket of sockets) socket.destroy();
	await end(serving);
};

const slowReaders = async () => {
	const serving = await begin(['--max-clients', '8000']);
	const { child, port } = serving;
	const count = isSmoke ? 50 : 1000;
	const before = memoryOf(child);
	const slow = Array.from({ length: count }, () => {
		const socket = connect(port, '127.0.0.1');
		socket.on('error', () => {});
		socket.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
		return socket.pause();
	});
	await sleep(1000);
	let most = 0;
	for (let one = 0; one < (isSmoke ? 2 : 10); one++) {
		const record = { type: 'gauge', ts: START + one, host: 'a', unit: '1', attributes: {}, value: 1 };
		await write(child, `${JSON.stringify({ ...record, metric: `${one}${'m'.repeat(500_000)}` })}\n`);
		await sleep(1100);
		most = Math.max(most, memoryOf(child));
	}
	print(
		`${count} readers that do not read`,
		`${(before / MIB).toFixed(0)} MiB before`,
		`${(most / MIB).toFixed(0)} MiB at most`,
	);
	for (const socket of slow) socket.destroy();
	await end(serving);
};

const PEER = fileURLToPath(new URL('./parts/scraped.ts', import.meta.url));

/** The same series in both, scraped in turns, one of them changed before each scrape. */
const scrape = async (label: string, histograms: number, buckets: number) => {
	const serving = await begin([]);
	const peerPort = await freePort();
	const peer = spawn(
		process.execPath,
		['--import', 'tsx', PEER, `${peerPort}`, `${histograms}`, `${buckets}`],
		{
			stdio: ['ignore', 'pipe', 'inherit'],
		},
	);
	process.once('exit', () => peer.kill('SIGKILL'));
	await once(peer.stdout!, 'data');
	const common = { type: 'histogram', host: 'web1', metric: 'lat', unit: '1', temporality: 'cumulative' };
	let sent = 0;
	const change = async (round: number, count: number) => {
		let text = '';
		for (let one = 0; one < count; one++) {
			const list = Array.from({ length: buckets }, (_, row) => [2 ** row, 2 ** (row + 1), round + 1]);
			text += `${JSON.stringify({ ...common, ts: START + round * 1000, attributes: { comm: `worker-${one}` }, buckets: list })}\n`;
		}
		sent += count;
		await write(serving.child, text);
		while (!(await isTaken(serving.port, sent))) await sleep(1);
	};
	await change(0, histograms);
	const [ours, theirs]: [number[], number[]] = [[], []];
	const headers = { Accept: 'text/plain' };
	let bytes = 0;
	for (let round = 1; round <= SCRAPES; round++) {
		// All that is different is that something came: both write every line.
		await write(
			serving.child,
			`${JSON.stringify({ ...common, ts: START + round * 1000, attributes: { comm: 'worker-0' }, buckets: [[1, 2, round + 1]] })}\n`,
		);
		await sleep(2);
		for (const [port, path, into] of [
			[serving.port, '/metrics', ours],
			[peerPort, '/change', undefined],
			[peerPort, '/metrics', theirs],
		] as const) {
			const asked = performance.now();
			const body = await get(port, path, headers);
			into?.push(performance.now() - asked);
			if (into === ours) bytes = body.length;
		}
	}
	print(
		label,
		`p50 ${ms(at(ours, 0.5))}`,
		`p99 ${ms(at(ours, 0.99))}`,
		`${(bytes / 1000).toFixed(0)} kB`,
		`prom-client ${ms(at(theirs, 0.5))}`,
		`${(at(ours, 0.5) / at(theirs, 0.5)).toFixed(2)} x`,
	);
	peer.kill('SIGTERM');
	await end(serving);
};

try {
	await costOfRecord();
	await memoryAtTheCap(SERIES, isSmoke ? 10 : 240);
	await memoryAtTheCap(2 * SERIES, isSmoke ? 10 : 60);
	await readEvents();
	await slowReaders();
	// A histogram is its buckets, the row below them, +Inf and the count.
	await scrape('scrape of 116 lines', 4, 26);
	await scrape('scrape of 276 lines', 12, 20);
	await scrape('scrape of 10,000 lines', isSmoke ? 5 : 250, 37);
	await scrape('scrape of 10,000 series', isSmoke ? 20 : 10_000, 1);
} finally {
	rmSync(folder, { recursive: true });
	agent.destroy();
}
