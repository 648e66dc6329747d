// What the end of one stage means for all, under a clock of our own, with invented processes.

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Failure } from '../../../filters/lib/failure.ts';
import type { Log } from '../../../filters/lib/log.ts';
import type { PipelinePlan } from '../../../supervisor/plan/plan.ts';
import { LIMITS } from '../../../supervisor/run/policy.ts';
import type { Surroundings } from '../../../supervisor/run/surroundings.ts';
import { type Clock, takeClock } from '../../harness/clock.ts';
import { invent, makePipeline, planOf, QUIET } from '../../harness/invented.ts';

const test = suite<{ clock: Clock }>('recovery');
test.before.each((context) => {
	context.clock = takeClock();
});
test.after.each(({ clock }) => clock.leave());

/** A pipeline of `plan`, up, whose stages heed TERM within two milliseconds; what it says is in `said`. */
const begin = async (clock: Clock, plan: PipelinePlan, more: Partial<Surroundings> = {}) => {
	const world = invent({ obeys: () => 2, readyIn: () => -1 });
	const said: string[] = [];
	const note = (level: string, name: string) => (message: string) =>
		said.push(`${level} ${name}: ${message}`);
	const logOf = (name: string): Log => ({
		...QUIET,
		error: note('error', name),
		warn: note('warn', name),
		info: note('info', name),
	});
	let overs = 0;
	const onOver = () => {
		overs += 1;
	};
	const makePipes = more.makePipes ?? world.makePipesThat(() => {});
	const pipeline = makePipeline(plan, world, { logOf, onOver, ...more, makePipes });
	await pipeline.start();
	world.events.length = 0;
	const states = () => pipeline.report().stages.map(({ state }) => state);
	const die = async (name: string, code: number) => {
		world.live.get(`p/${name}`)!.die({ code });
		await clock.pass(0);
	};
	const alive = () =>
		[...world.live.keys()]
			.map((name) => name.slice(2))
			.sort()
			.join('');
	/** Let the stage die until the last of `times` deaths. */
	const dieOften = async (name: string, times: number) => {
		for (let count = 0; count < times; count++) {
			while (!world.live.has(`p/${name}`)) await clock.pass(1);
			await die(name, 1);
		}
	};
	return { ...world, pipeline, said, states, die, dieOften, alive, overs: () => overs };
};
const leave = async (clock: Clock, { pipeline }: { pipeline: { stop: () => Promise<void> } }) => {
	const stopping = pipeline.stop();
	await clock.pass(1000);
	await stopping;
};

test('best-effort: one that dies is started alone, on the pipes it had', async ({ clock }) => {
	const it = await begin(clock, planOf());
	await it.die('b', 1);
	assert.equal([it.states(), it.alive()], [['RUNNING', 'BACKOFF', 'RUNNING'], 'ac']);
	await clock.pass(5);
	assert.equal([it.alive(), it.events], ['abc', ['start p/b']]);
	await leave(clock, it);
});

test('at-least-once: one that dies takes all down at once, and all begin again on new pipes', async ({
	clock,
}) => {
	const it = await begin(clock, planOf({ delivery: 'at-least-once', delays: [100, 100] }));
	await it.die('b', 1);
	await clock.pass(2);
	assert.equal(it.events.sort(), ['SIGTERM p/a', 'SIGTERM p/c'], 'nobody is shown an end of its input');
	assert.equal([it.states(), it.alive()], [['STOPPED', 'BACKOFF', 'STOPPED'], '']);
	it.events.length = 0;
	await clock.pass(79);
	assert.equal(it.events, []);
	await clock.pass(50);
	assert.equal(it.events, ['pipes', 'start p/c', 'start p/b', 'start p/a']);
	assert.not(it.said.some((line) => line.includes('could be started')));
	await leave(clock, it);
});

test('at-least-once: what was stopped or started meanwhile is not brought back by the delay', async ({
	clock,
}) => {
	const it = await begin(clock, planOf({ delivery: 'at-least-once', delays: [100, 100] }));
	await it.die('b', 1);
	await clock.pass(2);
	await it.pipeline.start();
	it.events.length = 0;
	await clock.pass(500);
	assert.equal([it.events, it.alive()], [[], 'abc'], 'it was up already');
	await it.die('b', 1);
	await clock.pass(2);
	await it.pipeline.stop();
	await clock.pass(500);
	assert.equal([it.alive(), it.pipeline.report().trouble], ['', '']);
	assert.equal(it.states(), ['STOPPED', 'STOPPED', 'STOPPED']);
});

test('a death that is dealt with after a stop changes nothing', async ({ clock }) => {
	const it = await begin(clock, planOf({ delivery: 'at-least-once' }));
	const stopping = it.pipeline.stop('a');
	await it.die('b', 1);
	const all = it.pipeline.stop();
	await clock.pass(100);
	await Promise.all([stopping, all]);
	await clock.pass(100);
	assert.equal([it.alive(), it.states()], ['', ['STOPPED', 'STOPPED', 'STOPPED']]);
	assert.ok(it.events.includes('end of pipe 1'), 'what is left may drain');
});

