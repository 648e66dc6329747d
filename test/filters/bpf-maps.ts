import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
	copyFileSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { compileKernel } from '../../build.ts';
import type { AnyRecord } from '../../filters/lib/record.ts';
import { btfBytes, CALLS, elfBytes, writtenObject } from '../data/bpf-object.ts';
import { runAsNobody } from '../harness/as-nobody.ts';
import { bpfLacks, commandsLack, testWith } from '../parts.ts';
import { bundleOf, cleanEnv, outcome, ROOT, run, start } from '../program.ts';
import { until } from '../servers/carbon.ts';

const test = suite('bpf-maps');
const dir = mkdtempSync(join(tmpdir(), 'bpf-maps-'));
test.after(() => rmSync(dir, { recursive: true }));
const path = (name: string) => join(dir, name);
const lacks = bpfLacks();

const NOTES = 'metrics: {hits: {map: hits, kind: sum, unit: "1"}}\n';
writeFileSync(path('hits.yaml'), NOTES);
const MAP = (type: string) => `
#include "kernel.h"
struct {
	__uint(type, BPF_MAP_TYPE_${type});
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u64);
} hits SEC(".maps");
static __always_inline __attribute__((unused)) int count(void)
{
	__u32 key = 0;
	__u64 *value = bpf_map_lookup_elem(&hits, &key);
	if (value)
		__sync_fetch_and_add(value, 1);
	return 0;
}
char LICENSE[] SEC("license") = "Dual BSD/GPL";
`;
/** An object with the map "hits" and these programs. */
const compiled = (name: string, programs: string, type = 'ARRAY'): string => {
	const [source, object] = [path(`${name}.bpf.c`), path(`${name}.bpf.o`)];
	writeFileSync(source, MAP(type) + programs);
	compileKernel(source, object);
	return object;
};
const program = (section: string, name: string, body = 'return count();') =>
	`SEC("${section}") int ${name}(void *context) { ${body} }\n`;
const hits = (object: string, ...more: string[]) => [object, '--annotations', path('hits.yaml'), ...more];

const recordsIn = (text: string): AnyRecord[] =>
	text
		.split('\n')
		.filter((line) => line.startsWith('{'))
		.map((line) => JSON.parse(line));

/** Run it until it has printed `wanted`, end it by TERM, and give back all that it printed. */
const printed = async (
	args: string[],
	wanted: RegExp,
	meanwhile: (child: ChildProcess) => void = () => {},
) => {
	const child = start('bpf-maps', [...args, '-i', '200ms']);
	let text = '';
	child.stdout!.on('data', (chunk) => {
		text += chunk;
	});
	const done = outcome(child);
	await until(() => wanted.test(text) || child.exitCode !== null);
	meanwhile(child);
	child.kill('SIGTERM');
	return done;
};

/** Programs and links in the kernel, as bpftool has them. */
const inKernel = (): string => {
	const list = (...what: string[]) =>
		spawnSync('bpftool', ['-j', ...what, 'list'], { encoding: 'utf8' }).stdout;
	const names = (JSON.parse(list('prog')) as { name?: string }[]).map(({ name }) => name);
	return names.filter((name) => /^(good|refused|gone)/.test(name ?? '')).join(' ');
};

test('an object that is cut short or no object, and annotations that do not fit: one line, 78', async () => {
	const object = elfBytes('.BTF', btfBytes(CALLS));
	writeFileSync(path('short.o'), object.subarray(0, 200));
	writeFileSync(path('calls.o'), object);
	writeFileSync(path('text.o'), 'no object\n');
	writeFileSync(path('calls.yaml'), 'metrics: {calls: {map: cals, kind: sum, unit: "1"}}\n');
	for (const [name, message] of [
		[
			'short.o',
			`${path('short.o')}: it is cut short, or damaged: the table of its sections lies beyond its end`,
		],
		['text.o', `${path('text.o')}: it is no ELF file`],
		['calls.o', `${path('calls.yaml')}:1:19: the object has no map "cals"; there are calls`],
	] as const) {
		const { status, stdout, stderr } = await run('bpf-maps', [path(name), '--check']);
		assert.equal([status, stdout, stderr], [78, '', `bpf-maps: ${message}\n`]);
	}
});

