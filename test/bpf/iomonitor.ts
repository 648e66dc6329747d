import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { cgroupRoot } from '../../filters/lib/bpf/cgroups.ts';
import { type AnyRecord, type Bucket, parseRecord } from '../../filters/lib/record.ts';
import { tracedBy } from '../harness/kernel-trace.ts';
import { bpfLacks, testWith } from '../parts.ts';
import { outcome, ROOT, start } from '../program.ts';
import { until } from '../servers/carbon.ts';

const test = suite('bpf/iomonitor');
const OBJECT = join(ROOT, 'dist', 'bpf', 'iomonitor.bpf.o');
const OWN = `bpfpipe-io-${process.pid}`;
const dir = mkdtempSync(join(tmpdir(), 'iomonitor-'));
const PROGRAM = join(dir, 'io-truth');
const PRESSED_MIB = 48;
const LIMIT_MIB = 24;

/** A count that the program says of itself; `us` are the times of single calls by its own clock. */
type Truth = {
	metric: string;
	attributes: Record<string, string>;
	value: number;
	us?: number[];
	disturbed?: number;
};

/** bpf-maps with some filter, and all that it has printed. */
const watch = (...args: string[]) => {
	const child = start('bpf-maps', [OBJECT, '-i', '200ms', ...args]);
	const seen = { child, text: '', done: outcome(child) };
	child.stdout!.on('data', (chunk) => {
		seen.text += chunk;
	});
	return seen;
};
type Watch = ReturnType<typeof watch>;

const recordsOf = ({ text }: { text: string }): AnyRecord[] =>
	text
		.split('\n')
		.filter((line) => line.startsWith('{'))
		.map((line) => parseRecord(line)!);
/** Those of the last print. */
const lastOf = (seen: { text: string }): AnyRecord[] => {
	const all = recordsOf(seen);
	return all.filter(({ ts }) => ts === all.at(-1)!.ts);
};
const attributesOf = (record: AnyRecord) => record.attributes as Record<string, string>;

/** The values added up of the records that have all these attributes. */
const sumOf = (records: AnyRecord[], metric: string, wanted: Record<string, string>): number =>
	records
		.filter((record) => record.metric === metric)
		.filter((record) => Object.entries(wanted).every(([name, text]) => attributesOf(record)[name] === text))
		.reduce((sum, { value }) => sum + Number(value), 0);

const remove = (...folders: string[]) => {
	for (const folder of folders) if (existsSync(folder)) rmdirSync(folder);
};

/** A cgroup with little memory; of version 1 where that has the memory, else of version 2. */
const smallMemory = (): string => {
	const old = '/sys/fs/cgroup/memory';
	const folder = existsSync(old) ? join(old, OWN) : join(cgroupRoot()!, `${OWN}-memory`);
	if (!existsSync(old)) writeFileSync(join(cgroupRoot()!, 'cgroup.subtree_control'), '+memory');
	mkdirSync(folder);
	const file = existsSync(old) ? 'memory.limit_in_bytes' : 'memory.max';
	writeFileSync(join(folder, file), String(LIMIT_MIB << 20));
	return folder;
};

const RECLAIM = ['vmscan/mm_vmscan_memcg_reclaim_begin', 'vmscan/mm_vmscan_lru_shrink_inactive'];

