// The units, for real: a systemd of its own boots in a container made here, with this host's /usr, and runs them.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { announcedIn } from '../../filters/lib/hollow/folder/announcement.ts';
import { contentsOf } from '../../filters/lib/hollow/folder/contents.ts';
import { loadAlong } from '../../filters/lib/hollow/folder/loader.ts';
import { routeTo } from '../../filters/lib/hollow/folder/route.ts';
import { recordsIn } from '../../filters/lib/hollow/metrics/records.ts';
import { bpftraceLacks, commandsLack, isRoot, testWith } from '../parts.ts';
import { ROOT } from '../program.ts';
import { type CarbonCache, carbonCache } from '../servers/carbon-cache.ts';
import { certificateIn } from '../servers/certificate.ts';

const test = suite('systemd');
const SUPERVISOR = '/usr/local/bin/bpfpipe\0up';
const UNITS = [
	'bpfpipe@.service',
	'bpfpipe-collect@.service',
	'bpfpipe-page@.socket',
	'bpfpipe-page@.service',
];
const README = readFileSync(join(ROOT, 'systemd/README.md'), 'utf8');
const COLLECT = 'bpfpipe-collect@cpu-lat.service';
const SHIP = 'bpfpipe@cpu-lat.service';
const CARBON = 'carbon.service';
const CERTIFICATE = '/etc/bpfpipe/certificate';
const TRACEFS = 'tracefs.service';
const noSystemd = commandsLack('systemd-analyze');
const noContainer = isRoot
	? commandsLack('systemd-nspawn', 'carbon-cache', 'openssl', 'curl') || bpftraceLacks()
	: 'a container needs root';

const analyze = (...args: string[]) => spawnSync('systemd-analyze', args, { encoding: 'utf8' });

for (const unit of UNITS) {
	testWith(test, noSystemd, `${unit} is in order`, () => {
		const dir = mkdtempSync(join(tmpdir(), 'bpfpipe-unit-'));
		// The command is not installed where the tests run, and that is all that may be wrong.
		for (const file of UNITS) {
			const text = readFileSync(join(ROOT, 'systemd', file), 'utf8').replaceAll(
				/\/usr\/local\/bin\/[\w-]+/g,
				'/bin/true',
			);
			writeFileSync(join(dir, file.replace('@', '@cpu-lat')), text);
		}
		const { stderr, status } = analyze('verify', join(dir, unit.replace('@', '@cpu-lat')));
		rmSync(dir, { recursive: true });
		assert.is(
			stderr
				.split('\n')
				.filter((line) => line.includes('bpfpipe'))
				.join('\n'),
			'',
		);
		assert.is(status, 0, stderr);
	});
}

testWith(
	test,
	noSystemd,
	'exposure: at most 1.6 for the shipper, 1.0 for the page, 3.9 for the collector',
	() => {
		for (const [unit, most] of [
			['bpfpipe@.service', 16],
			['bpfpipe-page@.service', 10],
			['bpfpipe-collect@.service', 39],
		] as const) {
			const file = join(ROOT, 'systemd', unit);
			const { status, stdout } = analyze('security', '--offline=true', `--threshold=${most}`, file);
			assert.is(status, 0, stdout.split('\n').slice(-3).join('\n'));
		}
	},
);

