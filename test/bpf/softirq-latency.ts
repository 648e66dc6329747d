import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { countsAround } from '../harness/bpf-prints.ts';
import { bpfLacks, testWith } from '../parts.ts';

const test = suite('bpf/softirq-latency');

/** How often each kind was served so far, by the kernel's own count, and when that was read. */
const served = () => {
	const rows = readFileSync('/proc/softirqs', 'latin1').trim().split('\n').slice(1);
	const ms = Date.now();
	const counts = rows.map((row) => {
		const [name, ...numbers] = row.trim().split(/\s+/);
		return [
			name!.replace(':', '').toLowerCase(),
			numbers.reduce((sum, one) => sum + Number(one), 0),
		] as const;
	});
	return { ms, counts: new Map(counts) };
};

testWith(test, bpfLacks(), 'each kind runs as often as /proc/softirqs says', async () => {
	let [from, to] = [served(), served()];
	const { between, stderr } = await countsAround('softirq-latency', async () => {
		from = served();
		// Timers, wake-ups and packets over loopback, for three seconds.
		const load = spawn(
			'timeout',
			['3', 'bash', '-c', 'while :; do : </dev/tcp/127.0.0.1/1; sleep 0.001; done'],
			{
				stdio: 'ignore',
			},
		);
		await sleep(3000);
		load.kill();
		to = served();
	});
	assert.is(stderr, 'bpf-maps: attached softirq_raise, softirq_entry, softirq_exit\n');
	let busy = 0;
	for (const [softirq, count] of to.counts) {
		const truth = count - from.counts.get(softirq)!;
		const { least, most } = between(from.ms, to.ms, { metric: 'softirq_time', attributes: { softirq } });
		// One may be served on each processor at the moment of a print: the kernel has counted it, we have not.
		const open = cpus().length;
		assert.ok(least - open <= truth && truth <= most + open, `${softirq}: ${truth} of ${least} to ${most}`);
		if (truth > 100) busy++;
	}
	assert.ok(busy >= 2, `only ${busy} kinds had something to do`);
});

test.run();
