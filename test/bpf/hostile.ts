import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { clangLacks, compileKernel } from '../../build.ts';
import { ObjectFault } from '../../filters/lib/bpf/elf.ts';
import { objectOf } from '../../filters/lib/bpf/object.ts';
import { bpfLacks, commandsLack, testWith } from '../parts.ts';
import { bundleOf, cleanEnv, outcome, ROOT, run, start } from '../program.ts';
import { until } from '../servers/carbon.ts';

const test = suite('bpf: hostile objects and kernels');
const dir = mkdtempSync(join(tmpdir(), 'hostile-'));
test.after(() => rmSync(dir, { recursive: true }));
const DIST = join(ROOT, 'dist', 'bpf');

/** A copy of an object, changed, with its annotations beside it. */
const changed = (name: string, change: (bytes: Buffer) => Buffer): string => {
	const path = join(dir, `${name}.bpf.o`);
	writeFileSync(path, change(readFileSync(join(DIST, `${name}.bpf.o`))));
	copyFileSync(join(DIST, `${name}.yaml`), join(dir, `${name}.yaml`));
	return path;
};
/** The same bytes with the text `from` as `to`, of one length, wherever it stands. */
const renamed = (bytes: Buffer, from: string, to: string): Buffer =>
	Buffer.from(bytes.toString('latin1').replaceAll(from, to), 'latin1');

// Its own name for one program, for other tests have iomonitor in the kernel at the same time.
const unlike = (bytes: Buffer): Buffer => renamed(bytes, 'pread_enter', 'pread_hosti');
const isInKernel = (): boolean => {
	const { stdout } = spawnSync('bpftool', ['-j', 'prog', 'list'], { encoding: 'utf8' });
	return (JSON.parse(stdout) as { name?: string }[]).some(({ name }) => name === 'pread_hosti');
};

testWith(
	test,
	clangLacks(),
	'each of ours, cut short anywhere or with damaged types, is a fault and no crash',
	async () => {
		const names = readdirSync(DIST).filter((file) => file.endsWith('.bpf.o'));
		assert.ok(names.length >= 6, names.join(' '));
		for (const name of names) {
			const whole = readFileSync(join(DIST, name));
			assert.ok(objectOf(whole).maps.size > 0, name);
			for (let length = 0; length < whole.length; length += 97)
				assert.throws(
					() => objectOf(whole.subarray(0, length)),
					(error: unknown) => error instanceof ObjectFault,
				);
		}
		const short = changed('iomonitor', (bytes) => bytes.subarray(0, bytes.length >> 1));
		const cut = await run('bpf-maps', [short]);
		assert.is(cut.status, 78);
		assert.match(cut.stderr, /^bpf-maps: [^\n]*: it is cut short, or damaged: [^\n]*\n$/);
		const path = changed('iomonitor', (bytes) => renamed(bytes, '\x9f\xeb\x01\x00', '\x9f\xec\x01\x00'));
		const { status, stderr } = await run('bpf-maps', [path]);
		assert.equal([status, stderr], [78, `bpf-maps: ${path}: its BTF does not begin as BTF does\n`]);
	},
);

testWith(
	test,
	bpfLacks() || commandsLack('bpftool'),
	'iomonitor on a kernel without some tracepoints: they are told, the rest counts',
	async () => {
		const path = changed('iomonitor', (bytes) => {
			const older = renamed(unlike(bytes), 'tp_btf/mm_filemap_get_pages', 'tp_btf/mm_filemap_got_pages');
			return renamed(older, 'vmscan/mm_vmscan_kswapd_wake', 'vmscam/mm_vmscan_kswapd_wake');
		});
		const child = start('bpf-maps', [path, '-i', '200ms']);
		let text = '';
		child.stdout!.on('data', (chunk) => {
			text += chunk;
		});
		const done = outcome(child);
		await until(() => text.includes('read_latency') || child.exitCode !== null);
		assert.ok(isInKernel());
		child.kill('SIGTERM');
		assert.is((await done).status, 0);
		const records = text.split('\n').filter((line) => line.startsWith('{'));
		const notices = records.map((line) => JSON.parse(line)).filter(({ type }) => type === 'notice');
		assert.equal(
			notices.map(({ kind, detail }) => `${kind} ${detail.split(' is left out')[0]}`),
			[
				'missing_probe program lookup (tp_btf/mm_filemap_got_pages)',
				'missing_probe program kswapd_wake (tracepoint/vmscam/mm_vmscan_kswapd_wake)',
			],
		);
		assert.not.match(text, /cache_lookups/);
		assert.match(text, /read_bytes/);
		assert.not(isInKernel());
	},
);