/** A machine of systemd's own, without a network, our files where the documents put them, and a carbon inside. */
const boot = (dir: string, carbon: CarbonCache): { child: ChildProcess; journal: () => string } => {
	const commands = join(dir, 'bin');
	const wants = join(dir, 'wants');
	for (const folder of [commands, wants]) mkdirSync(folder);
	for (const file of readdirSync(join(ROOT, 'dist')).filter((name) => name.endsWith('.cjs'))) {
		symlinkSync(`/opt/bpfpipe/dist/${file}`, join(commands, file.replace(/\.cjs$/, '')));
	}
	for (const unit of [COLLECT, SHIP, CARBON, TRACEFS]) {
		symlinkSync(`/etc/systemd/system/${unit.replace('cpu-lat', '')}`, join(wants, unit));
	}
	const defaults = join(dir, 'defaults');
	const certificate = join(dir, 'certificate');
	mkdirSync(certificate);
	certificateIn(certificate);
	const carbonUnit = join(dir, CARBON);
	const config = join(carbon.folder, 'conf', 'carbon.conf');
	const command = `/usr/bin/carbon-cache --config=${config} --nodaemon --pidfile=/run/carbon.pid start`;
	const settings = ['PIPELINES=graphite hollow', `CPU_LAT_HOLLOW_FOLDER=${BLOBS}`, 'CPU_LAT_INTERVAL=2s'];
	writeFileSync(defaults, [`CPU_LAT_GRAPHITE_URI=${carbon.text}`, ...settings, ''].join('\n'));
	// Another instance, whatever it does.
	const other = join(dir, 'disk-lat.yaml');
	const sleeps = `{ stages: [ sleep 1000 ] }`;
	writeFileSync(other, `pipelines: { collect: ${sleeps}, graphite: ${sleeps}, hollow: ${sleeps} }\n`);
	writeFileSync(carbonUnit, `[Service]\nExecStart=${command}\n`);
	// A real machine has it mounted; a container's systemd leaves that out.
	const tracefsUnit = join(dir, TRACEFS);
	const mount = '/bin/mount -t tracefs tracefs /sys/kernel/tracing';
	writeFileSync(tracefsUnit, `[Unit]\nBefore=${COLLECT}\n[Service]\nType=oneshot\nExecStart=${mount}\n`);
	const binds = [
		[tracefsUnit, `/etc/systemd/system/${TRACEFS}`],
		[ROOT, '/opt/bpfpipe'],
		[commands, '/usr/local/bin'],
		[wants, '/etc/systemd/system/multi-user.target.wants'],
		[certificate, CERTIFICATE],
		[carbonUnit, `/etc/systemd/system/${CARBON}`],
		[join(ROOT, 'etc', 'cpu-lat.yaml'), '/etc/bpfpipe/cpu-lat.yaml'],
		[other, '/etc/bpfpipe/disk-lat.yaml'],
		...UNITS.map((unit) => [join(ROOT, 'systemd', unit), `/etc/systemd/system/${unit}`]),
	];
	const child = spawn(
		'systemd-nspawn',
		[
			...['--quiet', '--register=no', '--keep-unit', '--directory=/', '--volatile=yes', '--boot'],
			...['--console=read-only', '--machine=bpfpipe-test', '--private-network'],
			...['--capability=CAP_BPF,CAP_PERFMON', '--system-call-filter=bpf perf_event_open'],
			`--bind=${carbon.folder}`,
			// The README adds to it.
			`--bind=${defaults}:/etc/default/bpfpipe`,
			...binds.map(([from, to]) => `--bind-ro=${from}:${to}`),
			...['systemd.firstboot=off', 'systemd.journald.forward_to_console=1', 'systemd.unit=multi-user.target'],
			'systemd.mask=systemd-networkd-wait-online.service',
		],
		{ stdio: ['ignore', 'pipe', 'pipe'] },
	);
	let text = '';
	const gather = (chunk: Buffer) => {
		text += chunk;
	};
	child.stdout.on('data', gather);
	child.stderr.on('data', gather);
	return { child, journal: () => text };
};

/** A command as root of the machine that runs the process `pid`. */
const inside = (pid: number, ...command: string[]) => {
	const init = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]!;
	const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;
	const words = ['-t', init, '-m', '-u', '-i', '-n', '-p', '-C', '--', ...command];
	return spawnSync('nsenter', words, { encoding: 'utf8', env, timeout: 60_000 });
};

/** Processes whose command line has `word`, as this host sees them: the container has no user names of its own. */
const processes = (word: string) =>
	readdirSync('/proc')
		.filter((name) => /^\d+$/.test(name))
		.flatMap((pid) => {
			try {
				const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
				const status = readFileSync(`/proc/${pid}/status`, 'utf8');
				const field = (name: string) => new RegExp(`^${name}:\\s+(\\S+)`, 'm').exec(status)![1]!;
				const isOurs = command.includes(word) && field('State') !== 'Z';
				return isOurs ? [{ pid: Number(pid), uid: Number(field('Uid')), capabilities: field('CapEff') }] : [];
			} catch {
				return [];
			}
		});

