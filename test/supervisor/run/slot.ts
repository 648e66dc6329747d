// One stage's place, under a clock of our own: what is started with what, when again, and what its pipeline hears.

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Log } from '../../../filters/lib/log.ts';
import type { StagePlan } from '../../../supervisor/plan/plan.ts';
import type { Ending, Process } from '../../../supervisor/process/process.ts';
import { LIMITS } from '../../../supervisor/run/policy.ts';
import { createSlot, type Owner, type Slot } from '../../../supervisor/run/slot.ts';
import { type Clock, takeClock } from '../../harness/clock.ts';

const test = suite<{ clock: Clock }>('slot');
test.before.each((context) => {
	context.clock = takeClock();
});
test.after.each(({ clock }) => clock.leave());

type Fake = Process & {
	command: string[];
	env: Record<string, string>;
	announces: boolean;
	words: Log;
	signals: string[];
	die: (ending: Ending) => void;
	say: () => void;
};

/** A slot whose processes are invented, and all that its pipeline hears of it. */
const make = (
	stage: Partial<StagePlan> = {},
	more: Partial<Owner> = {},
	plan: Partial<Owner['plan']> = {},
) => {
	const started: Fake[] = [];
	const heard: string[] = [];
	const said: string[] = [];
	const note = (level: string) => (message: string) => said.push(`${level}: ${message}`);
	const log: Log = {
		error: note('error'),
		warn: note('warn'),
		info: note('info'),
		debug: note('debug'),
		settle() {},
	};
	const launch: Owner['launch'] = (command, env, announces, words) => {
		let die: Fake['die'] = () => {};
		let say = () => {};
		const ended = new Promise<Ending>((resolve) => {
			die = resolve;
		});
		const ready = new Promise<void>((resolve) => {
			say = resolve;
		});
		const signals: string[] = [];
		const kill = (signal: string) => signals.push(signal);
		const fake: Fake = {
			pid: started.length + 1,
			ours: true,
			ended,
			command,
			env,
			announces,
			words,
			signals,
			kill,
			die,
			say,
		};
		if (announces) fake.ready = ready;
		started.push(fake);
		return fake;
	};
	const hear =
		(what: string) =>
		(...args: unknown[]) => {
			heard.push([what, ...args].join(' '));
		};
	const slot: Slot = createSlot(
		{ name: 'a', command: ['a', '1'], env: { X: 'y' }, grace: 40, ...stage },
		'p/a',
		{
			log,
			plan: { restart: 'on-failure', delays: [100, 100], delivery: 'best-effort', retry: 500, ...plan },
			fallbacks: true,
			failFast: false,
			launch,
			ends: () => ({ inputEnded: false, outputGone: false }),
			up: hear('up'),
			waits: hear('waits'),
			escalates: hear('escalates'),
			finished: hear('finished'),
			ended: hear('ended'),
			hopeless: hear('hopeless'),
			recovered: hear('recovered'),
			retry: hear('retry'),
			...more,
		},
	);
	return { slot, started, heard, said, last: () => started.at(-1)! };
};
const ends = (inputEnded: boolean, outputGone: boolean) => ({ ends: () => ({ inputEnded, outputGone }) });

test('what is started is up at once, and reports itself', async ({ clock }) => {
	const { slot, started, heard } = make();
	assert.equal(slot.report(), {
		name: 'a',
		state: 'STOPPED',
		pid: 0,
		fallback: false,
		trial: false,
		restarts: 0,
		for: 0,
		last: '',
	});
	slot.start();
	slot.start();
	await clock.pass(7);
	assert.equal([started.length, heard], [1, ['up']]);
	const { command, env, announces } = started[0]!;
	assert.equal([command, env, announces], [['a', '1'], { X: 'y' }, false]);
	const { state, pid, for: since } = slot.report();
	assert.equal([state, pid, since], ['RUNNING', 1, 7]);
	assert.is(slot.process(), started[0]);
});