testWith(
	test,
	bpfLacks() || commandsLack('python3'),
	'iomonitor with a map that is full, and with calls whose end is never seen, says how many it does not count',
	async () => {
		const kernel = join(ROOT, 'bpf');
		for (const file of readdirSync(kernel)) copyFileSync(join(kernel, file), join(dir, file));
		const header = join(dir, 'iomonitor.h');
		writeFileSync(header, readFileSync(header, 'utf8').replace(/(#define MOST_HISTOGRAMS) \d+/, '$1 1'));
		const [source, object] = [join(dir, 'iomonitor.bpf.c'), join(dir, 'full.bpf.o')];
		const code = readFileSync(source, 'utf8');
		writeFileSync(source, code.replace('syscalls/sys_exit_pread64', 'syscalls/sys_exit_pread_none'));
		compileKernel(source, object);
		const annotations = join(kernel, 'iomonitor.yaml');
		const child = start('bpf-maps', [object, '-i', '200ms', '--annotations', annotations]);
		let text = '';
		child.stdout!.on('data', (chunk) => {
			text += chunk;
		});
		const done = outcome(child);
		await until(() => text.split('#!ts').length > 2 || child.exitCode !== null);
		// Two kinds of file for one name are two series, and every page is read twice in one thread.
		const reads = 'import os; f = os.open("/etc/passwd", 0); p = os.pipe(); os.write(p[1], b"x");';
		const python = spawn('python3', [
			'-c',
			`${reads} os.read(f, 1); os.read(p[0], 1); [os.pread(f, 1, 0) for _ in range(9)]`,
		]);
		assert.is((await outcome(python)).status, 0);
		await until(() => text.includes('"missed_exits"') && text.includes('"lost_events"'));
		child.kill('SIGTERM');
		assert.is((await done).status, 0);
		const records = text.split('\n').filter((line) => line.startsWith('{'));
		const series = records.map((line) => JSON.parse(line)).filter(({ metric }) => metric === 'read_bytes');
		assert.is(new Set(series.map(({ attributes }) => JSON.stringify(attributes))).size, 1);
	},
);

testWith(
	test,
	bpfLacks() || commandsLack('bpftool', 'setpriv'),
	'iomonitor with a filter that cannot be set, or without rights: one line, and nothing stays attached',
	async () => {
		const object = changed('iomonitor', unlike);
		const failing: [args: string[], code: number, message: RegExp][] = [
			[['--cgroup', '/no/such'], 69, /^--cgroup \/no\/such: no cgroup of version 2; /],
			[['--pid', '4194303'], 69, /^--pid 4194303: there is no such process$/],
			[['--pid', 'one'], 64, /^--pid: "one" is not a whole number from 1 to 4194304$/],
			[
				Array.from({ length: 65 }, (_, i) => ['--comm', `c${i}`]).flat(),
				69,
				/^--comm: they are more than map "comms" takes$/,
			],
		];
		for (const [args, code, message] of failing) {
			const { status, stdout, stderr } = await run('bpf-maps', [object, ...args]);
			assert.equal([status, stdout], [code, ''], stderr);
			const lines = stderr
				.trim()
				.split('\n')
				.filter((line) => !line.includes('attached'));
			assert.is(lines.length, 1, stderr);
			assert.match(lines[0]!.replace(/^bpf-maps: /, ''), message);
		}
		const denied = spawn('setpriv', ['--bounding-set=-all', process.execPath, bundleOf('bpf-maps'), object], {
			env: cleanEnv(),
			cwd: ROOT,
		});
		const { status, stderr } = await outcome(denied);
		assert.is(status, 77, stderr);
		assert.match(stderr, /^bpf-maps: [^\n]*not permitted[^\n]*\n$/);
		await sleep(100);
		assert.not(isInKernel());
	},
);

test.run();