const until = async (what: string, holds: () => boolean, journal: () => string, limitMs = 30_000) => {
	for (const deadline = Date.now() + limitMs; !holds(); await sleep(100)) {
		if (Date.now() > deadline) throw new Error(`waited in vain for ${what}\n${journal()}`);
	}
};

// Within the container, as the process sees it that writes there.
const BLOBS = '/var/lib/bpfpipe/hollow';

const points = (carbon: CarbonCache, lower: number, from: number): [number, number][] =>
	carbon.read(`bpfpipe-test.cpu-lat.${lower}`, from, Math.floor(Date.now() / 1000));

/** The lines of the README's `sh` blocks, of which each must be run. */
const lines = [...README.matchAll(/^ *```sh\n(.*?)^ *```/gms)].map(([, block]) =>
	block!.split('\n').flatMap((line) => line.trim() || []),
);

/** What the README says of the page, done on the machine that runs the process `pid`. */
const page = async (pid: number, journal: () => string) => {
	const [enable, elsewhere, without] = lines as [string[], string[], string[]];
	assert.is(lines.length, 3);
	const shell = (line: string) => inside(pid, 'bash', '-c', line);
	const fetched = (line: string) => shell(`${line} --max-time 20`).stdout;
	const all = (block: string[]) => {
		for (const line of block) {
			const { status, stderr } = shell(line);
			assert.is(status, 0, `${line}\n${stderr}`);
		}
	};
	const pageRuns = () => processes('/usr/local/bin/serve').length > 0;
	all(enable.slice(0, -1));
	assert.not.ok(pageRuns(), 'nobody has come');
	const metrics = 'curl -sS http://127.0.0.1:8080/api/v1/metrics';
	await until('latency on the page', () => /"metric":"cpu-lat"/.test(fetched(metrics)), journal);
	const health = fetched(enable.at(-1)!);
	assert.is(JSON.parse(health).status, 'ok', health);
	assert.match(fetched(metrics), /"metric":"bpfpipe_up"/, 'what the supervisors say');
	assert.match(fetched('curl -sS http://127.0.0.1:8080/'), /<title>/);
	const [served] = processes('/usr/local/bin/serve');
	assert.ok(served!.uid >= 61_184, `the page runs as ${served!.uid}`);
	assert.is(served!.capabilities, '0000000000000000');
	assert.is(processes('/usr/local/bin/records-tail').length, 1);

	// Killed, it is there again at the next visit.
	process.kill(served!.pid, 'SIGKILL');
	await until(
		'another page',
		() => processes('/usr/local/bin/serve').some((one) => one.pid !== served!.pid),
		journal,
	);
	await until('latency again', () => /"metric":"cpu-lat"/.test(fetched(metrics)), journal);
	const left = processes('/usr/local/bin/records-tail').length;
	assert.is(left, 1, 'the reader of the one that was killed is gone');

	const secrets = '/etc/bpfpipe/page';
	all([
		`cp ${CERTIFICATE}/key.pem ${secrets}.key; cp ${CERTIFICATE}/cert.pem ${secrets}.pem`,
		`echo token 0123456789abcdef > ${secrets}.auth`,
		`chgrp adm ${secrets}.*; chmod 640 ${secrets}.*`,
		...elsewhere,
	]);
	const secure = `curl -sS --cacert ${secrets}.pem`;
	await until(
		'HTTPS',
		() =>
			/"metric":"cpu-lat"/.test(
				fetched(
					`${secure} -H 'Authorization: Bearer 0123456789abcdef' ${metrics.replace('http:', 'https:').replace('8080', '8443').slice(9)}`,
				),
			),
		journal,
	);
	assert.match(fetched(`${secure} https://127.0.0.1:8443/api/v1/metrics`), /"code":"denied"/);
	all(without);
	assert.is(shell('curl -sS --max-time 5 https://127.0.0.1:8443/health').status, 7, 'nobody listens');
	assert.not.ok(pageRuns());
};

