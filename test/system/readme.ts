// Every command in the documents is run here, in a fresh copy, as a reader would: what a page says, works.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
	appendFileSync,
	chmodSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bpftraceLacks, isRoot, testWith } from '../parts.ts';
import { outcome, type Result, ROOT } from '../program.ts';
import { fakeCarbon } from '../servers/carbon.ts';
import { startReceiver } from '../servers/receiver.ts';

const test = suite('README');
const dir = mkdtempSync(join(tmpdir(), 'bpfpipe-readme-'));
chmodSync(dir, 0o755);
const copy = join(dir, 'copy');
const NOBODY = 65_534;
const noBpftrace = bpftraceLacks();

const environment = (state: string): Record<string, string> => ({
	...(process.env as Record<string, string>),
	PATH: `${join(dir, 'prefix', 'bin')}:${process.env.PATH}`,
	STATE_DIRECTORY: state,
	RUNTIME_DIRECTORY: state,
	LOGS_DIRECTORY: state,
});
let made = 0;
const freshState = (): string => {
	const state = join(dir, `state-${made++}`);
	mkdirSync(state, { mode: 0o777 });
	chmodSync(state, 0o777);
	return state;
};

type Options = { ms?: number; uid?: number; state?: string; signal?: NodeJS.Signals };
/** Run a line of a document with bash, ended with `signal` after `ms` where it would run for ever. */
const shell = async (
	line: string,
	{ ms, uid, state = freshState(), signal = 'SIGINT' }: Options = {},
): Promise<Result> => {
	const child = spawn('bash', ['-c', line], {
		cwd: copy,
		env: {
			...environment(state),
			...(uid === undefined ? {} : { HOME: '/nonexistent', npm_config_cache: state }),
		},
		detached: true,
		...(uid === undefined ? {} : { uid, gid: uid }),
	});
	const timer = ms === undefined ? undefined : setTimeout(() => end(child, signal), ms);
	return outcome(child).finally(() => clearTimeout(timer));
};
/** A signal to the whole group, as Ctrl-C in a terminal sends it. */
const end = (child: ChildProcess, signal: NodeJS.Signals) => process.kill(-child.pid!, signal);

/** The lines of a document's `sh` blocks, and of its plain blocks that start with a command of ours. */
const commandsOf = (document: string): string[] =>
	[...document.matchAll(/^```sh\n(.*?)^```/gms)].flatMap(([, block]) => block!.split('\n').filter(Boolean));

const EXPLAINED = new Set<string>();
/** A line that the README has, noted as run. */
const line = (text: string): string => {
	assert.ok(
		commandsOf(readFileSync(join(ROOT, 'README.md'), 'utf8')).includes(text),
		`the README has no line: ${text}`,
	);
	EXPLAINED.add(text);
	return text;
};

test.before(() => {
	const pack = `git ls-files -z --cached --others --exclude-standard | tar -c --null -T - | tar -x -C ${copy}`;
	mkdirSync(copy);
	const { status, stderr } = spawnSync('bash', ['-o', 'pipefail', '-c', pack], {
		cwd: ROOT,
		encoding: 'utf8',
	});
	assert.is(status, 0, stderr);
});
test.after(() => rmSync(dir, { recursive: true }));

const STARTS = 'npm ci && npm start';

const PAGE = 'http://127.0.0.1:8080';
type Metrics = {
	from: number;
	newest: number;
	metrics: { metric: string; synthetic: string; rate?: number }[];
};

/** What the page has of the latency, once it has any; it is asked for `ms` at most. */
const latencyOnPage = async (ms: number) => {
	for (const deadline = performance.now() + ms; performance.now() < deadline; await sleep(100)) {
		const answer = await fetch(`${PAGE}/api/v1/metrics`).catch(() => undefined);
		const all = answer?.ok ? ((await answer.json()) as Metrics) : undefined;
		const latency = all?.metrics.find(({ metric, rate = 0 }) => metric === 'cpu-lat' && rate > 0);
		if (all && latency) return { ...all, latency };
	}
	return undefined;
};

