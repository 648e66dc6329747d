import { spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type AnyRecord, type Bucket, parseRecord } from '../../filters/lib/record.ts';
import { bpfLacks, testWith } from '../parts.ts';
import { outcome, ROOT, run, start } from '../program.ts';
import { until } from '../servers/carbon.ts';

const test = suite('bpf/runq-latency');
const OBJECT = join(ROOT, 'dist', 'bpf', 'runq-latency.bpf.o');
const BY_COMM = join(ROOT, 'dist', 'bpf', 'runq-latency-by-comm.bpf.o');
const SECONDS = 6;

type Print = { ts: number; counts: Map<string, number> };

const printOf = (record: AnyRecord): Print => ({
	ts: record.ts as number,
	counts: new Map((record.buckets as Bucket[]).map(([lower, , count]) => [String(lower), Number(count)])),
});
const printsIn = (text: string): Print[] =>
	text
		.split('\n')
		.filter((line) => line.startsWith('{"type":"histogram"'))
		.map((line) => printOf(parseRecord(line)!));
const rise = (from: Print, to: Print): Map<string, number> =>
	new Map([...to.counts].map(([lower, count]) => [lower, count - (from.counts.get(lower) ?? 0)]));
const totalOf = (counts: Map<string, number>): number => [...counts.values()].reduce((a, b) => a + b, 0);

/** A script and the same in BPF, side by side, and what each prints. */
const both = (script: string, args: string[]) => {
	const bpftrace = spawn('bpftrace', [join(ROOT, 'bpftrace', script)], { stdio: 'pipe' });
	const ours = start('bpf-maps', args);
	const texts = { bpftrace: '', ours: '' };
	bpftrace.stdout.on('data', (chunk) => {
		texts.bpftrace += chunk;
	});
	ours.stdout!.on('data', (chunk) => {
		texts.ours += chunk;
	});
	return { bpftrace, ours, texts, ends: [outcome(bpftrace), outcome(ours)] };
};

testWith(test, bpfLacks(), 'it counts what cpu-lat.bt counts over the same seconds', async () => {
	const { bpftrace, ours, texts, ends } = both('cpu-lat.bt', [OBJECT, '-i', '100ms']);
	try {
		await until(() => texts.bpftrace.includes('#!ts') && texts.ours.includes('#!ts'));
		// Something that switches all the time, bounded by its own clock.
		const load = spawn('bash', [
			'-c',
			`end=$((SECONDS+${SECONDS})); while ((SECONDS < end)); do /bin/true | cat; done`,
		]);
		await sleep(SECONDS * 1000);
		load.kill('SIGTERM');
	} finally {
		bpftrace.kill('SIGINT');
		ours.kill('SIGTERM');
	}
	await Promise.all(ends);
	const parsed = await run('parse-histogram', ['-m', 'cpu-lat', '--unit', 'us'], texts.bpftrace);
	const theirs = printsIn(parsed.stdout);
	const own = printsIn(texts.ours);
	const nearest = (ts: number) => own.reduce((a, b) => (Math.abs(b.ts - ts) < Math.abs(a.ts - ts) ? b : a));
	// The second to the last but one: the first and the last are printed while one of both starts or ends.
	const [from, to] = [theirs[1]!, theirs.at(-2)!];
	const [ownFrom, ownTo] = [nearest(from.ts), nearest(to.ts)];
	const [a, b] = [rise(from, to), rise(ownFrom, ownTo)];
	const [theirTotal, ownTotal] = [totalOf(a), totalOf(b)];
	// Prints lie up to 50 ms apart at each end (ours come every 100 ms), and bpftrace reads its map some time after it
	// notes the time. So what may differ are the events of twice that time at the highest rate seen.
	const rates = own.slice(1).map((print, i) => totalOf(rise(own[i]!, print)));
	const most = Math.max(...rates);
	assert.ok(theirTotal > 3000, `only ${theirTotal} events to compare`);
	assert.ok(
		Math.abs(theirTotal - ownTotal) <= 2 * most,
		`bpftrace ${theirTotal}, ours ${ownTotal}, of which ${most} in 100 ms`,
	);
	// Each takes its own time stamps, some hundred ns apart, so a wait at the edge of a bucket may lie in the next one.
	const shares = (counts: Map<string, number>, total: number) =>
		[1, 4, 16, 64, 256, 1024, 4096].map((bound) => {
			const below = [...counts].filter(([lower]) => Number(lower) < bound);
			return below.reduce((sum, [, count]) => sum + count, 0) / total;
		});
	const [x, y] = [shares(a, theirTotal), shares(b, ownTotal)];
	x.forEach((share, i) => {
		assert.ok(Math.abs(share - y[i]!) < 0.1, `${x} and ${y}`);
	});
});

/** The counts of one command, added up over buckets, in the last print of all that came. */
const countOf = (text: string, comm: string): number => {
	const records = text
		.split('\n')
		.filter((line) => line.startsWith('{"type":"histogram"'))
		.map((line) => parseRecord(line)!)
		.filter(({ attributes }) => (attributes as Record<string, string>).comm === comm);
	return totalOf(printOf(records.at(-1)!).counts);
};

testWith(
	test,
	bpfLacks(),
	'of threads that began and ended while both looked, it counts exactly as many waits',
	async () => {
		const name = 'runq-talker';
		const folder = mkdtempSync(join(tmpdir(), 'runq-'));
		copyFileSync('/bin/bash', join(folder, name));
		const { bpftrace, ours, texts, ends } = both('cpu-lat-by-comm.bt', [BY_COMM, '-i', '500ms']);
		try {
			await until(() => texts.bpftrace.includes('#!ts') && texts.ours.includes('#!ts'));
			// Two shells, one at each end of two pipes: each line wakes the other one.
			const talk =
				'mkfifo a b; (for ((i = 0; i < 3000; i++)); do read x; echo; done <a >b) & for ((i = 0; i < 3000; i++)); do echo >&3; read x <&4; done 3>a 4<b; wait';
			const { status, stderr } = await outcome(spawn(join(folder, name), ['-c', talk], { cwd: folder }));
			assert.equal([status, stderr], [0, '']);
			await sleep(500);
		} finally {
			bpftrace.kill('SIGINT');
			ours.kill('SIGTERM');
			rmSync(folder, { recursive: true });
		}
		await Promise.all(ends);
		const parsed = await run(
			'parse-histogram',
			['-m', 'cpu-lat', '--unit', 'us', '--keys', 'comm'],
			texts.bpftrace,
		);
		const [theirs, own] = [countOf(parsed.stdout, name), countOf(texts.ours, name)];
		assert.ok(theirs > 3000, `${theirs}`);
		assert.is(own, theirs);
	},
);

test.run();