testWith(
	test,
	noContainer,
	'both units run, apart and with few rights; what is killed comes back and nothing is missing',
	async () => {
		const dir = mkdtempSync(join(tmpdir(), 'bpfpipe-systemd-'));
		const carbon = await carbonCache();
		const from = Math.floor(Date.now() / 1000);
		// Its folders and ports are for one that runs in the container.
		await carbon.kill();
		const { child, journal } = boot(dir, carbon);
		const gone = new Promise((resolve) => child.once('exit', resolve));
		try {
			await until('points', () => points(carbon, 16, from).length >= 3, journal, 60_000);

			const [shipper] = processes('/opt/bpfpipe/dist/graphite-send');
			assert.ok(shipper!.uid >= 61_184, `the shipper runs as ${shipper!.uid}`);
			assert.is(shipper!.capabilities, '0000000000000000');
			assert.is(processes('/opt/bpfpipe/dist/append-log')[0]!.uid, 0);

			const supervisors = processes(SUPERVISOR);
			const victim = supervisors.find(({ uid }) => uid !== 0)!;
			process.kill(victim.pid, 'SIGKILL');
			await until(
				'another supervisor',
				() => processes(SUPERVISOR).some(({ uid, pid }) => uid !== 0 && pid !== victim.pid),
				journal,
			);
			const seen = points(carbon, 16, from).length;
			await until('more points', () => points(carbon, 16, from).length > seen + 3, journal);

			const all = points(carbon, 16, from).map(([at]) => at);
			const gaps = all.slice(1).filter((at, index) => at - all[index]! !== 2);
			assert.equal(gaps, [], 'steps are missing');
			assert.not.match(journal(), /synthetic|SAMPLE/);

			const { pid } = processes(SUPERVISOR).find(({ uid }) => uid !== 0)!;
			const statusOf = (file: string) => {
				const { status, stdout, stderr } = inside(pid, 'bpfpipe', 'status', file);
				assert.is(status, 0, `${stdout}${stderr}`);
				return stdout;
			};
			const shown = statusOf('/etc/bpfpipe/cpu-lat.yaml');
			for (const name of ['collect', 'graphite', 'hollow'])
				assert.match(shown, new RegExp(`^${name} .* RUNNING`, 'm'));
			const second = inside(pid, 'bpfpipe', 'up', '/etc/bpfpipe/cpu-lat.yaml', 'collect');
			assert.is(second.status, 69, 'root by hand does not run what a unit runs');
			assert.match(second.stderr, /the pipeline "collect" of "cpu-lat" is running already/);

			const other = '/etc/bpfpipe/disk-lat.yaml';
			const started = inside(pid, 'systemctl', 'start', 'bpfpipe-collect@disk-lat', 'bpfpipe@disk-lat');
			assert.is(started.status, 0, started.stderr);
			statusOf(other);
			assert.is(inside(pid, 'systemctl', 'stop', 'bpfpipe-collect@disk-lat', 'bpfpipe@disk-lat').status, 0);
			// One instance that stops leaves the others where they are reached.
			statusOf('/etc/bpfpipe/cpu-lat.yaml');
			const records = `/var/lib/bpfpipe/cpu-lat.graphite+hollow.self.ndjson`;
			assert.ok(existsSync(join('/proc', String(pid), 'root', records)), records);
			assert.not.match(journal(), /cannot be written|Cannot find unit for notify/);

			const [publisher] = processes('/opt/bpfpipe/dist/hollow-publish');
			const folder = join('/proc', String(publisher!.pid), 'root', BLOBS);
			const way = routeTo(contentsOf(folder), announcedIn(folder), contentsOf(folder).snapshots[0]);
			assert.ok(way.length > 3, `${way.length} versions in one chain`);
			assert.is([...recordsIn(loadAlong(folder, way))].length, 1);
			// The shipper is restarted by it; the collector is not.
			await page(processes(SUPERVISOR).find(({ uid }) => uid === 0)!.pid, journal);
		} finally {
			child.kill('SIGTERM');
			const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
			await gone;
			clearTimeout(timer);
			await carbon.end();
			rmSync(dir, { recursive: true });
		}
	},
);

test.run();
