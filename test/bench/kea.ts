// bench/kea: what the probes cost a Kea that is loaded by perfdhcp, with and without them in turns
// usage:  node --import tsx test/bench/kea.ts [PACKETS] [ROUNDS]
//
// For each family and number of threads: at a calm rate the processor time of the server for a packet and perfdhcp's mean
// delay, then how many exchanges a second there are at most; and by the kernel's own run statistics, how long the BPF
// programs take for a packet. The difference between the two is what it costs to get into them.

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bpftraceLacks } from '../parts.ts';
import { outcome, ROOT, start } from '../program.ts';
import { type Family, type Kea, keaLacks, type Load, perfdhcp, startKea } from '../servers/kea.ts';
import { sizes } from './parts/sizes.ts';

const [PACKETS, ROUNDS] = sizes([2000, 5], [100, 1]) as [number, number];
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
	const fast = await perfdhcp(kea, { count: PACKETS * 5 });
	figures.most.push(number(fast.text, 'Rate:'));
};

const probed = async (kea: Kea, figures: Figures) => {
	const script = join(ROOT, 'bpftrace', `kea-dhcp${kea.family}.bt`);
	const tracing = start('bpftrace-run', ['--pid', String(kea.pid()), script, '1']);
	const done = outcome(tracing);
	await new Promise((resolve) => tracing.stdout!.once('data', resolve));
	await sleep(1500);
	await load(kea, figures, tracerOf(tracing.pid!));
	tracing.kill('SIGTERM');
	await done;
};

const text = (values: number[], digits = 0) => median(values).toFixed(digits).padStart(7);

execFileSync('sysctl', ['-qw', 'kernel.bpf_stats_enabled=1']);
try {
	for (const [family, threads] of [
		[4, 0],
		[4, 4],
		[6, 0],
	] as [Family, number][]) {
		const kea = await startKea({ family, threads });
		const [bare, traced] = [fresh(), fresh()];
		await perfdhcp(kea, { count: PACKETS, rate: 500 });
		for (let round = 0; round < ROUNDS; round++) {
			await load(kea, bare, undefined);
			await probed(kea, traced);
		}
		await kea.end();
		console.log(`Kea for DHCPv${family}, ${threads || 'no'} threads:  without   with`);
		console.log(`  processor, us a packet       ${text(bare.processor)} ${text(traced.processor)}`);
		console.log(`  mean delay at 500/s, us      ${text(bare.delay)} ${text(traced.delay)}`);
		console.log(
			`  exchanges a second at most   ${text(bare.most)} ${text(traced.most)}  ${(median(traced.most) / median(bare.most)).toFixed(2)} x`,
		);
		console.log(`  in BPF programs, ns a packet         ${text(traced.programs)}`);
	}
} finally {
	execFileSync('sysctl', ['-qw', 'kernel.bpf_stats_enabled=0']);
}