test('a death is told, and the stage is started when its delay is over; what was said last is the reason', async ({
	clock,
}) => {
	const { slot, heard, said, started, last } = make();
	slot.start();
	last().words.error('no such server');
	last().die({ code: 1 });
	await clock.pass(0);
	assert.match(heard.at(-1)!, /^waits (?:8|9|10|11|12)\d$/);
	assert.match(said.at(-1)!, /^warn: exit code 1; starting again in \d+ ms$/);
	assert.equal([slot.process(), slot.report().pid, slot.report().state], [undefined, 0, 'BACKOFF']);
	assert.is(slot.report().died!.why, 'exit code 1, no such server');
	let isDone = false;
	slot.startLater(50, () => {
		isDone = true;
	});
	await clock.pass(49);
	assert.equal([started.length, isDone], [1, false]);
	await clock.pass(1);
	assert.equal([started.length, isDone, slot.report().restarts], [2, true, 1]);
});

test('a timer that something else came before starts nothing', async ({ clock }) => {
	const { slot, started, last } = make();
	slot.start();
	last().die({ code: 1 });
	await clock.pass(0);
	slot.startLater(50);
	slot.startLater(80);
	await clock.pass(60);
	assert.is(started.length, 1, 'the second one counts');
	slot.start();
	await clock.pass(100);
	assert.is(started.length, 2, 'started by hand');
	last().die({ code: 1 });
	await clock.pass(0);
	slot.startLater(50);
	slot.expectEnd();
	await clock.pass(100);
	assert.equal([started.length, slot.state()], [2, 'STOPPED']);
	slot.start();
	last().die({ code: 1 });
	await clock.pass(0);
	slot.startLater(50);
	await slot.end('term');
	await clock.pass(100);
	assert.equal([started.length, slot.state()], [3, 'STOPPED']);
});

test('only one that was cut off leaves half a line to be resumed, and only where nothing is read again', async ({
	clock,
}) => {
	for (const [delivery, code, wanted] of [
		['best-effort', 137, '1'],
		['best-effort', 0, undefined],
		['at-least-once', 137, undefined],
	] as const) {
		const { slot, started, last } = make({}, {}, { delivery });
		slot.start();
		assert.is(last().env.BPFPIPE_RESUMED, undefined);
		last().die({ code });
		await clock.pass(0);
		slot.start();
		assert.equal([started.length, last().env.BPFPIPE_RESUMED], [2, wanted]);
	}
});

test('one that is to say so is STARTING until it does', async ({ clock }) => {
	const { slot, heard, last } = make({ ready: 200 });
	slot.start();
	assert.ok(last().announces);
	await clock.pass(199);
	assert.equal([slot.state(), heard], ['STARTING', []]);
	last().say();
	await clock.pass(1000);
	assert.equal([slot.state(), heard, last().signals], ['RUNNING', ['up'], []]);
});

test('one that does not say so in time is ended, and that is why it died', async ({ clock }) => {
	const { slot, heard, last } = make({ ready: 200 });
	slot.start();
	await clock.pass(200);
	assert.equal([slot.state(), last().signals], ['STARTING', ['SIGTERM']]);
	await clock.pass(40);
	assert.equal(last().signals, ['SIGTERM', 'SIGKILL']);
	last().die({ code: 137, signal: 'SIGKILL' });
	await clock.pass(0);
	assert.match(heard.join(), /^waits \d+$/);
	assert.is(slot.report().last, 'not ready within 200 ms');
	slot.start();
	last().die({ code: 137, signal: 'SIGKILL' });
	await clock.pass(1000);
	assert.is(slot.report().last, 'ended by SIGKILL', 'the next one has reasons of its own');
});

test('a word that comes late counts neither for the next process nor for one that is ended', async ({
	clock,
}) => {
	const { slot, started, heard, last } = make({ ready: 200 });
	slot.start();
	last().die({ code: 1 });
	await clock.pass(0);
	slot.start();
	started[0]!.say();
	await clock.pass(0);
	assert.equal([slot.state(), heard.includes('up')], ['STARTING', false]);
	slot.expectEnd();
	last().say();
	await clock.pass(0);
	assert.equal([slot.state(), heard.includes('up')], ['STOPPING', false]);
});

test('what was to come after a delay does not come once something else did', async ({ clock }) => {
	for (const [act, state] of [
		[(slot: Slot) => slot.start(), 'RUNNING'],
		[(slot: Slot) => slot.expectEnd(), 'STOPPED'],
		[(slot: Slot) => slot.end('term'), 'STOPPED'],
	] as const) {
		const { slot, last } = make();
		slot.start();
		last().die({ code: 1 });
		await clock.pass(0);
		let isDone = false;
		slot.startLater(50, () => {
			isDone = true;
		});
		await act(slot);
		await clock.pass(100);
		assert.equal([slot.state(), isDone], [state, false]);
	}
});

