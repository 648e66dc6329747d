// Whether a pipeline is well, who is to blame, and how that reads; and what waits, by its ack and its log.

import {
	appendFileSync,
	mkdtempSync,
	renameSync,
	rmSync,
	statSync,
	utimesSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createLog } from '../../../filters/lib/log.ts';
import { momentOf } from '../../../supervisor/commands/moment.ts';
import { verdictOn } from '../../../supervisor/commands/patience.ts';
import { type Backlog, backlogOf } from '../../../supervisor/health/backlog.ts';
import { healthOf, lateAfter } from '../../../supervisor/health/health.ts';
import type { StageStatus } from '../../../supervisor/health/output.ts';
import { bytes, span } from '../../../supervisor/health/quantity.ts';
import type { PipelineStatus } from '../../../supervisor/health/status.ts';
import { createVigil } from '../../../supervisor/health/vigil.ts';
import type { PipelinePlan, StagePlan } from '../../../supervisor/plan/plan.ts';
import { complaintText, createComplaints } from '../../../supervisor/run/complaint.ts';

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
	...{ name, state: 'RUNNING', pid: 1, fallback: false, restarts: 0, for: 600_000, last: '' },
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

test('complaints: until something better is said; last words', () => {
	const complaints = createComplaints();
	const log = complaints.overhear(
		createLog({ name: 'x', level: 'info', format: 'text', priorities: false, write: () => {} }),
	);
	log.warn('refused');
	const { since } = complaints.now()!;
	log.debug('a detail');
	log.error('refused again (and 7 more like it)');
	assert.is(complaintText(complaints.now()!), 'refused; now: refused again');
	assert.is(complaints.now()!.since, since);
	log.info('connected');
	assert.is(complaints.now(), undefined);
	assert.is(complaints.lastWords(true), 'refused again');
	complaints.begin();
	log.info('sh: 1: nonsense: not found');
	assert.is(complaints.lastWords(true), '');
	assert.is(complaints.lastWords(false), 'sh: 1: nonsense: not found');
});

test('what waits: behind the acknowledged byte, over rotations, and where the file is gone', () => {
	const dir = mkdtempSync(join(tmpdir(), 'bpfpipe-backlog-'));
	const [log, ack] = [join(dir, 'x.log'), join(dir, 'p.ack')];
	const plan = planOf(`bpftrace-tail ${log}`, 'graphite-send');
	const look = () => backlogOf(plan, ack, Date.now());
	try {
		assert.equal(look(), {});
		writeFileSync(log, 'x'.repeat(100));
		const ino = String(statSync(log).ino);
		writeFileSync(ack, JSON.stringify({ name: 'x.log', ino, offset: 40 }));
		utimesSync(ack, Date.now() / 1000 - 90, Date.now() / 1000 - 90);
		assert.is(look().bytes, 60);
		assert.ok(look().age! >= 90_000 && look().age! < 95_000);
		renameSync(log, `${log}.1`);
		appendFileSync(`${log}.1`, 'y'.repeat(10));
		writeFileSync(log, 'z'.repeat(7));
		assert.is(look().bytes, 77);
		renameSync(`${log}.1`, `${log}.2`);
		renameSync(log, `${log}.1`);
		writeFileSync(log, 'new');
		assert.is(look().bytes, 80);
		rmSync(`${log}.2`);
		assert.is(look().bytes, 3, 'of a file that is gone, all of the live one');
		writeFileSync(ack, '{"name":"other.log","offset":1}');
		assert.is(look().bytes, undefined);
		writeFileSync(ack, 'nonsense');
		assert.equal(look(), {});
		const own = planOf(`bpftrace-tail --ack ${ack} ${log}`, 'graphite-send');
		writeFileSync(ack, JSON.stringify({ name: 'x.log', ino: '1', offset: 0 }));
		assert.is(backlogOf(own, '/nowhere', Date.now()).bytes, 3, 'an ack that the command names');
	} finally {
		rmSync(dir, { recursive: true });
	}
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

test('--since: a span, a time of day, a date', () => {
	const noon = new Date(2026, 0, 31, 12, 0, 0).getTime();
	assert.is(momentOf('10m', noon), noon - 600_000);
	assert.is(momentOf('90', noon), noon - 90_000);
	assert.is(momentOf('09:15', noon), new Date(2026, 0, 31, 9, 15).getTime());
	assert.is(momentOf('23:15:30', noon), new Date(2026, 0, 30, 23, 15, 30).getTime());
	assert.is(momentOf('2026-01-31T09:15Z', noon), Date.UTC(2026, 0, 31, 9, 15));
	for (const text of ['', 'yesterday', '25x', '1e9d']) assert.throws(() => momentOf(text, noon), /--since/);
});

test('times and sizes are short', () => {
	assert.equal([0, 59_999, 60_000, 3_599_999, 3_600_000, 172_800_000].map(span), [
		'0s',
		'59s',
		'1m0s',
		'59m59s',
		'1h0m',
		'2d0h',
	]);
	assert.equal([0, 1023, 1024, 14_000, 96 * 2 ** 20, 5 * 2 ** 50].map(bytes), [
		'0 B',
		'1023 B',
		'1.0 KiB',
		'13 KiB',
		'96 MiB',
		'5120 TiB',
	]);
});

test('the log hears once that delivery is not well, and once that it is again', () => {
	const said: string[] = [];
	const write = (line: string) => said.push(line.trimEnd());
	const log = createLog({ name: 'b', level: 'info', format: 'text', priorities: false, write });
	const vigil = createVigil((pipeline) => log.about(pipeline));
	const look = (well: boolean, state: PipelineStatus['state'] = 'RUNNING') =>
		vigil.look([{ name: 'p', state, delivery: 'best-effort', well, why: well ? '' : 'late', stages: [] }]);
	look(true);
	look(false, 'BACKOFF');
	look(false);
	look(false);
	look(false, 'BACKOFF');
	look(true);
	look(true);
	assert.equal(said, ['b: warning: p: delivery is not well: late', 'b: p: delivery is well again']);
});

test.run();
