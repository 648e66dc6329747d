// The Debian image: built without a registry, run with the two listed capabilities alone; its health check red and green.

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { until } from '../harness/supervised.ts';
import { bpfLacks, testWith } from '../parts.ts';
import { ROOT } from '../program.ts';
import { openPodman, podmanLacks } from '../servers/podman.ts';

const test = suite('system: image');
const LACK = podmanLacks() || bpfLacks();
const context = mkdtempSync(join(tmpdir(), 'image-'));
const TAG = 'localhost/ebpf-sidecar-under-test';
const { podman, build, start, end } = openPodman();
test.after(() => {
	if (LACK === '') end();
	rmSync(context, { recursive: true, force: true });
});

/** As etc/compose.yaml and etc/kubernetes have the collector; this podman's seccomp ties bpf() to SYS_ADMIN. */
const AS_LISTED = [
	...['--user', '0:10001', '--cap-drop', 'ALL', '--cap-add', 'BPF', '--cap-add', 'PERFMON'],
	...['--read-only', '--security-opt', 'no-new-privileges', '--security-opt', 'seccomp=unconfined'],
];
/** Folders of its own, open as an emptyDir is. */
const folders = (name: string): string[] =>
	['var/lib', 'var/log', 'run'].flatMap((above) => {
		const folder = join(context, name, above);
		mkdirSync(folder, { recursive: true });
		chmodSync(folder, 0o777);
		return ['-v', `${folder}:/${above}/bpfpipe`];
	});
const SHARED = ['-v', '/sys/kernel/tracing:/sys/kernel/tracing:ro', '--pid', 'host'];
const QUICK = ['-e', 'EBPF_SIDECAR_COLLECTOR_INTERVAL=1s'];
const isHealthy = (name: string) => podman('healthcheck', 'run', name).status === 0;

testWith(test, LACK, 'it is built of the package alone', () => {
	const made = spawnSync('sh', [join(ROOT, 'etc/docker/context.sh'), context], { encoding: 'utf8' });
	assert.is(made.status, 0, made.stderr);
	const { status, stderr, stdout } = build(join(ROOT, 'etc/docker/Dockerfile.debian'), context, TAG);
	assert.is(status, 0, stdout + stderr);
	const [image] = JSON.parse(podman('image', 'inspect', TAG).stdout);
	assert.is(image.Config.User, '10001');
	assert.equal(image.Config.Entrypoint, ['ebpf-sidecar']);
	assert.equal(image.Healthcheck.Test, ['CMD', 'ebpf-sidecar', 'health']);
});

testWith(
	test,
	LACK,
	'with the two capabilities it measures, and is well; without them it says that it is not',
	async () => {
		const [well, poor] = [`well-${process.pid}`, `poor-${process.pid}`];
		assert.is(
			start(poor, TAG, ...folders(poor), ...SHARED, ...QUICK, '--cap-drop', 'ALL', '--read-only').status,
			0,
		);
		assert.is(start(well, TAG, ...folders(well), ...SHARED, ...QUICK, ...AS_LISTED).status, 0);
		// Each look costs as much as the start of a program.
		await sleep(2500);
		await until('the health check is green', () => isHealthy(well), 30_000);
		const capabilities = podman('exec', well, 'cat', '/proc/self/status').stdout;
		// 38 is CAP_PERFMON, 39 CAP_BPF.
		assert.match(capabilities, /^CapBnd:\t000000c000000000$/m);
		assert.match(podman('exec', well, 'ebpf-sidecar', 'health').stdout, /"source":"flowing"/);
		// Whoever is not root has nothing to count with; the page is there all the same, and says so.
		const { status, stdout } = podman('exec', poor, 'ebpf-sidecar', 'health');
		assert.is(status, 69);
		assert.match(stdout, /"failing".*"waiting"/);
		assert.not(isHealthy(poor));
		assert.match(podman('logs', poor).stderr, /bpf-maps: .*not permitted/);
	},
);

test.run();
