import { mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Cycle } from '../../../../../filters/lib/hollow/metrics/cycle.ts';
import { cycleFromPayload } from '../../../../../filters/lib/hollow/metrics/payload.ts';
import { writePayload } from '../../../../../filters/lib/hollow/metrics/payload-file.ts';

const test = suite('hollow payload file');
const folder = mkdtempSync(join(tmpdir(), 'payload-'));
const path = join(folder, 'latest.json');

const cycleWith = (total: number): Cycle => ({
	version: '20251121000000000',
	dataset: 'd',
	wide: false,
	synthetic: false,
	states: [
		{
			source: 'web1',
			timestamp: '2025-11-21T00:00:00.000Z',
			metrics: [{ name: 'm', total, unit: '1', buckets: [] }],
			aggregates: [['m', total]],
		},
	],
});

test('the file is the newest cycle, replaced whole, and nothing is left beside it', () => {
	writePayload(path, cycleWith(1));
	const before = statSync(path).ino;
	const old = readFileSync(path);
	writePayload(path, cycleWith(2));
	assert.is.not(statSync(path).ino, before);
	assert.is.not(readFileSync(path, 'utf8'), old.toString());
	assert.equal(
		cycleFromPayload(JSON.parse(readFileSync(path, 'utf8')), '20251121000000000', 'd'),
		cycleWith(2),
	);
	assert.equal(readdirSync(folder), ['latest.json']);
});

test('what cannot be written leaves the old file as it was', () => {
	const broken = cycleWith(3);
	Object.defineProperty(broken.states[0]!, 'metrics', {
		get: () => {
			throw new Error('no');
		},
	});
	assert.throws(() => writePayload(path, broken), /no/);
	assert.equal(readdirSync(folder), ['latest.json']);
	assert.is(JSON.parse(readFileSync(path, 'utf8')).data.MetricsState[0].aggregates.m, 2);
	assert.throws(() => writePayload(join(folder, 'none', 'x'), cycleWith(1)), /ENOENT/);
});

test.run();
