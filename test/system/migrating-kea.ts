// MIGRATING-KEA.md: every command in its right-hand columns is run, on a recording where it wants a Kea, and has its effect.

import { type ChildProcess, spawn } from 'node:child_process';
import {
	chmodSync,
	copyFileSync,
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
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { until } from '../harness/supervised.ts';
import { bpftraceLacks, testWith } from '../parts.ts';
import { bundleOf, cleanEnv, outcome, type Result, ROOT, run } from '../program.ts';
import { keaLacks, startKea } from '../servers/kea.ts';
import { freePort } from '../servers/ports.ts';
import { type Receiver, startReceiver } from '../servers/receiver.ts';

const test = suite('system: MIGRATING-KEA');
const LACK = keaLacks() || bpftraceLacks();
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const PAGE = read('MIGRATING-KEA.md');

const rows = PAGE.match(/^\|.*\|$/gm)!.map((row) =>
	row.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|')),
);
const spansIn = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, span]) => span!);
const OURS = /^(?:bpfpipe [a-z]+ |npm run |(?:[a-z]+-[a-z-]+) .)/;
const commands = [
	...new Set(rows.flatMap(([, , right]) => spansIn(right ?? '')).filter((span) => OURS.test(span))),
];
const isUp = (command: string) => command.startsWith('bpfpipe up ');
const asks = (command: string) => /^bpfpipe (?:status|logs) /.test(command);
const WITH_KEA = (command: string) => command.startsWith('bpftrace-run ');

const dir = mkdtempSync(join(tmpdir(), 'bpfpipe-migrating-'));
const bin = join(dir, 'bin');
const filled = join(dir, 'filled');
const file = join(ROOT, 'test', 'golden', 'to-json', 'old-sample-text.in');
const old = join(ROOT, 'test', 'golden', 'to-json', 'old-json.in');
let receiver: Receiver;
let made = 0;

const children = new Set<ChildProcess>();
const hush = () => {
	for (const child of children) {
		if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid!, 'SIGKILL');
	}
};
process.on('exit', hush);

test.before(async () => {
	mkdirSync(bin);
	for (const name of Object.keys(JSON.parse(read('package.json')).bin)) {
		chmodSync(bundleOf(name), 0o755);
		symlinkSync(bundleOf(name), join(bin, name));
	}
	writeFileSync(join(dir, 'token'), 'secret\n', { mode: 0o600 });
	receiver = await startReceiver([join(dir, 'received')]);
	const cycles = await run(
		'to-hollow',
		['--wide'],
		(await run('parse-histogram', [], readFileSync(file))).stdout,
	);
	assert.is((await run('hollow-publish', [filled], cycles.stdout)).status, 0);
});
test.after(async () => {
	await receiver.end();
	hush();
	rmSync(dir, { recursive: true, force: true });
});

type Words = Record<'FILE' | 'OLD' | 'URL' | 'NAME' | 'TOKEN' | 'DIR' | 'OUT', string>;
/** What stands for the words of this row; a folder that is to be read is there. */
const wordsFor = (command: string): Words => ({
	FILE: file,
	OLD: old,
	URL: receiver.url,
	NAME: `set${made++}`,
	TOKEN: join(dir, 'token'),
	DIR: /^hollow-(?:cat|history) /.test(command) ? filled : join(dir, `folder${made++}`),
	OUT: join(dir, `out${made++}`),
});
const filledIn = (command: string, words: Words) =>
	command.replace(/\b(?:FILE|OLD|URL|NAME|TOKEN|DIR|OUT)\b/g, (word) => words[word as keyof Words]);

const startShell = (line: string, state: string): ChildProcess => {
	const PATH = `${bin}:${process.env.PATH}:/usr/sbin`;
	const places = { STATE_DIRECTORY: state, RUNTIME_DIRECTORY: state, LOGS_DIRECTORY: state };
	const child = spawn('bash', ['-o', 'pipefail', '-c', `exec < /dev/null; ${line}`], {
		cwd: ROOT,
		env: cleanEnv({ ...places, PATH }),
		stdio: 'pipe',
		detached: true,
	});
	children.add(child);
	return child;
};
const freshState = () => {
	const state = join(dir, `state${made++}`);
	mkdirSync(state);
	return state;
};
/** A command to its end; one that never ends is asked to, as by Ctrl-C. */
const shell = async (line: string, state = freshState(), ms = 20_000): Promise<Result> => {
	const child = startShell(line, state);
	const timer = setTimeout(() => process.kill(-child.pid!, 'SIGINT'), ms);
	return outcome(child).finally(() => clearTimeout(timer));
};