test('the primary is asked for only while the fallback runs', async ({ clock }) => {
	for (const act of ['expectEnd', 'end', 'die'] as const) {
		const { slot, heard, last } = make({ fallback: ['b'] });
		slot.start();
		last().die({ code: 69 });
		await clock.pass(300);
		if (act === 'die') last().die({ code: 1 });
		else slot[act]('drain');
		await clock.pass(1000);
		assert.equal([act, heard.includes('retry')], [act, false]);
	}
});

test('the time to get ready is that of one process, and over when it is ready', async ({ clock }) => {
	const { slot, last } = make({ ready: 200 });
	slot.start();
	await clock.pass(100);
	last().die({ code: 1 });
	await clock.pass(50);
	slot.start();
	await clock.pass(100);
	assert.equal(last().signals, [], 'the next one has time of its own');
	last().say();
	await clock.pass(500);
	last().die({ code: 1 });
	await clock.pass(0);
	assert.is(slot.report().last, 'exit code 1');
});

test('half a minute of good running is well again, though the timer came to the millisecond', async ({
	clock,
}) => {
	const { slot, heard, said, last } = make();
	slot.start();
	await clock.pass(LIMITS.healthy + 10);
	assert.equal(said, [], 'it had never died');
	last().die({ code: 1 });
	await clock.pass(0);
	slot.start();
	await clock.pass(LIMITS.healthy);
	assert.not(said.includes('info: is well again'));
	await clock.pass(1);
	assert.ok(said.includes('info: is well again'));
	assert.not(heard.includes('recovered'), 'its pipeline had not noticed');
});

test('one that was DEGRADED tells its pipeline when it is well', async ({ clock }) => {
	const { slot, heard, last } = make();
	slot.start();
	last().die({ code: 1 });
	await clock.pass(0);
	slot.tell({ kind: 'degrade' });
	assert.is(slot.state(), 'DEGRADED');
	slot.start();
	await clock.pass(5);
	assert.equal([slot.state(), slot.report().state], ['RUNNING', 'DEGRADED']);
	await clock.pass(LIMITS.healthy);
	assert.ok(heard.includes('recovered'));
	assert.is(slot.report().state, 'RUNNING');
});

test('too many deaths are told', async ({ clock }) => {
	const { slot, heard, last } = make();
	for (let count = 0; count < 6; count++) {
		slot.start();
		last().die({ code: 1 });
		await clock.pass(0);
	}
	assert.is(heard.filter((what) => what.startsWith('waits')).length, 5);
	assert.is(heard.at(-1), 'escalates');
	const { times, lived } = slot.report().died!;
	assert.equal([times, lived < 1000], [6, true]);
});

test('a fallback takes the place, says so, and asks for the primary after a while', async ({ clock }) => {
	const { slot, heard, said, started, last } = make({ fallback: ['b'], hint: 'Look there', ready: 100 });
	slot.start();
	last().die({ code: 69 });
	await clock.pass(0);
	assert.equal(said, [
		'warn: cannot be had (exit code 69); "b" runs in its place, marked synthetic. Look there',
	]);
	assert.equal([last().command, last().announces, last().env.BPFPIPE_SYNTHETIC], [['b'], false, '1']);
	assert.ok(slot.onFallback() && slot.report().fallback);
	await clock.pass(499);
	assert.not(heard.includes('retry'));
	await clock.pass(1);
	assert.ok(heard.includes('retry'));
	const ending = slot.end('term');
	last().die({ code: 0 });
	await ending;
	slot.usePrimary();
	assert.equal(
		[last().command, last().announces, last().env.BPFPIPE_SYNTHETIC],
		[['a', '1'], true, undefined],
	);
	last().say();
	assert.ok(slot.report().trial);
	await clock.pass(LIMITS.holds);
	assert.is(said.at(-1), 'info: is back, the fallback is no longer needed');
	assert.not(slot.report().trial);
	assert.is(started.length, 3);
});

