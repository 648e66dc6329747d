// The pipeline as a model: invented processes that die and obey at random, and what may never happen to them.

import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { statusOf } from '../../../supervisor/health/status.ts';
import type { PipelinePlan } from '../../../supervisor/plan/plan.ts';
import { invent as inventWith, makePipeline, planOf } from '../../harness/invented.ts';
import { until } from '../../harness/supervised.ts';

const test = suite('pipeline');
const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
/** In milliseconds, how long a stage takes to heed TERM, and to say that it is ready. */
const invent = (obeys: (name: string) => number, readyIn: () => number = () => 1) =>
	inventWith({ obeys, readyIn });
const make = makePipeline;

type Step = { what: 'start' | 'stop' | 'restart' | 'die'; stage: string; code: number; wait: number };
const steps = fc.array(
	fc.record({
		what: fc.constantFrom<Step['what']>('start', 'stop', 'restart', 'die', 'die', 'die'),
		stage: fc.constantFrom('', 'a', 'b', 'c'),
		code: fc.constantFrom(0, 1, 69, 75, 78, 137),
		wait: fc.integer({ min: 0, max: 6 }),
	}),
	{ maxLength: 40 },
);
const plans = fc
	.record({
		delivery: fc.constantFrom<PipelinePlan['delivery']>('best-effort', 'at-least-once'),
		restart: fc.constantFrom<PipelinePlan['restart']>('always', 'on-failure', 'never'),
		withFallback: fc.boolean(),
		announces: fc.constantFrom('', '', 'a', 'b', 'c'),
	})
	.map(({ withFallback, announces, ...rest }) => {
		const plan = planOf(rest);
		for (const stage of plan.stages) if (stage.name === announces) stage.ready = 4;
		if (withFallback) plan.stages[1]!.fallback = ['other'];
		return plan;
	});

test('whatever dies and whoever asks for what: never two processes for a stage, and stop ends them all', async () => {
	await fc.assert(
		fc.asyncProperty(plans, steps, async (plan, list) => {
			const isReadyIn = [1, 7, 2, 6];
			const world = invent(
				(name) => (name.endsWith('c') ? 8 : 1),
				() => isReadyIn[world.live.size] ?? 0,
			);
			const pipeline = make(plan, world);
			const asked: Promise<unknown>[] = [pipeline.start()];
			for (const { what, stage, code, wait } of list) {
				if (what === 'die') world.live.get(`p/${stage}`)?.die({ code });
				else asked.push(pipeline[what](stage || undefined).catch(() => {}));
				if (wait > 0) await sleep(wait - 1);
			}
			await pipeline.stop();
			await Promise.all(asked);
			await pipeline.stop();
			await sleep(12);
			assert.equal(world.faults, []);
			assert.is(world.live.size, 0, 'something lives after stop');
			isReadyIn.length = 0;
			await pipeline.restart();
			if (plan.stages.some(({ ready }) => ready)) await sleep(60);
			assert.is(world.live.size, 3, 'restart brings all of them up');
			await pipeline.stop();
			assert.equal(world.faults, []);
		}),
		{ numRuns: 120 },
	);
});

test('a stage that was started before its turn, and is done, is not started again when its turn comes', async () => {
	const world = invent(
		() => 1,
		() => 30,
	);
	const plan = planOf({ restart: 'never' });
	plan.stages[1]!.ready = 60_000;
	const pipeline = make(plan, world);
	const started = pipeline.start();
	await pipeline.start('a');
	assert.ok(world.live.has('p/a') && world.live.has('p/b'));
	world.live.get('p/a')!.die({ code: 0 });
	await sleep(60);
	assert.not(world.live.has('p/a'));
	assert.equal(world.faults, []);
	await pipeline.stop();
	await started;
});

test('a stage that dies while its pipeline ends, because one behind it is done, has no fallback any more', async () => {
	const world = invent(() => 1);
	const plan = planOf({ restart: 'never' });
	plan.stages[1]!.fallback = ['other'];
	const pipeline = make(plan, world);
	await pipeline.start();
	world.live.get('p/c')!.die({ code: 0 });
	world.live.get('p/b')!.die({ code: 69 });
	await sleep(60);
	assert.equal([world.faults, world.live.size], [[], 0]);
	await pipeline.stop();
});

const dieOften = async (world: ReturnType<typeof invent>, name: string, times: number, code = 1) => {
	for (let i = 0; i < times; i++) {
		for (let waited = 0; !world.live.has(name) && waited < 500; waited++) await sleep(1);
		world.live.get(name)!.die({ code });
		await sleep(1);
	}
};

for (const delivery of ['best-effort', 'at-least-once'] as const) {
	test(`${delivery}: dying for ever becomes DEGRADED, is tried for ever, and says so`, async () => {
		const world = invent(() => 1);
		const pipeline = make(planOf({ delivery }), world);
		await pipeline.start();
		await dieOften(world, 'p/b', 25);
		await sleep(10);
		assert.is(statusOf(pipeline.report()).state, 'DEGRADED');
		assert.is(pipeline.over(), undefined);
		await dieOften(world, 'p/b', 3);
		await sleep(20);
		assert.ok(world.live.has('p/b'), 'it is up again');
		assert.is(statusOf(pipeline.report()).state, 'DEGRADED', 'until it has run well for long');
		await pipeline.stop();
		assert.is(world.live.size, 0);
	});
}