testWith(
	test,
	noBpftrace,
	'npm ci && npm start, as root: a page with real scheduler latency within 10 s',
	async () => {
		const install = await shell('npm ci');
		assert.is(install.status, 0, install.stderr);
		line(STARTS);
		const state = freshState();
		const running = shell('npm start', { ms: 11_000, state });
		const seen = await latencyOnPage(10_000);
		const { stdout, stderr } = await running;
		assert.match(stdout, new RegExp(`^${PAGE}/$`, 'm'), stderr);
		assert.ok(seen, `${stdout}${stderr}`);
		assert.is(seen.latency.synthetic, 'none');
		assert.not.match(stderr, /cannot be had/);
		// The page of the next run begins with what the log has of this one.
		const from = Date.now();
		const again = shell('npm start', { ms: 11_000, state });
		const filled = await latencyOnPage(10_000);
		await again;
		assert.ok(filled && filled.from < from, `${filled?.from} of ${from}`);
	},
);

test('npm ci && npm start, without rights: a recording, marked, and what to install', async () => {
	const install = await shell('npm ci');
	assert.is(install.status, 0, install.stderr);
	const running = shell('npm start', { ms: 12_000, ...(isRoot ? { uid: NOBODY } : {}) });
	const seen = await latencyOnPage(11_000);
	const { stdout, stderr } = await running;
	assert.match(stdout, new RegExp(`^${PAGE}/$`, 'm'), stderr);
	assert.is(seen?.latency.synthetic, 'all', stderr);
	assert.match(stderr, /"replay" runs in its place, marked synthetic\. For real figures install bpftrace/);
});

test('npm ci && npm run setup && npm test is what CI runs', () => {
	line('npm ci && npm run setup && npm test');
	const ci = readFileSync(join(ROOT, '.ci', 'run'), 'utf8');
	for (const command of ['npm ci', 'npm run setup', 'npm test', 'npm run check'])
		assert.match(ci, new RegExp(`^${command}`, 'm'));
});

test('npm install -g gives every command, from the folder and from the packed tarball', async () => {
	const prefix = join(dir, 'prefix');
	const packed = await shell(`npm pack --pack-destination ${dir}`);
	assert.is(packed.status, 0, packed.stderr);
	const tarball = join(dir, packed.stdout.trim().split('\n').at(-1)!);
	for (const what of [tarball, '.']) {
		rmSync(prefix, { recursive: true, force: true });
		const install = await shell(`npm install -g --prefix ${prefix} ${what}`);
		assert.is(install.status, 0, install.stderr);
		const { bin } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
		for (const name of Object.keys(bin)) {
			const { status, stdout } = await shell(`cd / && ${name} --version`);
			assert.is(status, 0, name);
			assert.match(stdout, /\d+\.\d+\.\d+/, name);
		}
	}
});

testWith(test, noBpftrace, 'by hand: bpftrace into Graphite lines', async () => {
	const command = line(
		'bpftrace bpftrace/cpu-lat.bt | parse-histogram --metric cpu-lat --unit us | every 5s | graphite-line',
	);
	const { status, stdout } = await shell(command, { ms: 13_000 });
	assert.is(status, 0);
	assert.ok(
		stdout
			.split('\n')
			.filter(Boolean)
			.every((text) => /^[\w-]+\.cpu-lat\.\d+ \d+ \d{9}[05]$/.test(text)),
		stdout,
	);
	assert.ok(new Set([...stdout.matchAll(/ (\d{10})$/gm)].map(([, at]) => at)).size >= 2, stdout);
	const quiet = await shell(`set -o pipefail; ${command} | head -3; echo "\${PIPESTATUS[@]:1}"`, {
		ms: 30_000,
	});
	assert.match(quiet.stdout, /\n0 0 0 0\n$/);
	assert.is(quiet.stdout.split('\n').length, 5);
});