test('what is beyond hope ends all in order, with its code', async ({ clock }) => {
	const it = await begin(clock, planOf());
	await it.die('b', 78);
	assert.equal([it.pipeline.over(), it.events], [undefined, ['end of pipe 1', 'SIGTERM p/a']]);
	it.live.get('p/c')!.die({ code: 0 });
	await clock.pass(10);
	assert.equal([it.pipeline.over(), it.overs(), it.alive()], [78, 1, '']);
	assert.equal(it.states(), ['STOPPED', 'FATAL', 'STOPPED']);
	assert.ok(it.said.includes('error p/b: exit code 78; not started again, the pipeline "p" stops'));
	await it.pipeline.start();
	assert.equal([it.pipeline.over(), it.alive()], [undefined, 'abc'], 'an operator may try it again');
	await leave(clock, it);
});

test('beyond hope after another death: it ends in order all the same', async ({ clock }) => {
	const it = await begin(clock, planOf({ delivery: 'at-least-once' }));
	const stopping = it.pipeline.stop('c');
	await it.die('a', 1);
	await it.die('b', 78);
	await clock.pass(100);
	await stopping;
	assert.equal([it.pipeline.over(), it.alive()], [78, '']);
	assert.ok(it.events.includes('end of pipe 0'));
});

test('done from the source on, one after the other: over with 0 once the last one is', async ({ clock }) => {
	const it = await begin(clock, planOf({ restart: 'on-failure' }));
	await it.die('a', 0);
	assert.equal([it.events, it.pipeline.over()], [['end of pipe 0'], undefined]);
	await it.die('b', 0);
	assert.equal([it.alive(), it.pipeline.over(), it.overs()], ['c', undefined, 0]);
	await it.die('c', 0);
	assert.equal([it.pipeline.over(), it.overs()], [0, 1]);
	assert.equal(it.states(), ['EXITED', 'EXITED', 'EXITED']);
	await clock.pass(1000);
	assert.is(it.overs(), 1);
});

test('done before its source: all end in order, with 0, and count as done', async ({ clock }) => {
	const it = await begin(clock, planOf({ restart: 'never' }));
	await it.die('b', 0);
	await clock.pass(100);
	assert.equal([it.pipeline.over(), it.overs(), it.states()], [0, 1, ['EXITED', 'EXITED', 'EXITED']]);
});

test('too many deaths restart the whole in turn, but for the one that died', async ({ clock }) => {
	const it = await begin(clock, planOf());
	await it.dieOften('b', 6);
	assert.match(it.said.at(-1)!, /^error p\/b: died too often; the pipeline "p" restarts whole, in \d ms$/);
	it.events.length = 0;
	await clock.pass(100);
	assert.equal(it.events, ['start p/b', 'SIGTERM p/a', 'start p/a', 'SIGTERM p/c', 'start p/c']);
	await leave(clock, it);
});

for (const delivery of ['best-effort', 'at-least-once'] as const) {
	test(`${delivery}: the third such restart makes it DEGRADED, at the longest delay, until it is well`, async ({
		clock,
	}) => {
		const it = await begin(clock, planOf({ delivery, delays: [1, 400] }));
		await it.dieOften('b', 18);
		await clock.pass(2);
		assert.is(it.states()[1], 'DEGRADED');
		assert.ok(it.said.some((line) => /DEGRADED, will be tried for ever, in [34]\d\d ms$/.test(line)));
		await clock.pass(300);
		assert.not(it.live.has('p/b'));
		await clock.pass(200);
		assert.ok(it.live.has('p/b'));
		assert.is(it.states()[1], 'DEGRADED', 'for people it still is');
		await clock.pass(LIMITS.healthy + 1);
		assert.is(it.states()[1], 'RUNNING');
		await it.dieOften('b', 6);
		assert.match(it.said.at(-1)!, /restarts whole/, 'the count of restarts began again');
		await clock.pass(1000);
		await leave(clock, it);
	});
}

test('what is to be DEGRADED gets its fallback, and nothing else is restarted', async ({ clock }) => {
	const plan = planOf({ delays: [1, 1], retry: 60_000 });
	plan.stages[1]!.fallback = ['other'];
	const it = await begin(clock, plan);
	// One that has held for long is there, and is not replaced for dying.
	for (let times = 0; times < 18; times++) {
		await clock.pass(LIMITS.holds + 10);
		await it.die('b', 1);
		if (times < 17) await clock.pass(20);
	}
	assert.equal([it.alive(), it.pipeline.report().stages[1]!.fallback], ['abc', true]);
	it.events.length = 0;
	await clock.pass(1000);
	assert.equal(it.events, []);
	await leave(clock, it);
});

