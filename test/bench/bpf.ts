// bench/bpf: what an event costs in our object and in the bpftrace script of the same counts, by the kernel's run statistics
// usage:  node --import tsx test/bench/bpf.ts [SECONDS] [ROUNDS]
//
// Both look at the same machine at the same time, so they see the same events; statistics are of all programs, and each
// program's time is its own. The load is two shells that wake each other; of iomonitor a file that is read over and over.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { basename, join } from 'node:path';
import { bpfLacks, commandsLack } from '../parts.ts';
import { outcome, ROOT, start } from '../program.ts';
import { sizes } from './parts/sizes.ts';

const [SECONDS, ROUNDS] = sizes([10, 4], [2, 1]) as [number, number];
const SCRIPTS = join(ROOT, 'bpftrace');
const PARTS = join(ROOT, 'test', 'bench', 'parts');

const lack = bpfLacks() || commandsLack('bpftool');
if (lack) {
	console.log(`skipped: ${lack}`);
	process.exit(0);
}

type Ran = { id: number; run_time_ns?: number; run_cnt?: number };
const ran = (): Map<number, Ran> => {
	const list: Ran[] = JSON.parse(execFileSync('bpftool', ['-j', 'prog', 'list'], { encoding: 'utf8' }));
	return new Map(list.map((one) => [one.id, one]));
};

/** ns and events of the programs that `ids` names, between two states. */
const spent = (ids: number[], from: Map<number, Ran>, to: Map<number, Ran>) => {
	let [ns, events] = [0, 0];
	for (const id of ids) {
		ns += (to.get(id)?.run_time_ns ?? 0) - (from.get(id)?.run_time_ns ?? 0);
		events += (to.get(id)?.run_cnt ?? 0) - (from.get(id)?.run_cnt ?? 0);
	}
	return { ns, events };
};
const added = (before: Map<number, Ran>): number[] => [...ran().keys()].filter((id) => !before.has(id));

const TALK =
	'd=$(mktemp -d); cd $d; mkfifo a b; (while read -r x; do echo; done <a >b) & exec 3>a 4<b; rm -r $d; while :; do echo >&3; read -r x <&4; done';
const READ =
	'f=$(mktemp); head -c 4M /dev/zero >$f; exec 3<$f; rm $f; while :; do dd if=/dev/fd/3 of=/dev/null bs=4k status=none; done';
const PAIRS = [
	['runq-latency', join(SCRIPTS, 'cpu-lat.bt'), TALK],
	['runq-latency-by-comm', join(SCRIPTS, 'cpu-lat-by-comm.bt'), TALK],
	['iomonitor', join(PARTS, 'iomonitor.bt'), READ],
] as const;

execFileSync('sysctl', ['-qw', 'kernel.bpf_stats_enabled=1']);
try {
	for (const [object, script, work] of PAIRS)
		for (let round = 0; round < ROUNDS; round++) {
			let before = ran();
			const begun = async (child: ChildProcess) => {
				await new Promise<void>((resolve) => {
					child.stdout!.on('data', (chunk) => String(chunk).includes('#!ts') && resolve());
				});
				const ids = added(before);
				before = ran();
				return { child, ids };
			};
			const own = () => begun(start('bpf-maps', [join(ROOT, 'dist', 'bpf', `${object}.bpf.o`)]));
			const their = () => begun(spawn('bpftrace', [script], { stdio: 'pipe' }));
			// Whoever is attached first runs first at each event, and fetches into the cache what both read.
			const isFirst = round % 2 === 0;
			const [one, other] = isFirst ? [await own(), await their()] : [await their(), await own()];
			const [ours, bpftrace] = isFirst ? [one, other] : [other, one];
			const load = spawn('timeout', [String(SECONDS), 'bash', '-c', work], { stdio: 'ignore' });
			const from = ran();
			await outcome(load);
			const to = ran();
			bpftrace.child.kill('SIGINT');
			ours.child.kill('SIGTERM');
			await Promise.all([outcome(bpftrace.child), outcome(ours.child)]);
			const [a, b] = [spent(ours.ids, from, to), spent(bpftrace.ids, from, to)];
			const text = ({ ns, events }: typeof a) => `${(ns / events).toFixed(0)} ns an event (${events} events)`;
			console.log(
				`${object}, ${isFirst ? 'ours' : 'bpftrace'} first: ours ${text(a)}, ${basename(script)} ${text(b)}`,
			);
		}
} finally {
	execFileSync('sysctl', ['-qw', 'kernel.bpf_stats_enabled=0']);
}