/** One run of everything: what the program said, what each bpf-maps printed, what the kernel's tracing wrote. */
const runAll = async () => {
	execFileSync('clang', ['-O2', '-pthread', '-o', PROGRAM, join(ROOT, 'test', 'fixtures', 'io-truth.c')]);
	const outer = join(cgroupRoot()!, OWN);
	const inner = join(outer, 'inner');
	mkdirSync(inner, { recursive: true });
	const memory = smallMemory();
	const places = [join(inner, 'cgroup.procs'), join(memory, 'cgroup.procs')];
	// A shell that is there before anybody looks, and starts the program from a cgroup inside of the one that is named.
	const shell = spawn('bash', ['-c', `read; echo $$ >${places[0]}; ${PROGRAM} ${dir} 500; read`], {
		stdio: ['pipe', 'pipe', 'inherit'],
	});
	const watches: Record<'all' | 'cgroup' | 'comm' | 'pid', Watch> = {
		all: watch(),
		cgroup: watch('--cgroup', `/${OWN}`),
		comm: watch('--comm', 'iot-warm', '--comm', 'iot-odd'),
		pid: watch('--pid', String(shell.pid)),
	};
	const children: ChildProcess[] = [shell, ...Object.values(watches).map(({ child }) => child)];
	try {
		for (const one of Object.values(watches))
			await until(() => one.text.includes('#!ts') || one.child.exitCode !== null);
		let said = '';
		shell.stdout!.on('data', (chunk) => {
			said += chunk;
		});
		shell.stdin!.write('\n');
		await until(() => said.includes('"pid"') || shell.exitCode !== null);
		// The same names from elsewhere, which no filter by cgroup or process may see; then memory pressure.
		const other = spawn(PROGRAM, [dir, '7'], { stdio: ['ignore', 'pipe', 'inherit'] });
		const elsewhere = (await outcome(other)).stdout;
		const { result: presser, lines: written } = await tracedBy(RECLAIM, async () => {
			const script = `for f in ${places.join(' ')}; do echo $$ >$f; done; exec ${PROGRAM} ${dir} press ${PRESSED_MIB}`;
			const pressed = spawn('bash', ['-c', script], { stdio: ['ignore', 'ignore', 'inherit'] });
			assert.is((await outcome(pressed)).status, 0);
			return pressed.pid!;
		});
		const events = written.filter((line) => new RegExp(`-${presser} +\\[`).test(line));
		await sleep(300);
		const living = lastOf(watches.all);
		// An end of line for the program, one for the shell.
		shell.stdin!.write('\n\n');
		await outcome(shell);
		for (const { child } of Object.values(watches)) child.kill('SIGTERM');
		const ended = await Promise.all(Object.values(watches).map(({ done }) => done));
		const lines = (text: string) =>
			text
				.split('\n')
				.filter(Boolean)
				.map((line) => JSON.parse(line));
		const truths: Truth[] = lines(said).filter(({ metric }) => metric);
		const pid: number = lines(said).find((line) => line.pid).pid;
		return { watches, truths, pid, elsewhere: lines(elsewhere) as Truth[], events, living, ended };
	} finally {
		for (const child of children) child.kill('SIGKILL');
		await Promise.all(
			children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null).map(outcome),
		);
		remove(inner, outer, memory);
	}
};
let running: ReturnType<typeof runAll> | undefined;
const all = () => {
	running ??= runAll();
	return running;
};
test.after(() => rmSync(dir, { recursive: true }));

const INNER = `/${OWN}/inner`;

/** Each count that differs from what the program said of itself. */
const differing = (records: AnyRecord[], truths: Truth[], more: Record<string, string>): string[] =>
	truths
		.filter(({ us }) => us === undefined)
		.map(({ metric, attributes, value }) => {
			const found = sumOf(records, metric, { ...attributes, ...more });
			return found === value ? '' : `${metric} ${JSON.stringify(attributes)}: ${found}, in truth ${value}`;
		})
		.filter(Boolean);

testWith(
	test,
	bpfLacks(),
	'every count is what the program did, by command, cgroup, advice, errno and cause',
	async () => {
		const { watches, truths, elsewhere, ended } = await all();
		assert.equal(
			ended.map(({ status }) => status),
			[0, 0, 0, 0],
		);
		const records = lastOf(watches.all);
		assert.ok(truths.length > 25, `${truths.length}`);
		assert.equal(differing(records, truths, { cgroup: INNER }), []);
		assert.ok(
			sumOf(records, 'cache_lookups', { comm: 'iot-cold' }) ===
				sumOf(records, 'cache_fills', { comm: 'iot-cold' }),
		);
		// By command alone both runs add up.
		const both = truths.map((one, i) => ({ ...one, value: one.value + elsewhere[i]!.value }));
		assert.equal(differing(records, both, {}), []);
		assert.equal(
			recordsOf(watches.all).filter(({ type }) => type === 'notice'),
			[],
		);
	},
);

testWith(
	test,
	bpfLacks(),
	'by cgroup with its children, by process with its children, by command: only these',
	async () => {
		const { watches, truths, elsewhere } = await all();
		for (const name of ['cgroup', 'pid'] as const) {
			const records = lastOf(watches[name]);
			assert.equal(differing(records, truths, {}), [], name);
			const others = records.filter((record) => attributesOf(record).cgroup !== INNER);
			const strange = others.filter(({ metric }) => metric !== 'fadvise_process_calls').map(attributesOf);
			// The shell was elsewhere until it moved.
			assert.equal(
				strange.filter(({ comm }) => name === 'cgroup' || comm !== 'bash'),
				[],
				name,
			);
		}
		const named = lastOf(watches.comm).filter(({ metric }) => metric !== 'fadvise_process_calls');
		assert.equal([...new Set(named.map((record) => attributesOf(record).comm))].sort(), [
			'iot-odd',
			'iot-warm',
		]);
		const both = truths.map((one, i) => ({ ...one, value: one.value + elsewhere[i]!.value }));
		const wanted = both.filter(({ attributes }) => /iot-(odd|warm)/.test(attributes.comm!));
		assert.equal(differing(named, wanted, {}), []);
	},
);