test('an object that is not there is 69', async () => {
	const { status, stderr } = await run('bpf-maps', [path('nothing.bpf.o')]);
	assert.equal([status, stderr], [69, `bpf-maps: ${path('nothing.bpf.o')}: no such file or directory\n`]);
});

test('--check says what would be read, and loads nothing', async () => {
	writeFileSync(path('good.o'), elfBytes('.BTF', btfBytes(CALLS)));
	writeFileSync(
		path('good.yaml'),
		'metrics: {lat: {map: calls, kind: histogram, unit: us, value: slots, slots: {scale: log2, first: 1}}}\n',
	);
	const { status, stdout, stderr } = await run('bpf-maps', [path('good.o'), '--check']);
	assert.equal([status, stdout, stderr], [0, 'map calls: histogram lat (us)\n', '']);
});

test('a filter that the object has not is 64; annotations of one that do not fit are 78', async () => {
	writeFileSync(path('filter.o'), elfBytes('.BTF', btfBytes(CALLS)));
	const said = async (filters: string, ...args: string[]) => {
		writeFileSync(
			path('filter.yaml'),
			`${filters}metrics: {n: {map: calls, kind: sum, unit: "1", value: count}}\n`,
		);
		const { status, stdout, stderr } = await run('bpf-maps', [path('filter.o'), '--check', ...args]);
		return [status, stdout, stderr.replace(path('filter.yaml'), 'FILE')];
	};
	const cannot = 'this object cannot be filtered so';
	assert.equal(await said('', '--comm', 'a'), [
		64,
		'',
		`bpf-maps: --comm: ${cannot}; its annotations have no filters\n`,
	]);
	const cgroup = 'filters: {cgroup: {map: calls, count: calls.count}}\n';
	assert.equal(await said(cgroup, '--pid', '1'), [
		64,
		'',
		`bpf-maps: --pid: ${cannot}; it can be by --cgroup\n`,
	]);
	assert.equal(await said(cgroup), [
		78,
		'',
		'bpf-maps: FILE:1:20: the object has no map "calls" with keys of 4 and values of 4 bytes; ' +
			'FILE:1:32: the object has no map with a number of 4 bytes "calls.count"\n'.replace(
				'FILE',
				path('filter.yaml'),
			),
	]);
	assert.equal(await said('filters: {user: {map: calls, count: x}}\n'), [
		78,
		'',
		'bpf-maps: FILE:1:11: there is no filter "user"; there are cgroup, comm, pid\n',
	]);
});

test('libbpf or koffi that cannot be had, or is too old, is 69 and says what to install', async () => {
	const object = writtenObject(dir);
	const gone = await run('bpf-maps', [object, '--libbpf', 'libnone.so.7']);
	assert.is(gone.status, 69);
	assert.match(
		gone.stderr,
		/^bpf-maps: libnone.so.7 cannot be had \(.*\); install libbpf 1.0 or later \(Debian: libbpf1\)\n$/,
	);
	const old = await run('bpf-maps', [object, '--libbpf', 'libm.so.6']);
	assert.is(old.status, 69);
	assert.match(old.stderr, /^bpf-maps: libm.so.6 has no bpf_object__open; libbpf 1.0 or later is needed/);
	// A copy of the bundle alone, away from node_modules.
	mkdirSync(path('alone'));
	const alone = join(path('alone'), 'bpf-maps.cjs');
	copyFileSync(bundleOf('bpf-maps'), alone);
	const child = spawn(process.execPath, [alone, object], { env: cleanEnv(), cwd: dir });
	const { status, stderr } = await outcome(child);
	assert.is(status, 69);
	assert.match(
		stderr,
		/^bpf-maps: koffi, which calls libbpf, cannot be had \(ERR_MODULE_NOT_FOUND\); npm install koffi\n$/,
	);
	assert.is((await runAsNobody('bpf-maps', ['--version'])).status, 0);
});

