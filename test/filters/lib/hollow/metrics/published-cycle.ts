import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { loadAlong } from '../../../../../filters/lib/hollow/folder/loader.ts';
import type { Cycle } from '../../../../../filters/lib/hollow/metrics/cycle.ts';
import { isSameContent, publishedCycle } from '../../../../../filters/lib/hollow/metrics/published-cycle.ts';
import { openPublisher } from '../../../../../filters/lib/hollow/publish/publisher.ts';
import { createLog } from '../../../../../filters/lib/log.ts';

const test = suite('published-cycle');
const folder = mkdtempSync(join(tmpdir(), 'published-cycle-'));
test.after(() => rmSync(folder, { recursive: true }));
const log = createLog({ name: 't', level: 'error', format: 'text', priorities: false, write: () => {} });

const cycle: Cycle = {
	version: '20251121000000000',
	dataset: 'm',
	wide: true,
	synthetic: true,
	states: [
		{ source: 'b', timestamp: 't1', metrics: [], aggregates: [] },
		{
			source: 'synthetic/a',
			timestamp: 't2',
			metrics: [
				{
					name: 'z',
					total: '9007199254740993',
					unit: 'us',
					buckets: [
						[null, 0, 1],
						[0, '9007199254740993', 2],
						[5, null, 3],
					],
				},
				{ name: 'a', total: -5, unit: '1', buckets: [] },
			],
			aggregates: [
				['z', 6],
				['a', -5],
			],
		},
	],
};

test('what is published is read back as it was, in order of name', async () => {
	const publisher = await openPublisher({ folder: join(folder, 'd'), keep: 0, log });
	await publisher.publish(cycle);
	await publisher.close();
	const back = publishedCycle(loadAlong(join(folder, 'd'), [cycle.version]), cycle.version, 'm');
	const [first, second] = cycle.states;
	const sorted = {
		...second!,
		metrics: [...second!.metrics].reverse(),
		aggregates: [...second!.aggregates].reverse(),
	};
	assert.equal(back, { ...cycle, states: [first, sorted] });
	assert.ok(isSameContent(back, cycle));
});

test('any difference is one', () => {
	const change = (edit: (copy: Cycle) => void) => {
		const copy = structuredClone(cycle);
		edit(copy);
		return copy;
	};
	assert.ok(
		isSameContent(
			cycle,
			change((copy) => copy.states.reverse()),
		),
	);
	assert.ok(
		isSameContent(
			cycle,
			change((copy) => copy.states[1]!.metrics.reverse()),
		),
	);
	for (const edit of [
		(copy: Cycle) => copy.states.pop(),
		(copy: Cycle) => {
			copy.wide = false;
		},
		(copy: Cycle) => {
			copy.states[0]!.timestamp = 't3';
		},
		(copy: Cycle) => {
			copy.states[1]!.metrics[0]!.total = 1;
		},
		(copy: Cycle) => {
			copy.states[1]!.metrics[0]!.unit = 'ms';
		},
		(copy: Cycle) => copy.states[1]!.metrics[0]!.buckets.reverse(),
		(copy: Cycle) => {
			copy.states[1]!.aggregates[0]![1] = 7;
		},
	])
		assert.not(isSameContent(cycle, change(edit)));
});

test.run();
