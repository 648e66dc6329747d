// What operators ask of a pipeline, under a clock of our own, with invented processes: order, neighbours, and who is last.

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { PipelinePlan } from '../../../supervisor/plan/plan.ts';
import { type Clock, takeClock } from '../../harness/clock.ts';
import { invent, makePipeline, planOf } from '../../harness/invented.ts';

const test = suite<{ clock: Clock }>('operations');
test.before.each((context) => {
	context.clock = takeClock();
});
test.after.each(({ clock }) => clock.leave());

/** A pipeline of `plan`, not started; `slow`: what does not heed TERM. */
const make = (clock: Clock, plan: PipelinePlan = planOf(), slow = '') => {
	const world = invent({ obeys: (name) => (name === `p/${slow}` ? -1 : 2), readyIn: () => -1 });
	const pipeline = makePipeline(plan, { ...world, makePipes: world.makePipesThat(() => {}) });
	const states = () => pipeline.report().stages.map(({ state }) => state);
	const live = (name: string) => world.live.get(`p/${name}`)!;
	const alive = () =>
		[...world.live.keys()]
			.map((name) => name.slice(2))
			.sort()
			.join('');
	const events = () => world.events.splice(0);
	/** Do it, and let it have the time that it takes. */
	const act = async (work: Promise<void>, ms = 1100) => {
		await clock.pass(ms);
		await work;
	};
	const fault = async (work: Promise<void>) => {
		let found: { code: number; message: string } | undefined;
		const seen = work.catch((error) => {
			found = error;
		});
		await clock.pass(1100);
		await seen;
		return found && [found.code, found.message];
	};
	return { ...world, pipeline, states, live, alive, events, act, fault };
};

test('start: readers first, and what runs already is left alone', async ({ clock }) => {
	const {
		pipeline,
		events,
		act,
		pipeline: { over },
	} = make(clock);
	await act(pipeline.start());
	assert.equal(events(), ['pipes', 'start p/c', 'start p/b', 'start p/a']);
	await act(pipeline.start());
	assert.equal([events(), over()], [[], undefined]);
});

test('stop: source first, and each of the others gets the time to drain', async ({ clock }) => {
	const plan = planOf();
	for (const stage of plan.stages) stage.grace = 100;
	const { pipeline, events, act, live, states, alive } = make(clock, plan);
	await act(pipeline.start());
	events();
	const stopping = pipeline.stop();
	await clock.pass(2);
	assert.equal(events(), ['SIGTERM p/a', 'end of pipe 0']);
	assert.equal(states(), ['STOPPED', 'STOPPING', 'STOPPING']);
	live('b').die({ code: 0 });
	await clock.pass(99);
	assert.equal(events(), ['end of pipe 1'], 'it drains, and is not told to go');
	await clock.pass(10);
	assert.equal(events(), ['SIGTERM p/c'], 'its grace is over');
	await act(stopping);
	assert.equal([alive(), states()], ['', ['STOPPED', 'STOPPED', 'STOPPED']]);
});

test('one stage: stopped, its neighbours stay, and start of all brings it back', async ({ clock }) => {
	const { pipeline, events, act, states } = make(clock);
	await act(pipeline.start());
	events();
	await act(pipeline.stop('b'));
	assert.equal([events(), states()], [['SIGTERM p/b'], ['RUNNING', 'STOPPED', 'RUNNING']]);
	await act(pipeline.start('b'));
	assert.equal([events(), states()], [['start p/b'], ['RUNNING', 'RUNNING', 'RUNNING']]);
	await act(pipeline.start('b'));
	assert.equal(events(), []);
	await act(pipeline.stop('b'));
	events();
	await act(pipeline.start());
	assert.equal(events(), ['start p/b']);
	await act(pipeline.restart('c'));
	assert.equal(events(), ['SIGTERM p/c', 'start p/c']);
});

test('at-least-once: one stage that is started again takes all the others along, at once', async ({
	clock,
}) => {
	const plan = planOf({ delivery: 'at-least-once' });
	const { pipeline, events, act } = make(clock, plan);
	await act(pipeline.start());
	await act(pipeline.stop('b'));
	events();
	await act(pipeline.start('b'));
	assert.equal(events(), [
		...['SIGTERM p/a', 'SIGTERM p/c', 'pipes'],
		...['start p/c', 'start p/b', 'start p/a'],
	]);
	await act(pipeline.start());
	assert.equal(events(), [], 'nothing is missing');
	await act(pipeline.start('b'));
	assert.equal(events(), [], 'it runs');
	await act(pipeline.stop('c'));
	events();
	await act(pipeline.start());
	assert.equal(events(), [
		...['SIGTERM p/a', 'SIGTERM p/b', 'pipes'],
		...['start p/c', 'start p/b', 'start p/a'],
	]);
});

