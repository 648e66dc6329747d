// prometheus: the real one, on loopback with a folder of its own, scraping one target, and asked back over its API

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { cleanEnv } from '../program.ts';
import { freePort } from './ports.ts';

/** A native histogram as Prometheus writes it: `[kind of bounds, lower, upper, count]` for each bucket. */
export type NativeAnswer = { count: string; sum: string; buckets: [number, string, string, string][] };

/** One series in an answer: its labels, and its value as Prometheus writes it. */
export type Answer = {
	metric: Record<string, string>;
	value: [number, string];
	/** In place of `value`. */
	histogram?: [number, NativeAnswer];
	/** Of a query for a range, `name[5m]`. */
	values?: [number, string][];
	histograms?: [number, NativeAnswer][];
};

/** Which release, and how it is started. */
export type PrometheusOptions = { is3?: boolean; flags?: string[]; global?: string; isQuiet?: boolean };

export type Prometheus = {
	/** What a query gives as of now. Rejects with what Prometheus says against it. */
	query: (text: string) => Promise<Answer[]>;
	/** Whether the last scrape went well, why not, and how many there were. */
	target: () => Promise<{ health: string; lastError: string }>;
	/** Whatever its API says at a path below /api/v1/. */
	api: (path: string) => Promise<unknown>;
	/** Where it listens. */
	url: string;
	/** What it has written ahead of its blocks, as far as it is not packed (--no-storage.tsdb.wal-compression). */
	writtenAhead: () => string;
	end: () => Promise<void>;
};

const READY_MS = 20_000;
const PROGRAM_3 = join(
	process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'),
	'bpfpipe/prometheus-0.316.0/prometheus',
);

/** Why Prometheus 3 cannot be run here, or ''. */
export const prometheus3Lacks = (): string =>
	existsSync(PROGRAM_3) ? '' : 'no Prometheus 3; npm run setup builds it';

const running = new Set<ChildProcess>();
process.on('exit', () => {
	for (const child of running) child.kill('SIGKILL');
});

/** Started and ready, scraping `target` (HOST:PORT) every `intervalMs`. */
export const startPrometheus = async (
	target: string,
	intervalMs: number,
	{ is3 = false, flags = [], global = '', isQuiet = false }: PrometheusOptions = {},
): Promise<Prometheus> => {
	const folder = mkdtempSync(join(tmpdir(), 'prometheus-'));
	const config = join(folder, 'prometheus.yml');
	writeFileSync(
		config,
		`global: {scrape_interval: ${intervalMs}ms${global === '' ? '' : `, ${global}`}}
scrape_configs: [{job_name: bpfpipe, static_configs: [{targets: ['${target}']}]}]
`,
	);
	const listen = `127.0.0.1:${await freePort()}`;
	const args = [
		`--config.file=${config}`,
		`--storage.tsdb.path=${join(folder, 'data')}`,
		`--web.listen-address=${listen}`,
		'--log.level=error',
		...flags,
	];
	const child: ChildProcess = spawn(is3 ? PROGRAM_3 : 'prometheus', args, {
		stdio: ['ignore', 'ignore', isQuiet ? 'ignore' : 'inherit'],
		env: cleanEnv(),
	});
	const gone = once(child, 'exit');
	running.add(child);
	const get = async (path: string) => (await fetch(`http://${listen}${path}`)).text();
	for (const deadline = performance.now() + READY_MS; ; ) {
		const text = await get('/-/ready').catch(() => '');
		if (/ready/i.test(text) && !/not ready|unavailable/i.test(text)) break;
		if (performance.now() > deadline || child.exitCode !== null) throw new Error(`not ready: ${text}`);
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
	return {
		query: async (text) => {
			const answer = JSON.parse(await get(`/api/v1/query?query=${encodeURIComponent(text)}`));
			if (answer.status !== 'success') throw new Error(`${text}: ${answer.error}`);
			return answer.data.result;
		},
		api: async (path) => JSON.parse(await get(`/api/v1/${path}`)),
		url: `http://${listen}`,
		writtenAhead: () => {
			const wal = join(folder, 'data', 'wal');
			const segments = readdirSync(wal).filter((name) => /^\d+$/.test(name));
			return segments.map((name) => readFileSync(join(wal, name), 'latin1')).join('');
		},
		target: async () => JSON.parse(await get('/api/v1/targets')).data.activeTargets[0],
		end: async () => {
			child.kill('SIGTERM');
			await gone;
			running.delete(child);
			rmSync(folder, { recursive: true });
		},
	};
};
