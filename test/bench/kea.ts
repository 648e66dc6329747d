// bench/kea: what the probes cost a Kea that is loaded by perfdhcp, with and without them in turns
// usage:  node --import tsx test/bench/kea.ts [PACKETS] [ROUNDS]
//
// For each family and number of threads: at a calm rate the processor time of the server for a packet and perfdhcp's mean
// delay, then how many exchanges a second there are at most; and by the kernel's own run statistics, how long the BPF
// programs take for a packet. The same with probes that do nothing says what it costs to get into them.

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readScript } from '../../filters/lib/probes/script.ts';
import { bpftraceLacks } from '../parts.ts';
import { outcome, ROOT, start } from '../program.ts';
import { type Family, type Kea, keaLacks, type Load, perfdhcp, startKea } from '../servers/kea.ts';
import { sizes } from './parts/sizes.ts';

const [PACKETS, ROUNDS] = sizes([1000, 100], [2, 1]) as [number, number];
const TICKS = 100;

const lack = keaLacks() || bpftraceLacks();
if (lack) {
	console.log(`skipped: ${lack}`);
	process.exit(0);
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]!;

/** Processor time of a process so far, in microseconds. */
const processorOf = (pid: number): number => {
	const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
		.replace(/^.*\) /s, '')
		.split(' ');
	return ((Number(fields[11]) + Number(fields[12])) * 1e6) / TICKS;
};

const number = (text: string, name: string): number =>
	Number(new RegExp(`^${name} (\\d+\\.?\\d*)`, 'm').exec(text)?.[1]);
/** Of first packets and second ones together. */
const delayIn = ({ text }: Load): number => {
	const all = [...text.matchAll(/^avg delay: (\d+\.?\d*) ms/gm)].map(([, ms]) => Number(ms) * 1000);
	return all.reduce((sum, us) => sum + us, 0) / all.length;
};

/** Nanoseconds in BPF programs of uprobes, of the process that holds them. */
const programsOf = (pid: number): number =>
	readdirSync(`/proc/${pid}/fdinfo`).reduce((sum, fd) => {
		const info = readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'latin1');
		const type = /^prog_type:\s+(\d+)/m.exec(info)?.[1];
		// BPF_PROG_TYPE_KPROBE
		return type === '2' ? sum + Number(/^run_time_ns:\s+(\d+)/m.exec(info)?.[1] ?? 0) : sum;
	}, 0);

const tracerOf = (pid: number): number =>
	Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ')[0]);

type Figures = { processor: number[]; delay: number[]; most: number[]; programs: number[] };
const fresh = (): Figures => ({ processor: [], delay: [], most: [], programs: [] });

const load = async (kea: Kea, figures: Figures, tracer: number | undefined) => {
	const before = processorOf(kea.pid());
	const programs = tracer ? programsOf(tracer) : 0;
	const calm = await perfdhcp(kea, { count: PACKETS, rate: 500 });
	const packets = Object.values(calm.exchanges).reduce((sum, { received }) => sum + received, 0);
	figures.processor.push((processorOf(kea.pid()) - before) / packets);
	figures.delay.push(delayIn(calm));
	if (tracer) figures.programs.push((programsOf(tracer) - programs) / packets);
	const fast = await perfdhcp(kea, { count: PACKETS * 3 });
	figures.most.push(number(fast.text, 'Rate:'));
};

/** The same probes, which do nothing: what is left is the way into the kernel and back, which no other program saves. */
const emptied = (script: string): string => {
	const { pieces } = readScript(script, 'script');
	return pieces
		.map((piece) => {
			if (typeof piece === 'string') return piece;
			const points = piece.clause.points.map(({ probe, object, pattern }) =>
				object ? `${probe}:${object}:${pattern}` : probe,
			);
			const isUprobe = piece.clause.points[0]!.object !== undefined;
			const body = isUprobe ? '{\n\t$x = 1;\n}' : '{\n\tprintf("#!ts 1\\n");\n}';
			return `${points.join(',\n')}\n${body}`;
		})
		.join('\n');
};

const probed = async (kea: Kea, figures: Figures, isEmpty: boolean) => {
	const own = join(ROOT, 'bpftrace', `kea-dhcp${kea.family}.bt`);
	const script = isEmpty ? join(kea.folder, 'empty.bt') : own;
	if (isEmpty) writeFileSync(script, emptied(readFileSync(own, 'utf8')));
	const tracing = start('bpftrace-run', ['--pid', String(kea.pid()), script, '1']);
	const done = outcome(tracing);
	let seen = '';
	tracing.stdout!.on('data', (piece) => {
		seen = `${seen.slice(-4)}${piece}`;
	});
	// The first print comes when all are in place.
	while (!seen.includes('#!ts') && tracing.exitCode === null) await sleep(50);
	await load(kea, figures, tracerOf(tracing.pid!));
	tracing.kill('SIGTERM');
	const { status, stderr } = await done;
	if (status !== 0) throw new Error(stderr);
};

const text = (values: number[]) => median(values).toFixed(0).padStart(7);

execFileSync('sysctl', ['-qw', 'kernel.bpf_stats_enabled=1']);
try {
	for (const [family, threads] of [
		[4, 0],
		[4, 4],
		[6, 0],
	] as [Family, number][]) {
		const kea = await startKea({ family, threads });
		const [bare, traced, empty] = [fresh(), fresh(), fresh()];
		await perfdhcp(kea, { count: PACKETS, rate: 500 });
		for (let round = 0; round < ROUNDS; round++) {
			await load(kea, bare, undefined);
			await probed(kea, traced, false);
			await probed(kea, empty, true);
		}
		await kea.end();
		const row = (name: string, key: keyof Figures) =>
			console.log(`  ${name.padEnd(28)} ${[bare, traced, empty].map((one) => text(one[key])).join(' ')}`);
		console.log(
			`Kea for DHCPv${family}, ${threads || 'no'} threads:  without    with   with probes that do nothing`,
		);
		row('processor, us a packet', 'processor');
		row('mean delay at 500/s, us', 'delay');
		row('exchanges a second at most', 'most');
		console.log(
			`  ${'in BPF programs, ns a packet'.padEnd(28)}         ${text(traced.programs)} ${text(empty.programs)}`,
		);
		const ratio = median(traced.most) / median(bare.most);
		console.log(
			`  with probes ${ratio.toFixed(2)} x as many exchanges; perfdhcp, on the same processors, hits them too`,
		);
	}
} finally {
	execFileSync('sysctl', ['-qw', 'kernel.bpf_stats_enabled=0']);
}
