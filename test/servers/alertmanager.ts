// alertmanager: the real one, on loopback with a folder of its own, telling one webhook

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cleanEnv } from '../program.ts';
import { freePort } from './ports.ts';

export type Alertmanager = {
	url: string;
	/** Whatever its API says at a path below /api/v2/. */
	api: (path: string) => Promise<unknown>;
	end: () => Promise<void>;
};

const READY_MS = 20_000;

const running = new Set<ChildProcess>();
process.on('exit', () => {
	for (const child of running) child.kill('SIGKILL');
});

/** Started and ready; alerts of one name go to `webhook` together, soon. */
export const startAlertmanager = async (webhook: string, externalUrl: string): Promise<Alertmanager> => {
	const folder = mkdtempSync(join(tmpdir(), 'alertmanager-'));
	const config = join(folder, 'alertmanager.yml');
	writeFileSync(
		config,
		`route: {receiver: bpfpipe, group_by: [alertname], group_wait: 200ms, group_interval: 500ms, repeat_interval: 4h}
receivers: [{name: bpfpipe, webhook_configs: [{url: '${webhook}'}]}]
`,
	);
	const listen = `127.0.0.1:${await freePort()}`;
	const child: ChildProcess = spawn(
		'prometheus-alertmanager',
		[
			`--config.file=${config}`,
			`--storage.path=${join(folder, 'data')}`,
			`--web.listen-address=${listen}`,
			`--web.external-url=${externalUrl}`,
			'--web.route-prefix=/',
			'--cluster.listen-address=',
			'--log.level=error',
		],
		{ stdio: ['ignore', 'ignore', 'inherit'], env: cleanEnv() },
	);
	const gone = once(child, 'exit');
	running.add(child);
	for (const deadline = performance.now() + READY_MS; ; ) {
		const isReady = await fetch(`http://${listen}/-/ready`).then(
			({ ok }) => ok,
			() => false,
		);
		if (isReady) break;
		if (performance.now() > deadline || child.exitCode !== null) throw new Error('Alertmanager is not ready');
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
	return {
		url: `http://${listen}`,
		api: async (path) => (await fetch(`http://${listen}/api/v2/${path}`)).json(),
		end: async () => {
			child.kill('SIGTERM');
			await gone;
			running.delete(child);
			rmSync(folder, { recursive: true });
		},
	};
};