test('best-effort: a whole restart takes one stage at a time, so that each has its neighbours to drain to', async () => {
	const world = invent(() => 2);
	const pipeline = make(planOf(), world);
	await pipeline.start();
	const first = ['a', 'c'].map((name) => world.live.get(`p/${name}`)!.pid);
	let fewest = 3;
	const timer = setInterval(() => {
		fewest = Math.min(fewest, world.live.size);
	}, 0);
	await dieOften(world, 'p/b', 6);
	await sleep(40);
	clearInterval(timer);
	assert.ok(['a', 'c'].every((name, i) => world.live.get(`p/${name}`)!.pid !== first[i]));
	assert.ok(fewest >= 2, `${fewest} alive at once`);
	await pipeline.stop();
});

test('a stage that dies while the pipeline goes down is not started again', async () => {
	const world = invent(() => 3);
	const pipeline = make(planOf(), world);
	await pipeline.start();
	const stopping = pipeline.stop();
	await sleep(1);
	world.live.get('p/c')?.die({ code: 1 });
	await stopping;
	await sleep(15);
	assert.is(world.live.size, 0);
});

test('a sink that is done before its source ends the pipeline, with 0, and does not hang', async () => {
	const world = invent(() => 1);
	let over = false;
	const pipeline = make(planOf({ restart: 'never' }), world, {
		onOver: () => {
			over = true;
		},
	});
	await pipeline.start();
	world.live.get('p/c')!.die({ code: 0 });
	await sleep(50);
	assert.ok(over);
	assert.is(pipeline.over(), 0);
	assert.is(world.live.size, 0);
	assert.is(statusOf(pipeline.report()).state, 'EXITED');
});

test('a degraded stage with a fallback gets it, and stop during the retry leaves nothing', async () => {
	const world = invent(() => 2);
	const plan = planOf();
	plan.stages[1]!.fallback = ['other'];
	const pipeline = make(plan, world);
	await pipeline.start();
	await dieOften(world, 'p/b', 1, 69);
	assert.ok(statusOf(pipeline.report()).stages[1]!.fallback);
	await sleep(6);
	await pipeline.stop();
	await sleep(20);
	assert.is(world.live.size, 0);
});

test('a fallback that gets done while its retry waits for an operation is done: nothing is put on its closed pipes', async () => {
	const world = invent((name) => (name.endsWith('c') ? 20 : 1));
	const plan = planOf({ restart: 'on-failure' });
	plan.stages[1]!.fallback = ['other'];
	plan.stages[2]!.grace = 1000;
	const pipeline = make(plan, world);
	await pipeline.start();
	await dieOften(world, 'p/b', 1, 69);
	world.live.get('p/a')!.die({ code: 0 });
	const stopping = pipeline.stop('c');
	await sleep(10);
	world.live.get('p/b')!.die({ code: 0 });
	await stopping;
	await sleep(5);
	assert.equal([[...world.live.keys()], world.faults], [[], []]);
	assert.is(pipeline.report().stages[1]!.state, 'EXITED');
	await pipeline.stop();
});

test('what cannot be started for want of pipes is tried for ever, says why, and is well once there are some', async () => {
	for (const delivery of ['best-effort', 'at-least-once'] as const) {
		const world = invent(() => 1);
		let lacking = false;
		const makePipes: typeof world.makePipes = (count) => {
			if (lacking) throw Object.assign(new Error('x'), { code: 'ENOSPC', path: '/tmp/bpfpipe-1' });
			return world.makePipes(count);
		};
		let over = false;
		const onOver = () => {
			over = true;
		};
		const pipeline = make(planOf({ delivery, restart: 'never' }), world, { makePipes, onOver });
		lacking = true;
		await pipeline.start();
		await sleep(30);
		const { state, why, well, stages } = statusOf(pipeline.report());
		assert.is(state, 'BACKOFF');
		assert.is(why, 'cannot be started (/tmp/bpfpipe-1: no space left on the device)');
		assert.not(well);
		assert.ok(stages.every((stage) => stage.state === 'BACKOFF'));
		assert.not(over);
		lacking = false;
		await until('all of them', () => world.live.size === 3);
		assert.ok(statusOf(pipeline.report()).well);
		lacking = true;
		await pipeline.restart();
		if (delivery === 'at-least-once')
			await until('the trouble', () => /cannot be started/.test(statusOf(pipeline.report()).why));
		await pipeline.stop();
		assert.is(statusOf(pipeline.report()).state, 'STOPPED');
		assert.match(statusOf(pipeline.report()).why, /^a is STOPPED for 0s$/);
		await sleep(20);
		assert.is(world.live.size, 0);
		assert.equal(world.faults, []);
	}
});

test('a restart in turn, and meanwhile one is done and ends all: nothing is started on closed pipes', async () => {
	for (let round = 0; round < 30; round++) {
		const plan = planOf({ restart: 'never' });
		plan.stages[1]!.ready = 4;
		const isReadyIn = [1, 7, 2];
		const world = invent(
			(name) => (name.endsWith('c') ? 8 : 1),
			() => isReadyIn[world.live.size] ?? 0,
		);
		const pipeline = make(plan, world);
		await pipeline.start();
		await sleep(5);
		const asked = pipeline.restart().catch(() => {});
		await sleep(round % 3);
		await pipeline.stop();
		await asked;
		await sleep(15);
		assert.equal([world.faults, world.live.size], [[], 0]);
	}
});

test('one that was retired is not started again, by whoever still holds it', async () => {
	const world = invent(() => 3);
	const pipeline = make(planOf(), world);
	await pipeline.start();
	const retired = pipeline.retire();
	for (const act of ['start', 'restart'] as const) {
		const error = await pipeline[act]().then(
			() => undefined,
			(one) => one,
		);
		assert.match(error.message, /"p" is no longer in the file, or was changed/);
	}
	await retired;
	await sleep(20);
	assert.is(world.live.size, 0);
});

test.run();
