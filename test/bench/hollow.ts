// bench/hollow: our publisher and the producer of the Java library, the same data set in turns, into files
// usage:  node --import tsx test/bench/hollow.ts [METRICS] [BUCKETS] [ROUNDS]
//
// A million buckets in 20,000 metrics, 1 % of the metrics change with each cycle. A cycle is the whole of it: populate,
// snapshot, delta, reverse delta and header written, all of it read back and compared, announced. Ours also fsyncs.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle } from '../../build.ts';
import { ROOT } from '../program.ts';
import { classPath, javaLacks } from '../servers/java.ts';
import { sizes } from './parts/sizes.ts';

const [METRICS, BUCKETS, ROUNDS] = sizes([20_000, 200], [50, 5], [3, 1]) as [number, number, number];
const CYCLES = 6;

type Cycle = { cycle: number; populate: number; write: number; check: number; peak_kb: number };
type Sizes = { snapshot: number; delta: number; reverse: number };
type Run = { cycles: Cycle[]; sizes: Sizes };

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]!;

/** The bytes of the last version. */
const sizesIn = (folder: string): Sizes => {
	const size = (kind: string) =>
		statSync(
			join(
				folder,
				readdirSync(folder)
					.sort()
					.findLast((name) => name.startsWith(`${kind}-`))!,
			),
		).size;
	return { snapshot: size('snapshot'), delta: size('delta'), reverse: size('reversedelta') };
};
const measure = (command: string, ...args: string[]): Run => {
	const folder = mkdtempSync(join(tmpdir(), 'bench-hollow-'));
	try {
		const all = [...args, folder, METRICS, BUCKETS, METRICS / 100, CYCLES].map(String);
		const { status, stdout, stderr } = spawnSync(command, all, { encoding: 'utf8' });
		if (status !== 0) throw new Error(`${command}: ${stderr.slice(-2000)}`);
		const cycles = stdout
			.trimEnd()
			.split('\n')
			.map((line) => JSON.parse(line) as Cycle);
		return { cycles, sizes: sizesIn(folder) };
	} finally {
		rmSync(folder, { recursive: true });
	}
};

const lacks = javaLacks();
if (lacks) {
	console.log(`skipped: ${lacks}`);
	process.exit(0);
}
const built = mkdtempSync(join(tmpdir(), 'bench-hollow-bundle-'));
await bundle(join(ROOT, 'test', 'bench', 'parts', 'million.ts'), built);
const contenders: [name: string, run: () => Run][] = [
	['ours', () => measure(process.execPath, join(built, 'million.cjs'))],
	['java', () => measure('java', '-cp', classPath(), 'Bench')],
];
const runs = new Map<string, Run[]>(contenders.map(([name]) => [name, []]));
for (let round = 0; round < ROUNDS; round++)
	for (const [name, run] of contenders) runs.get(name)!.push(run());
rmSync(built, { recursive: true });

/** The median over all rounds: of first cycles, and of the cycles behind them. */
const figures = (name: string) => {
	const all = runs.get(name)!;
	const of = (cycles: Cycle[], key: keyof Cycle) => median(cycles.map((cycle) => cycle[key]));
	const first = all.map(({ cycles }) => cycles[0]!);
	const later = all.flatMap(({ cycles }) => cycles.slice(1));
	return {
		first: of(first, 'cycle'),
		cycle: of(later, 'cycle'),
		populate: of(later, 'populate'),
		write: of(later, 'write'),
		check: of(later, 'check'),
		peak: Math.max(...later.map(({ peak_kb }) => peak_kb)) / 1024,
		sizes: all[0]!.sizes,
	};
};
const [ours, java] = [figures('ours'), figures('java')];
const line = (what: string, a: number, b: number, unit: string) =>
	console.log(
		`${what.padEnd(28)} ours ${a.toFixed(0).padStart(9)} ${unit}, Java ${b.toFixed(0).padStart(9)} ${unit}, ratio ${(a / b).toFixed(2)}`,
	);
console.log(
	`${METRICS * BUCKETS} buckets, 1 % of the metrics changed, ${ROUNDS} runs of ${CYCLES} cycles each:`,
);
line('first cycle', ours.first, java.first, 'ms');
line('whole cycle', ours.cycle, java.cycle, 'ms');
line('  populate', ours.populate, java.populate, 'ms');
line('  write', ours.write, java.write, 'ms');
line('  check', ours.check, java.check, 'ms');
for (const kind of ['snapshot', 'delta', 'reverse'] as const)
	line(kind, ours.sizes[kind], java.sizes[kind], 'bytes');
line('peak memory', ours.peak, java.peak, 'MiB');