test('the primary is tried again where its fallback runs, and nowhere else', async ({ clock }) => {
	const plan = planOf({ retry: 50 });
	plan.stages[1]!.fallback = ['other'];
	const onFallback = ({ pipeline }: { pipeline: Awaited<ReturnType<typeof begin>>['pipeline'] }) =>
		pipeline.report().stages[1]!.fallback;
	const it = await begin(clock, plan);
	await it.die('b', 69);
	assert.ok(onFallback(it));
	it.events.length = 0;
	await clock.pass(60);
	assert.equal([it.events, onFallback(it)], [['SIGTERM p/b', 'start p/b'], false]);
	// Meanwhile an operator holds it.
	await it.die('b', 69);
	await clock.pass(48);
	const other = it.pipeline.stop('c');
	const held = it.pipeline.stop('b');
	await clock.pass(100);
	await Promise.all([other, held]);
	assert.equal([it.alive(), onFallback(it)], ['a', true]);
	await leave(clock, it);
	// Meanwhile all is stopped, and started again.
	const again = await begin(clock, plan);
	await again.die('b', 69);
	await clock.pass(49);
	const slow = again.pipeline.stop('c');
	await clock.pass(1);
	const stopping = again.pipeline.stop();
	await clock.pass(100);
	await Promise.all([slow, stopping]);
	assert.is(again.alive(), '');
	const told = again.events.filter((event) => event.startsWith('SIGTERM'));
	assert.equal(told.slice(0, 2), ['SIGTERM p/c', 'SIGTERM p/a'], 'the source is the first to go');
	await clock.pass(1000);
	assert.is(again.alive(), '');
});

const NO_PIPES = () => {
	throw Object.assign(new Error('x'), { code: 'ENOSPC', path: '/tmp/x' });
};

test('without pipes all that nobody holds waits, for ever, and longer each time; then it says that it is up', async ({
	clock,
}) => {
	let lacking = true;
	const makePipes: Surroundings['makePipes'] = (count) => (lacking ? NO_PIPES() : make(count));
	const { makePipesThat } = invent({ obeys: () => 2, readyIn: () => -1 });
	const make = makePipesThat(() => {});
	const it = await begin(clock, planOf({ delays: [100, 400] }), { makePipes });
	const trouble = 'cannot be started (/tmp/x: no space left on the device)';
	assert.equal([it.states(), it.pipeline.report().trouble], [['BACKOFF', 'BACKOFF', 'BACKOFF'], trouble]);
	assert.match(it.said[0]!, /^error p: cannot be started .*; trying again in (8|9|10|11|12)\d ms$/);
	await clock.pass(2000);
	const waits = it.said.map((line) => Number(/in (\d+) ms$/.exec(line)![1]));
	assert.ok(waits[1]! > waits[0]! && waits[2]! > waits[1]! && waits.at(-1)! >= 320, waits.join());
	assert.is(it.pipeline.over(), undefined);
	lacking = false;
	await clock.pass(500);
	assert.equal([it.alive(), it.said.at(-1)], ['abc', 'info p: could be started']);
	assert.is(it.pipeline.report().trouble, '');
	await leave(clock, it);
	await it.pipeline.start();
	assert.is(it.said.filter((line) => line.includes('could be started')).length, 1);
	await leave(clock, it);
	lacking = true;
	await it.pipeline.start();
	assert.is(it.pipeline.report().trouble, trouble);
	const tries = it.said.length;
	await leave(clock, it);
	assert.equal([it.pipeline.report().trouble, it.said.length], ['', tries]);
});

test('without pipes, where the first failure ends all, that is the end', async ({ clock }) => {
	const it = await begin(clock, planOf(), { makePipes: NO_PIPES, failFast: true });
	assert.equal([it.pipeline.over(), it.states()], [69, ['STOPPED', 'STOPPED', 'STOPPED']]);
	await clock.pass(60_000);
	assert.is(it.said.length, 1);
});

test('what cannot be prepared is tried again as well', async ({ clock }) => {
	let isReady = false;
	const prepare = () => {
		if (!isReady) throw new Failure(69, 'not yet');
	};
	const it = await begin(clock, planOf(), { prepare });
	assert.is(it.pipeline.report().trouble, 'cannot be started (not yet)');
	isReady = true;
	await clock.pass(100);
	assert.is(it.alive(), 'abc');
	await leave(clock, it);
});

test('a fault of our own ends it with 70 and is said; nothing is tried any more', async ({ clock }) => {
	const { makePipesThat } = invent({ obeys: () => 2, readyIn: () => -1 });
	const make = makePipesThat(() => {});
	let closed = 0;
	const close = () => {
		closed += 1;
		// Once for each of the two when their readers go, then again when all are down.
		if (closed > 2) throw new TypeError('a bug');
	};
	const makePipes: Surroundings['makePipes'] = (count) => make(count).map((pipe) => ({ ...pipe, close }));
	const it = await begin(clock, planOf(), { makePipes });
	await it.die('a', 78);
	await clock.pass(100);
	assert.is(it.pipeline.over(), 70);
	assert.ok(
		it.said.some((line) => /^error p: stops: .*a bug/.test(line)),
		it.said.join('\n'),
	);
	assert.equal(it.states(), ['FATAL', 'FATAL', 'FATAL']);
});

test.run();
