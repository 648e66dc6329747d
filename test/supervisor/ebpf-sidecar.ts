// The command line of the sidecar of before: where it finds its settings, what it refuses, and what it then runs.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bundleOf, cleanEnv, ROOT } from '../program.ts';

const test = suite('ebpf-sidecar');
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const dir = mkdtempSync(join(tmpdir(), 'ebpf-sidecar-'));
test.after(() => rmSync(dir, { recursive: true }));
const places = { STATE_DIRECTORY: dir, RUNTIME_DIRECTORY: dir, LOGS_DIRECTORY: dir };

/** Run it in a folder of its own, where `files` are. */
let made = 0;
const sidecar = (args: string[], files: Record<string, string> = {}, env: Record<string, string> = {}) => {
	const cwd = join(dir, `${made++}`);
	mkdirSync(join(cwd, 'configs'), { recursive: true });
	for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text);
	const { status, stdout, stderr } = spawnSync(process.execPath, [bundleOf('ebpf-sidecar'), ...args], {
		...{ cwd, encoding: 'utf8' as const, timeout: 20_000 },
		env: cleanEnv({ ...places, ...env }),
	});
	return { status, stdout, stderr };
};
/** The port of the settings: `health` asks it, and nobody answers. */
const portIn = ({ stderr }: { stderr: string }) =>
	/^ebpf-sidecar: http:\/\/127\.0\.0\.1:(\d+)\/health: /.exec(stderr)?.[1];
const withPort = (port: number) => `server: { http: { port: ${port} } }\n`;

test('its version and its manual', () => {
	for (const word of ['version', '--version', '-V'])
		assert.equal(sidecar([word]), { status: 0, stdout: `ebpf-sidecar ${version}\n`, stderr: '' });
	assert.match(sidecar(['--help']).stdout, /^ebpf-sidecar - .*\n\nusage: /);
});

test('settings: by option, in configs, in the folder where it is, or none; the environment and --set go before', () => {
	const both = {
		'configs/config.yaml': withPort(18_001),
		'config.yaml': withPort(18_002),
		'my.yaml': withPort(18_003),
	};
	assert.is(portIn(sidecar(['health'], both)), '18001');
	assert.is(portIn(sidecar(['health'], { 'config.yaml': withPort(18_002) })), '18002');
	for (const option of ['-c', '--config', '--config-file'])
		assert.is(portIn(sidecar([option, 'my.yaml', 'health'], both)), '18003');
	const env = { EBPF_SIDECAR_SERVER_HTTP_PORT: '18004' };
	assert.is(portIn(sidecar(['health'], both, env)), '18004');
	// The one of before read the environment only when there was a file.
	assert.is(portIn(sidecar(['health'], {}, env)), '18004');
	assert.is(portIn(sidecar(['health', '--set', 'server.http.port=18005'], both, env)), '18005');
});

test('what cannot be is one line that names the setting, 78', () => {
	for (const [setting, problem] of [
		['collector.modules=disk', /collector\.modules: there is no module "disk"; there is iomonitor/],
		['collector.modules=', /collector\.modules is/],
		['export.type=kafka', /export\.type is "kafka"/],
		['server.http.port=70000', /server\.http\.port: "70000" is not a port/],
		['server.grpc.port=0', /server\.grpc\.port: "0" is not a port/],
		['server.grpc.tls.enabled=true', /server\.grpc\.tls\.cert_file is empty/],
	] as const) {
		const { status, stderr } = sidecar(['check', '-s', setting]);
		assert.is(status, 78, `${setting}: ${stderr}`);
		assert.match(stderr, problem);
	}
	const stages = ['collector.interval=often', 'server.http.metrics_path=/health', 'server.host=0.0.0.0'];
	const refused = sidecar(['check', ...stages.flatMap((one) => ['-s', one])]);
	assert.is(refused.status, 78);
	assert.match(refused.stderr, /bpf-maps: --interval: "often" is not a duration/);
	assert.match(refused.stderr, /serve: .*(?:other machines could read|at \/health there is something else)/);
	const { status, stderr } = sidecar(['check', '-s', 'export.type=banyandb', '-s', 'export.banyandb.group=']);
	assert.is(status, 78);
	assert.match(stderr, /export\.banyandb\.group is empty/);
	assert.equal(sidecar(['--config', 'nowhere.yaml']), {
		...{ status: 78, stdout: '' },
		stderr: 'ebpf-sidecar: nowhere.yaml: there is no such file of settings\n',
	});
	assert.is(sidecar(['fly']).status, 64);
	assert.is(sidecar(['--fly']).status, 64);
	assert.match(
		sidecar(['check', '-s', 'collector.intervall=1s']).stderr,
		/did you mean "collector\.interval"/,
	);
});

test('modules of before mean iomonitor; filters, TLS and who may read become options', () => {
	const usual = sidecar(['check', '-s', 'collector.modules=fadvise,memory']).stdout;
	assert.match(usual, /^iomonitor \(best-effort\)\n {2}bpf-maps --interval 10s \S+iomonitor\.bpf\.o$/m);
	assert.match(usual, /serve --base-units --listen 127\.0\.0\.1:8080 --metrics-path \/metrics /);
	assert.not.match(usual, /insecure|tls|auth|banyandb/);
	const sets = [
		'collector.comm=banyand',
		'collector.ebpf.pin=true',
		'server.host=0.0.0.0',
		'server.insecure=true',
	];
	const { stdout } = sidecar(['check', ...sets.flatMap((one) => ['-s', one])]);
	assert.match(stdout, /--comm=banyand --pin=\/sys\/fs\/bpf\/ebpf-sidecar /);
	assert.match(stdout, /serve-grpc --listen 0\.0\.0\.0:9090 --insecure$/m);
});

test('health of one that does not run is 69, at the port of its settings', () => {
	const { status, stderr } = sidecar(['health', '-s', 'server.http.port=1']);
	assert.is(status, 69);
	assert.match(stderr, /^ebpf-sidecar: http:\/\/127\.0\.0\.1:1\/health: /);
});

test.run();
