// prometheus: the real one, on loopback with a folder of its own, scraping one target, and asked back over its API

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cleanEnv } from '../program.ts';
import { freePort } from './ports.ts';

/** One series in an answer: its labels, and its value as Prometheus writes it. */
export type Answer = { metric: Record<string, string>; value: [number, string] };

export type Prometheus = {
	/** What a query gives as of now. Rejects with what Prometheus says against it. */
	query: (text: string) => Promise<Answer[]>;
	/** Whether the last scrape went well, why not, and how many there were. */
	target: () => Promise<{ health: string; lastError: string }>;
	end: () => Promise<void>;
};

const READY_MS = 20_000;

/** Started and ready, scraping `target` (HOST:PORT) every `intervalMs`. */
export const startPrometheus = async (target: string, intervalMs: number): Promise<Prometheus> => {
	const folder = mkdtempSync(join(tmpdir(), 'prometheus-'));
	const config = join(folder, 'prometheus.yml');
	writeFileSync(
		config,
		`global: {scrape_interval: ${intervalMs}ms}
scrape_configs: [{job_name: bpfpipe, static_configs: [{targets: ['${target}']}]}]
`,
	);
	const listen = `127.0.0.1:${await freePort()}`;
	const args = [
		`--config.file=${config}`,
		`--storage.tsdb.path=${join(folder, 'data')}`,
		`--web.listen-address=${listen}`,
		'--log.level=error',
	];
	const child: ChildProcess = spawn('prometheus', args, {
		stdio: ['ignore', 'ignore', 'inherit'],
		env: cleanEnv(),
	});
	const gone = once(child, 'exit');
	process.on('exit', () => child.kill('SIGKILL'));
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
		target: async () => JSON.parse(await get('/api/v1/targets')).data.activeTargets[0],
		end: async () => {
			child.kill('SIGTERM');
			await gone;
			rmSync(folder, { recursive: true });
		},
	};
};