testWith(test, noBpftrace, 'by hand: by command, as bars', async () => {
	const { status, stdout } = await shell(
		line(
			'bpftrace bpftrace/cpu-lat-by-comm.bt | parse-histogram -m cpu-lat --unit us --keys comm | every 1s | board',
		),
		{ ms: 6000 },
	);
	assert.is(status, 0);
	assert.match(
		stdout,
		/^2\d{3}-\d\d-\d\d .* cpu-lat comm=\S.* \(us\), \d+ samples, cumulative\n +\[.*\|@+ *\|$/m,
	);
});

test('by hand: a recording into Graphite lines, every one marked', async () => {
	const { status, stdout } = await shell(
		line(
			'replay --speed 0 --as-recorded bpftrace/cpu-lat.session | parse-histogram -m cpu-lat --unit us | every 15s --event-time | graphite-line',
		),
	);
	assert.is(status, 0);
	const lines = stdout.split('\n').filter(Boolean);
	assert.ok(lines.length > 20);
	assert.ok(
		lines.every((text) => /^synthetic\.[\w-]+\.cpu-lat\.\d+ \d+ \d+$/.test(text)),
		stdout,
	);
	assert.is(new Set(lines.map((text) => text.split(' ')[2])).size, 5);
});

testWith(test, noBpftrace, 'by hand: into a folder that Hollow reads', async () => {
	const { status, stderr } = await shell(
		line(
			'bpftrace bpftrace/cpu-lat.bt | parse-histogram -m cpu-lat --unit us | to-hollow | hollow-publish cpu-lat.hollow',
		),
		{ ms: 6000 },
	);
	assert.is(status, 0, stderr);
	const history = await shell(line('hollow-history cpu-lat.hollow'));
	assert.is(history.status, 0, history.stderr);
	assert.match(history.stdout, /^version .*\n(?:20\d{15} .*\n)+20\d{15} .* announced\n$/);
});

test('supervised: doctor, graph, check, up, status', async () => {
	const state = freshState();
	const doctor = await shell(line('bpfpipe doctor etc/cpu-lat.yaml'), { state });
	assert.match(doctor.stdout, /^(ok|warn|fail) +bpftrace: /m);
	assert.is(doctor.status, /^fail /m.test(doctor.stdout) ? 69 : 0);
	const graph = await shell(line('bpfpipe graph etc/cpu-lat.yaml'), { state });
	assert.is(graph.status, 0, graph.stderr);
	assert.match(graph.stdout, /append-log/);
	assert.match(graph.stdout, /records-tail \| serve/);
	const check = await shell(line('bpfpipe check etc/cpu-lat.yaml'), { state });
	assert.is(check.status, 0, check.stderr);
	assert.not.match(check.stdout, /append-log.*not installed/);
	const running = shell(line('bpfpipe up etc/cpu-lat.yaml'), { state, ms: 6000 });
	await sleep(4000);
	const status = await shell(line('bpfpipe status etc/cpu-lat.yaml'), { state });
	assert.is(status.status, 0, status.stdout + status.stderr);
	assert.match(status.stdout, /^collect +append-log +RUNNING/m);
	assert.is((await running).status, 0);
});

/** The commands in the right-hand column of MIGRATING.md, with something in the place of each word in capitals; MIGRATING-KEA has a test of its own. */
const migrations = (words: Record<string, string>): string[] => {
	const rows = readFileSync(join(ROOT, 'MIGRATING.md'), 'utf8').match(/^\|.*\|$/gm)!;
	const cells = rows.map((row) => row.split(/(?<!\\)\|/)[2]!.replaceAll('\\|', '|'));
	const spans = cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)]);
	const commands = spans.map(([, span]) => span!).filter((span) => /^[a-z]+-[a-z-]+ ./.test(span));
	return commands.map((command) => command.replace(/\b(?:ACK|FILE|HOST|URL)\b/g, (word) => words[word]!));
};

test('what MIGRATING.md says to run now can be run, and arrives', async () => {
	const carbon = await fakeCarbon();
	const receiver = await startReceiver([join(dir, 'received')]);
	const log = join(dir, 'old.log');
	writeFileSync(log, '');
	try {
		const words = { FILE: log, HOST: carbon.uri, URL: receiver.url, ACK: join(dir, 'ack') };
		const commands = migrations(words);
		assert.ok(commands.length >= 5, commands.join('\n'));
		for (const command of commands) {
			// A log is followed from its end on, so it must grow.
			const grow = () => appendFileSync(log, `#!ts ${Math.floor(Date.now() / 1000)}\n@us:\n[1]  3 |@|\n\n`);
			grow();
			const growing = setInterval(grow, 500);
			const { status, stderr } = await shell(`exec < /dev/null; ${command}`, { ms: 8000 }).finally(() =>
				clearInterval(growing),
			);
			assert.is(status, 0, `${command}: ${stderr}`);
		}
		assert.match(carbon.text(), /\.cpu-lat\.1 3 \d{10}\n/);
	} finally {
		await receiver.end();
		await carbon.die();
	}
});

test('no command in the README was left out', () => {
	const skipped = noBpftrace === '' ? [] : ['bpftrace', 'hollow-history', STARTS];
	const left = commandsOf(readFileSync(join(ROOT, 'README.md'), 'utf8')).filter(
		(text) => !EXPLAINED.has(text) && !skipped.some((start) => text.startsWith(start)),
	);
	assert.equal(left, []);
});

test.run();