test('a primary that dies before it holds is not back, and without a hint nothing is added', async ({
	clock,
}) => {
	const { slot, said, last } = make({ fallback: ['b'] });
	slot.start();
	last().die({ code: 69 });
	await clock.pass(0);
	const ending = slot.end('term');
	last().die({ code: 0 });
	await ending;
	slot.usePrimary();
	last().die({ code: 69 });
	await clock.pass(LIMITS.holds * 2);
	assert.equal(
		said,
		Array(2).fill('warn: cannot be had (exit code 69); "b" runs in its place, marked synthetic'),
	);
});

test('one that is done is not revived by a retry that comes late', async ({ clock }) => {
	const { slot, said, started, last } = make({ fallback: ['b'] }, ends(true, false));
	slot.start();
	last().die({ code: 69 });
	await clock.pass(0);
	last().die({ code: 0 });
	await clock.pass(0);
	slot.usePrimary();
	await clock.pass(LIMITS.holds);
	assert.equal([slot.state(), started.length, said.length], ['EXITED', 2, 1]);
});

test('without leave for fallbacks, and where the first failure ends all, there is none', async ({
	clock,
}) => {
	const first = make({ fallback: ['b'] }, { fallbacks: false });
	first.slot.start();
	first.last().die({ code: 69 });
	await clock.pass(0);
	assert.match(first.heard.at(-1)!, /^waits/);
	const second = make({ fallback: ['b'] }, { failFast: true });
	second.slot.start();
	second.last().die({ code: 69 });
	await clock.pass(0);
	assert.equal([second.heard.at(-1), second.slot.state()], ['hopeless 69', 'FATAL']);
});

test('what is beyond hope, what is done, and what was ended are told apart', async ({ clock }) => {
	const told = async (code: number, more: Partial<Owner>, end = false) => {
		const { slot, heard, last } = make({}, more);
		slot.start();
		if (end) slot.expectEnd();
		last().die({ code });
		await clock.pass(0);
		return [heard.at(-1)!.replace(/\d\d+$/, 'N'), slot.state(), slot.report().died !== undefined];
	};
	assert.equal(await told(78, {}), ['hopeless N', 'FATAL', true]);
	assert.equal(await told(0, ends(true, false)), ['finished', 'EXITED', false]);
	assert.equal(await told(141, ends(false, true)), ['finished', 'EXITED', false]);
	assert.equal(await told(0, {}), ['waits N', 'BACKOFF', true]);
	assert.equal(await told(1, {}, true), ['ended', 'STOPPED', false]);
});

test('to end one is TERM at once, and KILL after its grace', async ({ clock }) => {
	const { slot, last } = make();
	await slot.end('term');
	slot.start();
	let isOver = false;
	const ending = slot.end('term').then(() => {
		isOver = true;
	});
	assert.equal(last().signals, ['SIGTERM']);
	await clock.pass(39);
	assert.equal([last().signals, isOver], [['SIGTERM'], false]);
	await clock.pass(1);
	assert.equal([last().signals, isOver, slot.state()], [['SIGTERM', 'SIGKILL'], false, 'STOPPING']);
	last().die({ code: 137 });
	await ending;
	assert.is(slot.state(), 'STOPPED', 'its end is known before whoever waited for it goes on');
});

test('to let one drain is TERM after its grace, and KILL a second later; one that is gone is left in peace', async ({
	clock,
}) => {
	const { slot, last } = make();
	slot.start();
	slot.expectEnd();
	assert.equal([slot.state(), last().signals], ['STOPPING', []]);
	const ending = slot.end('drain');
	await clock.pass(39);
	assert.equal(last().signals, []);
	await clock.pass(1000);
	assert.equal(last().signals, ['SIGTERM']);
	await clock.pass(1);
	assert.equal(last().signals, ['SIGTERM', 'SIGKILL']);
	last().die({ code: 137 });
	await ending;
	for (const how of ['term', 'drain'] as const) {
		slot.start();
		const next = slot.end(how);
		last().die({ code: 0 });
		await next;
		await clock.pass(5000);
		assert.equal(last().signals, how === 'term' ? ['SIGTERM'] : []);
	}
});

test('what it complains of is said while it lives, and no longer', async ({ clock }) => {
	const { slot, last } = make();
	slot.start();
	last().words.warn('no server');
	assert.is(slot.report().says!.message, 'no server');
	last().die({ code: 1 });
	await clock.pass(0);
	assert.is(slot.report().says, undefined);
	slot.start();
	assert.is(slot.report().says, undefined);
});

test.run();