testWith(
	test,
	lacks || commandsLack('bpftool'),
	'it prints, drops every capability of every thread, goes on reading; TERM prints and detaches',
	async () => {
		const object = compiled('good', program('tracepoint/sched/sched_switch', 'good'));
		let capabilities: string[] = [];
		let attached = '';
		const { status, stdout, stderr } = await printed(
			hits(object),
			/(#!ts[^#]*#!start[^#]*){3}/,
			({ pid }) => {
				attached = inKernel();
				capabilities = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
					readFileSync(`/proc/${pid}/task/${task}/status`, 'utf8')
						.split('\n')
						.filter((line) => /^Cap(Inh|Prm|Eff|Bnd|Amb)/.test(line)),
				);
			},
		);
		assert.is(status, 0, stderr);
		assert.is(stderr, 'bpf-maps: attached good\n');
		assert.ok(capabilities.length >= 5 * 2, 'Node has more threads than one');
		assert.equal([...new Set(capabilities.map((line) => line.split('\t')[1]))], ['0000000000000000']);
		assert.is(attached, 'good');
		assert.is(inKernel(), '', 'something stays in the kernel');
		const records = recordsIn(stdout);
		assert.ok(records.length >= 4);
		const { ts, start: since, value, ...rest } = records.at(-1)!;
		assert.equal(rest, {
			type: 'sum',
			host: rest.host,
			metric: 'hits',
			unit: '1',
			attributes: {},
			temporality: 'cumulative',
			monotonic: true,
		});
		assert.ok((since as number) < (ts as number) && (ts as number) <= Date.now());
		const values = records.map((record) => record.value as number);
		assert.ok(
			values.every((one, i) => i === 0 || one >= values[i - 1]!) && values[0]! < values.at(-1)!,
			values.join(' '),
		);
		assert.ok(
			records.slice(0, -1).every((record) => (record.ts as number) % 200 === 0),
			'prints are at whole steps',
		);
		assert.match(stdout, new RegExp(`^#!ts \\d+(\\.\\d+)?\n#!start ${Math.floor((since as number) / 1000)}`));
	},
);

testWith(
	test,
	lacks || commandsLack('bpftool'),
	'what this kernel does not have is left out and told, and the rest works',
	async () => {
		const object = compiled(
			'gone',
			[
				program('tracepoint/sched/sched_switch', 'good'),
				program('tracepoint/sched/no_such', 'gone'),
				program('tp_btf/no_such_either', 'gone_btf'),
				program('kprobe/no_such_function', 'gone_kprobe'),
			].join(''),
		);
		const { status, stdout } = await printed(hits(object), /"type":"sum"/);
		assert.is(status, 0);
		const notices = recordsIn(stdout).filter(({ type }) => type === 'notice');
		assert.equal(
			notices.map(({ kind, detail }) => `${kind} ${(detail as string).split(' ').slice(0, 3).join(' ')}`),
			[
				'missing_probe program gone_btf (tp_btf/no_such_either)',
				'missing_probe program gone (tracepoint/sched/no_such)',
				'missing_probe program gone_kprobe (kprobe/no_such_function)',
			],
		);
		const prints = stdout.split('#!ts ').slice(1);
		for (const print of prints.slice(0, -1))
			assert.equal(print.match(/"metric":"bpf_missing".*?"name":"\w+"/g)?.length, 3, print);
		const alone = await run('bpf-maps', hits(object, '--probe', 'gone'));
		assert.is(alone.status, 69);
		assert.match(
			alone.stderr,
			/^bpf-maps: .*: no program of it can be attached: gone \(tracepoint\/sched\/no_such\): .*\n$/,
		);
		const unknown = await run('bpf-maps', hits(object, '--probe', 'god'));
		assert.equal(
			[unknown.status, unknown.stderr],
			[78, `bpf-maps: ${object}: has no program "god"; did you mean "good"?\n`],
		);
		assert.is(inKernel(), '');
	},
);

