// otelcol: a real OpenTelemetry collector on loopback, which takes OTLP and passes on, as JSON, what it has understood

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { cleanEnv } from '../program.ts';
import { freePort } from './ports.ts';
import { pointsIn, type Taken, taker } from './taker.ts';

const PROGRAM = join(
	process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'),
	'bpfpipe/otelcol-0.165.0/otelcol',
);
const READY_MS = 20_000;

/** Why a collector cannot be run here, or ''. */
export const otelcolLacks = (): string =>
	existsSync(PROGRAM) ? '' : 'no OpenTelemetry collector; npm run setup builds it';

export type Otelcol = {
	/** Where it takes OTLP over HTTP. */
	url: string;
	/** The bodies that it passed on, and their points as text. */
	passed: () => Taken[];
	points: () => string[];
	end: () => Promise<void>;
};

export const startOtelcol = async (): Promise<Otelcol> => {
	const behind = await taker();
	const folder = mkdtempSync(join(tmpdir(), 'otelcol-'));
	const address = `127.0.0.1:${await freePort()}`;
	const config = join(folder, 'config.yaml');
	writeFileSync(
		config,
		`receivers: {otlp: {protocols: {http: {endpoint: '${address}'}}}}
exporters: {otlp_http: {endpoint: '${behind.url}', encoding: json, compression: none, sending_queue: {enabled: false}}}
service:
  pipelines: {metrics: {receivers: [otlp], exporters: [otlp_http]}}
  telemetry: {metrics: {level: none}, logs: {level: error}}
`,
	);
	const child = spawn(PROGRAM, ['--config', config], {
		stdio: ['ignore', 'ignore', 'inherit'],
		env: cleanEnv(),
	});
	const gone = once(child, 'exit');
	process.once('exit', () => child.kill('SIGKILL'));
	const url = `http://${address}`;
	for (const deadline = performance.now() + READY_MS; ; ) {
		const isUp = await fetch(`${url}/v1/metrics`).then(
			() => true,
			() => false,
		);
		if (isUp) break;
		if (performance.now() > deadline || child.exitCode !== null)
			throw new Error('the collector does not answer');
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
	return {
		url,
		passed: () => behind.taken,
		points: () => pointsIn(behind.taken),
		end: async () => {
			child.kill('SIGTERM');
			await gone;
			await behind.close();
			rmSync(folder, { recursive: true });
		},
	};
};