testWith(test, bpfLacks(), 'a process has its figures while it lives', async () => {
	const { watches, truths, pid, living } = await all();
	const calls = truths.filter(({ metric }) => metric === 'fadvise_calls');
	const total = (isOk: boolean) =>
		calls
			.filter(({ attributes }) => (attributes.result === 'ok') === isOk)
			.reduce((sum, { value }) => sum + value, 0);
	const own = { pid: String(pid), comm: 'io-truth' };
	assert.is(sumOf(living, 'fadvise_process_calls', { ...own, result: 'failed' }), total(false));
	// Those around the reads come on top, of which it says no number.
	assert.ok(sumOf(living, 'fadvise_process_calls', { ...own, result: 'ok' }) >= total(true) + 5);
	assert.is(sumOf(lastOf(watches.all), 'fadvise_process_calls', { pid: String(pid) }), 0);
});

testWith(
	test,
	bpfLacks(),
	"read latency is the program's own within a bucket, and never above it",
	async () => {
		const { watches, truths } = await all();
		const { attributes, us, disturbed } = truths.find((one) => one.us)!;
		const record = lastOf(watches.cgroup).find(
			(one) => one.metric === 'read_latency' && attributesOf(one).comm === attributes.comm,
		)!;
		const buckets = record.buckets as Bucket[];
		assert.is(attributesOf(record).file, 'pipe');
		assert.is(
			buckets.reduce((sum, [, , count]) => sum + Number(count), 0),
			us!.length,
		);
		const ours = (bound: number) =>
			buckets
				.filter(([, upper]) => Number(upper) <= bound)
				.reduce((sum, [, , count]) => sum + Number(count), 0);
		const theirs = (bound: number) => us!.filter((one) => one < bound).length;
		// We measure inside of the call, the program around it: a read that it found below a bound is below it for us, and one
		// that we found there took it less than the next bound, unless it lost the processor between the end of the call and its
		// clock. Only waits of some length, for what it takes beside is fixed.
		for (let bound = 64; bound <= 16_384; bound *= 2) {
			assert.ok(ours(bound) >= theirs(bound), `${ours(bound)} below ${bound} us, in truth ${theirs(bound)}`);
			assert.ok(
				ours(bound) <= theirs(2 * bound) + disturbed!,
				`${ours(bound)} below ${bound} us, in truth below twice it ${theirs(2 * bound)}`,
			);
		}
		assert.ok(theirs(4096) < us!.length, 'no read waited for long');
	},
);

testWith(
	test,
	bpfLacks(),
	"reclaim in a cgroup is what the kernel's own tracing saw of that thread",
	async () => {
		const { watches, events } = await all();
		const fields = (name: string) =>
			events.reduce((sum, line) => sum + Number(new RegExp(` ${name}=(\\d+)`).exec(line)?.[1] ?? 0), 0);
		const times = (event: string) => events.filter((line) => line.includes(`: ${event}: `)).length;
		const truth: Record<string, number> = {
			lru_shrinks: times('mm_vmscan_lru_shrink_inactive'),
			lru_scanned: fields('nr_scanned'),
			lru_reclaimed: fields('nr_reclaimed'),
			direct_reclaims: times('mm_vmscan_memcg_reclaim_begin'),
			direct_reclaim_processes: 1,
		};
		// Both readings of the file are larger than what the cgroup may have.
		assert.ok(
			truth.lru_reclaimed! >= ((2 * PRESSED_MIB - 2 * LIMIT_MIB) << 20) / 4096,
			JSON.stringify(truth),
		);
		for (const name of ['all', 'cgroup'] as const)
			for (const [metric, value] of Object.entries(truth))
				assert.is(sumOf(lastOf(watches[name]), metric, { comm: 'iot-press', cgroup: INNER }), value, metric);
		const time = lastOf(watches.cgroup).find(
			(one) => one.metric === 'direct_reclaim_time' && attributesOf(one).comm === 'iot-press',
		)!;
		assert.is(attributesOf(time).kind, 'memcg');
		const count = (time.buckets as Bucket[]).reduce((sum, [, , one]) => sum + Number(one), 0);
		assert.is(count, truth.direct_reclaims);
	},
);

test.run();