test('restart: best-effort in turn on the pipes it has, at-least-once all at once on new ones', async ({
	clock,
}) => {
	const it = make(clock);
	await it.act(it.pipeline.start());
	it.events();
	await it.act(it.pipeline.restart());
	assert.equal(
		it.events(),
		['a', 'b', 'c'].flatMap((name) => [`SIGTERM p/${name}`, `start p/${name}`]),
	);
	const fresh = make(clock, planOf({ delivery: 'at-least-once' }));
	await fresh.act(fresh.pipeline.start());
	fresh.events();
	await fresh.act(fresh.pipeline.restart());
	assert.equal(fresh.events(), [
		...['SIGTERM p/a', 'SIGTERM p/b', 'SIGTERM p/c', 'pipes'],
		...['start p/c', 'start p/b', 'start p/a'],
	]);
});

test('restart brings back what was held, and all afresh where one is done', async ({ clock }) => {
	const it = make(clock, planOf({ restart: 'on-failure' }));
	await it.act(it.pipeline.start());
	await it.act(it.pipeline.stop('b'));
	it.events();
	await it.act(it.pipeline.restart());
	assert.equal(it.states(), ['RUNNING', 'RUNNING', 'RUNNING']);
	it.live('a').die({ code: 0 });
	await clock.pass(0);
	assert.is(it.states()[0], 'EXITED');
	it.events();
	await it.act(it.pipeline.restart());
	assert.equal(it.states(), ['RUNNING', 'RUNNING', 'RUNNING']);
	assert.ok(it.events().includes('pipes'));
});

test('in turn: what is held stays down when another one restarts the whole', async ({ clock }) => {
	const it = make(clock, planOf());
	await it.act(it.pipeline.start());
	await it.act(it.pipeline.stop('a'));
	for (let times = 0; times < 6; times++) {
		it.live('b').die({ code: 1 });
		await clock.pass(times < 5 ? 6 : 0);
	}
	it.events();
	await clock.pass(100);
	assert.equal(it.events(), ['start p/b', 'SIGTERM p/c', 'start p/c']);
	assert.equal(it.states(), ['STOPPED', 'RUNNING', 'RUNNING']);
});

test('in turn, and one is done: it is passed by', async ({ clock }) => {
	const it = make(clock, planOf({ restart: 'on-failure', delays: [50, 50] }));
	await it.act(it.pipeline.start());
	for (let times = 0; times < 6; times++) {
		it.live('c').die({ code: 1 });
		await clock.pass(times < 5 ? 61 : 0);
	}
	it.live('a').die({ code: 0 });
	await clock.pass(0);
	it.events();
	await clock.pass(200);
	assert.equal(
		it.events(),
		['start p/c', 'SIGTERM p/b', 'end of pipe 1']
			.slice(0, 2)
			.concat(it.states()[1] === 'EXITED' ? ['end of pipe 1'] : ['start p/b']),
	);
	assert.is(it.states()[0], 'EXITED');
});

test('readiness: those before it wait, say for whom, and come once it is ready', async ({ clock }) => {
	const plan = planOf();
	plan.stages[1]!.ready = 500;
	const { pipeline, events, act, live, states } = make(clock, plan);
	const waits = () => pipeline.report().stages.map((stage) => stage.waits);
	await act(pipeline.start(), 10);
	assert.equal(events(), ['pipes', 'start p/c', 'start p/b']);
	assert.equal(
		[states(), waits()],
		[
			['STOPPED', 'STARTING', 'RUNNING'],
			['b', undefined, undefined],
		],
	);
	await act(pipeline.start(), 10);
	assert.equal(events(), [], 'start does not go past it');
	live('b').say();
	await clock.pass(0);
	assert.equal(events(), ['start p/a']);
	assert.equal(waits(), [undefined, undefined, undefined]);
	live('b').die({ code: 1 });
	await clock.pass(10);
	live('b').say();
	await clock.pass(10);
	assert.equal([events(), states()], [['start p/b'], ['RUNNING', 'RUNNING', 'RUNNING']]);
});

test('readiness: a restart in turn leaves those that wait to themselves', async ({ clock }) => {
	const plan = planOf();
	plan.stages[1]!.ready = 500;
	const { pipeline, events, act, live, states } = make(clock, plan);
	await act(pipeline.start(), 10);
	events();
	await act(pipeline.restart(), 50);
	assert.equal(events(), ['SIGTERM p/b', 'start p/b', 'SIGTERM p/c', 'start p/c']);
	live('b').say();
	await clock.pass(0);
	assert.equal([events(), states()], [['start p/a'], ['RUNNING', 'RUNNING', 'RUNNING']]);
});

