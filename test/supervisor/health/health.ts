// Whether a pipeline is well, who is to blame, and how that reads.

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Backlog } from '../../../supervisor/health/backlog.ts';
import { healthOf, lateAfter } from '../../../supervisor/health/health.ts';
import type { StageStatus } from '../../../supervisor/health/output.ts';
import type { PipelinePlan, StagePlan } from '../../../supervisor/plan/plan.ts';

const test = suite('health');
const NOW = 1_800_000_000_000;
const SECOND = 1000;

const planOf = (...commands: string[]): PipelinePlan => ({
	name: 'p',
	delivery: 'at-least-once',
	restart: 'always',
	delays: [1, 2],
	retry: 1,
	stages: commands.map((line): StagePlan => {
		const command = line.split(' ');
		return { name: command[0]!, command, env: {}, grace: 1 };
	}),
});
const stage = (name: string, more: Partial<StageStatus> = {}): StageStatus => ({
	...{ name, state: 'RUNNING', pid: 1, fallback: false, trial: false, restarts: 0, for: 600_000, last: '' },
	...more,
});
const PLAN = planOf('bpftrace-tail /x.log', 'every 15s', 'graphite-send');
const why = (more: Partial<StageStatus>[], backlog?: Backlog, plan = PLAN, trouble?: string): string => {
	const stages = plan.stages.map(({ name }, at) => stage(name, more[at] ?? {}));
	const { well, why } = healthOf({ plan, stages, trouble, backlog, now: NOW });
	assert.is(well, why === '');
	return why;
};
const dead = (seconds: number, why: string, times = 1, lived = 0) => ({
	at: ago(seconds),
	why,
	times,
	lived,
});
const ago = (seconds: number) => NOW - seconds * SECOND;

test('all runs, and what waits was acknowledged lately: well', () => {
	assert.is(why([], { age: 20 * SECOND, bytes: 5000 }), '');
	assert.is(why([], { age: 3600 * SECOND, bytes: 0 }), '', 'a log that is silent is no fault of delivery');
	assert.is(why([], {}), '');
	assert.is(why([{ state: 'EXITED' }, { state: 'EXITED' }, { state: 'EXITED' }]), '');
});

test('late after half a minute and two steps, or as the file says; the stage that complains is named', () => {
	assert.is(lateAfter(PLAN), 60_000);
	assert.is(lateAfter(planOf('cat')), 30_000);
	assert.is(lateAfter(planOf('every nonsense')), 30_000);
	assert.is(lateAfter({ ...PLAN, late: 5 }), 5);
	const backlog = { age: 75 * SECOND, bytes: 14_000 };
	assert.is(why([], backlog), 'late: 13 KiB wait for graphite-send, nothing was acknowledged for 1m15s');
	const message = '127.0.0.1:2003: connection refused; trying again';
	const says = { first: message, message, since: ago(70), last: ago(1) };
	assert.is(
		why([{}, {}, { says }], backlog),
		'late: 13 KiB wait for graphite-send, nothing was acknowledged for 1m15s; it says for 1m10s: 127.0.0.1:2003: connection refused; trying again',
	);
	assert.is(why([], { bytes: 9 }), 'late: 9 B wait for graphite-send, nothing was acknowledged for 10m0s');
	assert.is(why([{}, {}, { for: 5000 }], { bytes: 9 }), '', 'it has only begun');
});

test('a primary that is tried again is no recovery yet', () => {
	assert.is(
		why([{ trial: true, for: 200 }]),
		"bpftrace-tail is tried again in its fallback's place, and has not held for long yet",
	);
});

test('the worst stage is the culprit, with how it died and its last words', () => {
	const died = dead(3, 'exit code 69, /s/p.ack.new: no space left on the device');
	assert.is(
		why([{ state: 'STOPPED' }, { state: 'STOPPED' }, { state: 'BACKOFF', for: 2000, died }], {
			age: 1,
			bytes: 1,
		}),
		'graphite-send is BACKOFF for 2s; died 3s ago: exit code 69, /s/p.ack.new: no space left on the device',
	);
	assert.is(why([{ state: 'FATAL' }, { state: 'BACKOFF' }]), 'bpftrace-tail is FATAL for 10m0s');
	assert.is(
		why([{ closed: true }]),
		'bpftrace-tail has closed its output and lives on: nothing more comes from it',
	);
	assert.is(why([], undefined, PLAN, 'cannot be started (no pipes)'), 'cannot be started (no pipes)');
	assert.is(
		why([{ fallback: true, died: dead(9, 'exit code 69') }]),
		'bpftrace-tail is replaced by its fallback: what comes is synthetic, for exit code 69',
	);
});

test('what died several times is well once it has run twice as long as before', () => {
	const often = (seconds: number, times: number) =>
		why([{ died: dead(seconds, 'exit code 1', times, 15 * SECOND) }]);
	assert.is(often(3, 3), 'bpftrace-tail keeps dying: 3 times lately, the last 3s ago: exit code 1');
	assert.is(often(29, 3), 'bpftrace-tail keeps dying: 3 times lately, the last 29s ago: exit code 1');
	assert.is(often(30, 3), '');
	assert.is(often(3, 1), '', 'once is no habit');
});

test('a complaint counts when it lasts and goes on', () => {
	const says = (since: number, last: number) => [
		{ says: { first: 'x', message: 'x', since: ago(since), last: ago(last) } },
	];
	assert.is(why(says(50, 1)), '', 'not long enough');
	assert.is(why(says(300, 200)), '', 'not said any more');
	assert.is(why(says(70, 30)), 'bpftrace-tail says for 1m10s: x');
});

test.run();