const filesIn = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : []);
const settingIn = (command: string, name: string): string | undefined =>
	new RegExp(`--set ${name.replace('.', '\\.')}=(\\S+)`).exec(command)?.[1];

/** What a row promises, by its settings: each of these has to come true while it runs. */
const promises = (
	command: string,
	page: string,
): [what: string, isSo: () => boolean | Promise<boolean>][] => {
	const [json, keep] = [settingIn(command, 'json.folder'), settingIn(command, 'json.keep')];
	const [hollow, pictures] = [settingIn(command, 'hollow.folder'), settingIn(command, 'pictures.folder')];
	const dataset = settingIn(command, 'hollow.dataset') ?? 'ebpf_metrics';
	const documents = () => filesIn(json!).filter((name) => /^metrics_\d{8}_\d{6}\.json$/.test(name));
	const pushed = () => filesIn(join(dir, 'received', dataset)).some((name) => name.startsWith('snapshot-'));
	const isSample = async () => {
		const answer = await fetch(`http://${page}/metrics`).then(
			(one) => one.text(),
			() => '',
		);
		return /^packets_total\{.*synthetic="true"/m.test(answer);
	};
	return [
		...(json ? [['a document', () => documents().length > 0] as [string, () => boolean]] : []),
		...(keep
			? [['no more documents than that', () => documents().length <= Number(keep)] as [string, () => boolean]]
			: []),
		...(hollow
			? [['blobs', () => existsSync(join(hollow, 'announced.version'))] as [string, () => boolean]]
			: []),
		...(settingIn(command, 'push.url')
			? [[`a version of ${dataset}`, pushed] as [string, () => boolean]]
			: []),
		...(pictures
			? [['pictures', () => filesIn(pictures).includes('packets_latest.png')] as [string, () => boolean]]
			: []),
		...(command.includes('--no-fallback')
			? []
			: [['the page', isSample] as [string, () => Promise<boolean>]]),
	];
};

/** Run a row of etc/kea.yaml, quicker than it is meant, until all that it promises is so. */
const runUp = async (command: string, during: (state: string) => Promise<void> = async () => {}) => {
	const state = freshState();
	const page = `127.0.0.1:${await freePort()}`;
	const more = {
		'dhcp4.program': 'kea-of-nobody',
		'dhcp4.socket': join(dir, 'no-socket'),
		'page.listen': page,
		step: '1s',
		'stats.interval': '1s',
	};
	const child = startShell(
		`${command} ${Object.entries(more)
			.map(([name, value]) => `--set ${name}=${value}`)
			.join(' ')}`,
		state,
	);
	const ends = outcome(child);
	let failure: unknown;
	try {
		for (const [what, isSo] of promises(command, page)) await until(`${what}: ${command}`, isSo, 60_000);
		const log = () =>
			existsSync(join(state, 'kea-stats4.ndjson'))
				? readFileSync(join(state, 'kea-stats4.ndjson'), 'utf8')
				: '';
		await until(`what kea-stats says: ${command}`, () => log().includes('"kea_up"'), 60_000);
		await during(state);
	} catch (error) {
		failure = error;
	}
	process.kill(-child.pid!, 'SIGINT');
	const { status, stderr } = await ends;
	if (failure) throw new Error(`${(failure as Error).message}\n${stderr}`);
	assert.is(status, 0, `${command}: ${stderr}`);
	if (!command.includes('--no-fallback')) return;
	const records = join(state, 'kea-dhcp4.ndjson');
	assert.not.match(existsSync(records) ? readFileSync(records, 'utf8') : '', /"packets"|synthetic/);
};

test('every option of the programs of before has its row', () => {
	const left = rows.map(([, one]) => one ?? '').join(' ');
	const options: Record<string, string> = {
		monitor:
			'-p -d -t -i -r -o --cleanup --local -v --visualize --dashboard --dashboard-port --dashboard-preload --viz-dir --no-fallback',
		complete: '-d -w -n -v -t --dras-count -rate -timeout -scenario -interface',
		programs:
			'ebpf_hollow_monitor.py kea_monitor_complete.py kea_metrics.py ebpf_to_json.py ebpf_to_hollow.py check_hollow_connectivity.py visualize_json_metrics.py check_metrics.py dashboard_diagnostics.py run_demo.sh run_realtime_dashboard.sh run_test.sh',
		others: '--dry-run --output --pretty --create-latest --json-file',
	};
	for (const name of Object.values(options).join(' ').split(' ')) assert.ok(left.includes(name), name);
	const settings = [...PAGE.matchAll(/--set ([a-z0-9_.]+)=/g)].map(([, name]) => name!);
	assert.ok(new Set(settings).size >= 10);
});

test('what takes a file, or looks, does what it should', async () => {
	const plain = commands.filter(
		(one) => !isUp(one) && !asks(one) && !WITH_KEA(one) && !one.startsWith('npm run '),
	);
	assert.ok(plain.length >= 14, plain.join('\n'));
	for (const command of plain) {
		const words = wordsFor(command);
		const isServer = command.startsWith('hollow-receive ');
		const line = filledIn(command, words) + (isServer ? ` --listen 127.0.0.1:${await freePort()}` : '');
		const { status, stdout, stderr } = await shell(line, freshState(), isServer ? 3000 : 20_000);
		assert.is(status, 0, `${command}: ${stderr}`);
		const text = command.includes('OUT') ? readFileSync(words.OUT, 'utf8') : stdout;
		if (/to-json/.test(command)) assert.ok(Object.keys(JSON.parse(text).metrics).length > 0, command);
		if (/--dry-run/.test(command)) assert.match(text, /"MetricsState"/);
		if (/hollow-publish/.test(command)) assert.ok(existsSync(join(words.DIR, 'announced.version')), command);
		if (/hollow-push/.test(command))
			assert.ok(filesIn(join(dir, 'received', words.NAME)).some((name) => name.startsWith('snapshot-')));
		if (/plot/.test(command)) assert.ok(filesIn(words.DIR).some((name) => name.endsWith('_latest.png')));
		if (/hollow-c|doctor|check/.test(command)) assert.ok(text !== '', command);
	}
});

test('each row of etc/kea.yaml is run, and comes true', async () => {
	const ups = commands.filter(isUp);
	assert.ok(ups.length >= 14, ups.join('\n'));
	const waiting = ups.map((one) => filledIn(one, wordsFor(one)));
	const asked = commands.filter(asks);
	assert.ok(asked.length === 2);
	// While the first of them runs, those that ask it.
	const look = async (state: string) => {
		for (const one of asked) {
			const { status, stdout, stderr } = await shell(one, state);
			// 69 when not all is well, and a recording in the place of Kea is not.
			assert.is(status, one.startsWith('bpfpipe status') ? 69 : 0, `${one}: ${stdout}${stderr}`);
			assert.match(stdout, /probes/);
		}
	};
	const works = Array.from({ length: 3 }, async () => {
		for (let next = waiting.shift(); next; next = waiting.shift())
			await runUp(next, next === 'bpfpipe up etc/kea.yaml' ? look : undefined);
	});
	await Promise.all(works);
});

testWith(test, LACK, 'the probes by hand, on a Kea', async () => {
	const [command] = commands.filter(WITH_KEA);
	const name = `kea-by-hand-${process.pid}`;
	copyFileSync('/usr/sbin/kea-dhcp4', join(dir, name));
	const kea = await startKea({ family: 4, program: join(dir, name) });
	try {
		const { status, stdout, stderr } = await shell(
			command!.replace('--program kea-dhcp4', `--program ${name}`),
			freshState(),
			8000,
		);
		assert.is(status, 0, stderr);
		assert.match(stdout, /^#!start /m);
		assert.match(stderr, new RegExp(`\\d+ probes on ${name}`));
	} finally {
		await kea.end();
	}
});

test('scripts that the page names are there', () => {
	const { scripts } = JSON.parse(read('package.json'));
	const named = commands.filter((one) => one.startsWith('npm run '));
	assert.equal([...new Set(named)], ['npm run demo:kea']);
	assert.ok(scripts['demo:kea']);
});

test.run();