test('readiness: what is held is passed by, and what is stopped while others wait brings nobody up', async ({
	clock,
}) => {
	const plan = planOf();
	plan.stages[2]!.ready = 500;
	const { pipeline, events, act, live, alive } = make(clock, plan);
	await act(pipeline.start(), 10);
	await act(pipeline.stop('b'), 10);
	events();
	live('c').say();
	await clock.pass(0);
	assert.equal(events(), ['start p/a']);
	await act(pipeline.restart('c'), 10);
	await act(pipeline.stop());
	await act(pipeline.start(), 10);
	const stopping = pipeline.stop();
	live('c').say();
	await act(stopping);
	assert.is(alive(), '');
});

test('start and stop at once: the last word counts', async ({ clock }) => {
	const it = make(clock);
	const words = [it.pipeline.start(), it.pipeline.stop()];
	await it.act(Promise.all(words).then(() => {}));
	assert.equal([it.alive(), it.events()], ['', []]);
	await it.act(it.pipeline.start());
	it.events();
	const others = [it.pipeline.stop(), it.pipeline.start()];
	await it.act(Promise.all(others).then(() => {}));
	assert.equal([it.alive(), it.events()], ['abc', []]);
	const more = [it.pipeline.restart(), it.pipeline.stop()];
	await it.act(Promise.all(more).then(() => {}));
	assert.is(it.alive(), '');
	const last = [it.pipeline.restart(), it.pipeline.stop()];
	await it.act(Promise.all(last).then(() => {}));
	assert.is(it.alive(), '');
});

test('a stop during a restart in turn: what is down stays down, and the rest drains in order', async ({
	clock,
}) => {
	const it = make(clock);
	await it.act(it.pipeline.start());
	it.events();
	const restarting = it.pipeline.restart();
	await clock.pass(1);
	const stopping = it.pipeline.stop();
	await it.act(Promise.all([restarting, stopping]).then(() => {}));
	assert.equal(it.events(), [
		...['SIGTERM p/a', 'end of pipe 0'],
		...['SIGTERM p/b', 'end of pipe 1', 'SIGTERM p/c'],
	]);
});

test('a stop of all forgets who was held', async ({ clock }) => {
	const it = make(clock);
	await it.act(it.pipeline.start());
	await it.act(it.pipeline.stop('b'));
	await it.act(it.pipeline.stop());
	await it.act(it.pipeline.start());
	assert.is(it.alive(), 'abc');
});

test('one stage of a pipeline that is down, over, or has got past it: refused, with what to do', async ({
	clock,
}) => {
	const it = make(clock, planOf({ restart: 'on-failure' }));
	const down = [69, 'p/b: the pipeline is not running; start or restart that'];
	for (const act of ['start', 'stop', 'restart'] as const)
		assert.equal(await it.fault(it.pipeline[act]('b')), down);
	await it.act(it.pipeline.start());
	assert.equal(await it.fault(it.pipeline.stop('x')), [64, '"p" has no stage "x"; it has a, b, c']);
	it.live('a').die({ code: 0 });
	await clock.pass(0);
	assert.equal(await it.fault(it.pipeline.start('a')), [
		69,
		'p/a: the pipeline has got past it; start or restart that',
	]);
	it.live('b').die({ code: 0 });
	await clock.pass(0);
	it.live('c').die({ code: 0 });
	await clock.pass(0);
	assert.equal(
		(await it.fault(it.pipeline.start('a')))![1],
		'p/a: the pipeline is not running; start or restart that',
	);
});

test('retired: down for good', async ({ clock }) => {
	const it = make(clock);
	await it.act(it.pipeline.start());
	await it.act(it.pipeline.retire());
	assert.is(it.alive(), '');
	const gone = [69, '"p" is no longer in the file, or was changed'];
	assert.equal(await it.fault(it.pipeline.start()), gone);
	assert.equal(await it.fault(it.pipeline.restart()), gone);
	assert.is(it.alive(), '');
});

test('a signal is for programs of ours that are there', async ({ clock }) => {
	const plan = planOf();
	plan.stages[1]!.command = ['foreign'];
	const it = make(clock, plan);
	it.pipeline.signal('SIGHUP');
	await it.act(it.pipeline.start());
	await it.act(it.pipeline.stop('c'));
	it.events();
	it.pipeline.signal('SIGHUP');
	assert.equal(it.events(), ['SIGHUP p/a']);
});

test('at-least-once: a cut pipe shows no end to whoever reads it', async ({ clock }) => {
	const it = make(clock, planOf({ delivery: 'at-least-once' }), 'c');
	await it.act(it.pipeline.start());
	it.events();
	await it.act(it.pipeline.restart());
	assert.not(it.events().some((event) => event.startsWith('end of pipe')));
	await it.act(it.pipeline.stop());
	assert.ok(it.events().includes('end of pipe 0'), 'a stop lets it drain');
});

test.run();
