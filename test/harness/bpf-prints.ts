// bpf-prints: what an object of ours counts while something happens, between bounds that hold for certain

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type AnyRecord, type Bucket, parseRecord } from '../../filters/lib/record.ts';
import { outcome, ROOT, start } from '../program.ts';
import { until } from '../servers/carbon.ts';

const STEP_MS = 100;

type Wanted = { metric: string; attributes: Record<string, string> };

const countOf = (record: AnyRecord): number =>
	(record.buckets as Bucket[]).reduce((sum, [, , count]) => sum + Number(count), 0);

/**
 * Run bpf-maps with the object `name` around `act`; the answer says for a series how often it counted from the time `from`
 * to the time `to`, in ms: at least and at most, since prints stand around both.
 */
export const countsAround = async (name: string, act: () => Promise<void>) => {
	const child = start('bpf-maps', [join(ROOT, 'dist', 'bpf', `${name}.bpf.o`), '-i', `${STEP_MS}ms`]);
	let text = '';
	child.stdout!.on('data', (chunk) => {
		text += chunk;
	});
	const done = outcome(child);
	try {
		await until(() => text.split('#!ts').length > 4 || child.exitCode !== null);
		await act();
		await sleep(4 * STEP_MS);
	} finally {
		child.kill('SIGTERM');
	}
	const { stdout, stderr } = await done;
	const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
	const records = lines.map((line) => parseRecord(line)!);
	const times = [...new Set(records.map(({ ts }) => ts as number))];
	const at = (ts: number, { metric, attributes }: Wanted): number => {
		const found = records.find(
			(one) =>
				one.ts === ts &&
				one.metric === metric &&
				JSON.stringify(one.attributes) === JSON.stringify(attributes),
		);
		return found ? countOf(found) : 0;
	};
	// Maps are read soon after the time of the print, never before it.
	const before = (ms: number) => times.findLast((ts) => ts <= ms - STEP_MS)!;
	const after = (ms: number) => times.find((ts) => ts > ms)!;
	return {
		stderr,
		records,
		between: (from: number, to: number, wanted: Wanted) => ({
			least: at(before(to), wanted) - at(after(from), wanted),
			most: at(after(to), wanted) - at(before(from), wanted),
		}),
	};
};