testWith(
	test,
	lacks || commandsLack('bpftool'),
	"a verifier's refusal is its decisive line, 78; nothing stays",
	async () => {
		const body = '__u32 key = 0; __u64 *value = bpf_map_lookup_elem(&hits, &key); return *value;';
		const object = compiled('refused', program('tracepoint/sched/sched_switch', 'refused', body), 'HASH');
		const { status, stdout, stderr } = await run('bpf-maps', hits(object));
		assert.equal(
			[status, stdout, stderr],
			[
				78,
				'',
				`bpf-maps: ${object}: the verifier refuses program "refused": R0 invalid mem access 'map_value_or_null'\n`,
			],
		);
		assert.is(inKernel(), '');
	},
);

testWith(test, lacks || commandsLack('setpriv'), 'without capabilities it is 77, in one line', async () => {
	const object = compiled('denied', program('tracepoint/sched/sched_switch', 'good'));
	const child = spawn(
		'setpriv',
		['--bounding-set=-all', process.execPath, bundleOf('bpf-maps'), ...hits(object)],
		{ env: cleanEnv(), cwd: ROOT },
	);
	const { status, stdout, stderr } = await outcome(child);
	assert.equal([status, stdout], [77, '']);
	assert.match(stderr, /^bpf-maps: .*: not permitted: .*CAP_BPF and CAP_PERFMON.*\n$/);
});

testWith(
	test,
	lacks || commandsLack('bpftool'),
	'pinned maps go on across restarts, with the start of the first; nothing is pinned by a run that fails',
	async () => {
		const bpffs = path('bpffs');
		mkdirSync(bpffs);
		assert.is(spawnSync('mount', ['-t', 'bpf', 'bpf', bpffs]).status, 0);
		try {
			const object = compiled('pinned', program('tracepoint/sched/sched_switch', 'good'));
			const args = hits(object, '--pin', join(bpffs, 'ours'));
			const first = recordsIn((await printed(args, /"type":"sum"/)).stdout).at(-1)!;
			assert.equal(readdirSync(join(bpffs, 'ours')), ['hits']);
			const later = recordsIn((await printed(args, /"type":"sum"/)).stdout);
			const sums = later.filter(({ type }) => type === 'sum');
			assert.equal(
				later.filter(({ type }) => type === 'notice').map(({ kind }) => kind),
				['gap'],
			);
			assert.ok((sums[0]!.value as number) >= (first.value as number));
			assert.is(sums[0]!.start, first.start);
			writeFileSync(path('gauge.yaml'), 'metrics: {hits: {map: hits, kind: gauge, unit: "1"}}\n');
			const gauge = [object, '--annotations', path('gauge.yaml'), '--pin', join(bpffs, 'gauge')];
			assert.is((await printed(gauge, /"type":"gauge"/)).status, 0);
			assert.equal(readdirSync(join(bpffs, 'gauge')), []);
			const refused = compiled(
				'refused',
				program('tracepoint/sched/sched_switch', 'refused', 'return *(volatile int *)8;'),
			);
			assert.is((await run('bpf-maps', hits(refused, '--pin', join(bpffs, 'other')))).status, 78);
			assert.not(existsSync(join(bpffs, 'other')));
		} finally {
			spawnSync('umount', [bpffs]);
		}
		const outside = await run('bpf-maps', [writtenObject(dir), '--pin', path('pins')]);
		assert.is(outside.status, 69);
		assert.match(outside.stderr, /^bpf-maps: --pin .*: not in a bpffs; mount one/);
	},
);

test.run();
