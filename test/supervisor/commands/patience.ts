// What --wait waits for.

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { verdictOn } from '../../../supervisor/commands/patience.ts';
import type { StageStatus } from '../../../supervisor/health/output.ts';

const test = suite('patience');

const NOW = 1_800_000_000_000;
const stage = (name: string, more: Partial<StageStatus> = {}): StageStatus => ({
	...{ name, state: 'RUNNING', pid: 1, fallback: false, trial: false, restarts: 0, for: 600_000, last: '' },
	...more,
});

test('--wait: all must run for a moment, and none may have died since', () => {
	const hold = stage('a', { for: 2000 });
	assert.is(verdictOn([hold, stage('b', { state: 'EXITED', for: 0 })], NOW), true);
	assert.is(verdictOn([hold, stage('b', { for: 1999 })], NOW), undefined);
	assert.is(verdictOn([hold, stage('b', { state: 'STARTING' })], NOW), undefined);
	for (const state of ['FATAL', 'DEGRADED'] as const)
		assert.is(verdictOn([hold, stage('b', { state })], NOW), false);
	const died = (at: number) => stage('b', { died: { at, why: 'x', times: 1, lived: 0 } });
	assert.is(verdictOn([hold, died(NOW - 1)], NOW), true);
	assert.is(verdictOn([hold, died(NOW)], NOW), false);
});

test.run();
