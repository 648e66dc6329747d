import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createWaitReport } from '../../../../filters/lib/flow/waiting.ts';
import { createBatches } from '../../../../filters/lib/graphite/batches.ts';
import { createPacing } from '../../../../filters/lib/graphite/pacing.ts';

const linesOf = (bytes: Buffer) => bytes.toString().split('\n').slice(0, -1);
const test = suite('batches');

test('every point once, each series in order, and no number promised too early', () => {
	const push = fc.record({
		path: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
		wait: fc.nat(3000),
		take: fc.boolean(),
	});
	fc.assert(
		fc.property(fc.array(push, { maxLength: 60 }), fc.integer({ min: 1, max: 10 }), (pushes, most) => {
			const pacing = createPacing({ perMinute: 30, burst: 1, known: [] });
			const batches = createBatches({ protocol: 'text', most, pacing });
			const out: string[] = [];
			const gone = new Set<number>();
			let now = 0;
			const gather = () => {
				for (let batch = batches.gather(now); batch; batch = batches.gather(now)) {
					for (const line of linesOf(batch.bytes)) {
						out.push(line);
						gone.add(Number(line.split(' ')[1]));
						assert.ok(batch.low <= Number(line.split(' ')[1]));
					}
				}
				const oldest = batches.oldest()?.seq ?? batches.next();
				for (let seq = 0; seq < oldest; seq += 1) assert.ok(gone.has(seq), `${seq} was promised`);
				assert.is(gone.size + batches.size(), batches.next());
			};
			pushes.forEach(({ path, wait, take }, seq) => {
				batches.push(`${path} ${seq} 1`, now);
				now += wait;
				if (take) gather();
			});
			for (let more = 0; more < 20; more += 1) {
				now += 2000;
				gather();
			}
			for (const path of ['a', 'b', 'c', 'd', 'e']) {
				const want = pushes.flatMap((one, seq) => (one.path === path ? [`${path} ${seq} 1`] : []));
				assert.equal(
					out.filter((line) => line.startsWith(path)),
					want,
				);
			}
		}),
		{ numRuns: 300 },
	);
});

test('a series that waited long does not make a frame that carbon refuses', () => {
	const pacing = createPacing({ perMinute: 60, burst: 1, known: [] });
	const batches = createBatches({ protocol: 'pickle', most: 1e6, pacing });
	const path = Array(15).fill('x'.repeat(200)).join('.');
	batches.push('first 1 1', 0);
	for (let at = 0; at < 1000; at += 1) batches.push(`${path} ${at} 1`, 0);
	let points = 0;
	batches.gather(0);
	for (let batch = batches.gather(5000); batch; batch = batches.gather(5000)) {
		assert.ok(batch.bytes.length < 1024 * 1024);
		points += batch.points;
	}
	assert.is(points, 1000);
});

/** What is gathered at `now`: the lines, the series that begin with them, and the lowest number. */
const gathered = (batches: ReturnType<typeof createBatches>, now: number) => {
	const batch = batches.gather(now);
	return batch && [linesOf(batch.bytes).join(), batch.fresh.join(), batch.low, batch.points];
};

test('each series that begins is named once, and with it goes all of it that waited', () => {
	const pacing = createPacing({ perMinute: 60, burst: 2, known: ['old'] });
	const batches = createBatches({ protocol: 'text', most: 10, pacing });
	for (const [at, path] of ['a', 'c', 'b', 'd', 'b', 'd', 'old', 'a'].entries())
		batches.push(`${path} ${at} 1`, at);
	assert.equal(gathered(batches, 0), ['a 0 1,c 1 1,old 6 1,a 7 1', 'a,c', 0, 4]);
	assert.equal([batches.sizes(), batches.size(), batches.next()], [{ queued: 0, paced: 4 }, 4, 8]);
	assert.equal(batches.oldest(), { text: 'b 2 1', seq: 2, at: 2 });
	assert.is(gathered(batches, 999), undefined);
	batches.push('old 8 1', 0);
	// Two may begin now: the second waits until all of the first has gone.
	assert.equal(gathered(batches, 2000), ['b 2 1,b 4 1,d 3 1,d 5 1,old 8 1', 'b,d', 2, 5]);
	assert.equal([batches.size(), batches.oldest()], [0, undefined]);
});

test('no more wait for their series than may, and the rest stays where it is', () => {
	const pacing = createPacing({ perMinute: 60, burst: 1, known: ['old'] });
	const batches = createBatches({ protocol: 'text', most: 2, pacing });
	for (const [at, path] of ['a', 'b', 'c', 'old', 'd'].entries()) batches.push(`${path} ${at} 1`, at);
	assert.equal(gathered(batches, 0), ['a 0 1', 'a', 0, 1]);
	assert.equal(batches.sizes(), { queued: 2, paced: 2 });
	assert.equal(gathered(batches, 1000), ['b 1 1,old 3 1', 'b', 1, 2]);
	assert.equal(batches.sizes(), { queued: 0, paced: 2 });
});

test('the oldest is given up: first of what waits for its series, then of the queue', () => {
	for (const paced of [true, false]) {
		const pacing = paced ? createPacing({ perMinute: 1, burst: 1, known: [] }) : undefined;
		const batches = createBatches({ protocol: 'text', most: 1, pacing });
		for (const [at, path] of ['a', 'b', 'c', 'd'].entries()) batches.push(`${path} ${at} 1`, at);
		if (paced) assert.equal(gathered(batches, 0), ['a 0 1', 'a', 0, 1]);
		else batches.dropOldest();
		for (const seq of [1, 2, 3]) {
			assert.is(batches.oldest()?.seq, seq);
			batches.dropOldest();
		}
		assert.equal([batches.size(), batches.oldest(), batches.next()], [0, undefined, 4]);
	}
});

test('a batch ends at a thousand points, or behind the point that fills 64 KiB', () => {
	const batches = createBatches({ protocol: 'text', most: 1 });
	for (let at = 0; at < 1001; at += 1) batches.push(`a ${at} 1`, 0);
	assert.equal([batches.gather(0)?.points, batches.gather(0)?.points], [1000, 1]);
	// With its newline a line of these takes 1024 bytes.
	for (let at = 0; at < 65; at += 1) batches.push('x'.repeat(1023), 0);
	assert.equal([batches.gather(0)?.points, batches.gather(0)?.points], [64, 1]);
	for (let at = 0; at < 66; at += 1) batches.push('x'.repeat(1022), 0);
	assert.equal([batches.gather(0)?.points, batches.gather(0)?.points], [65, 1]);
});

const waiting = suite('waiting');

waiting('said once a minute from the first minute on, and when it is over', () => {
	const said: string[] = [];
	const say = (text: string) => said.push(text);
	const log = { error: say, warn: say, info: say, debug: say, settle: () => {} };
	const counters = new Map<string, number>();
	const count = (name: string, by = 1) => counters.set(name, (counters.get(name) ?? 0) + by);
	const report = createWaitReport({ what: 'points', everyMs: 60_000, log, count });
	for (let now = 0; now <= 150_000; now += 250) report(7, 0, now);
	assert.equal(said, ['7 points wait, the oldest for 60 s', '7 points wait, the oldest for 120 s']);
	assert.is(counters.get('oldest_waits_s'), 150);
	for (let now = 150_000; now < 151_000; now += 250) report(0, now, now);
	assert.is(said.at(-1), 'nothing waits any more');
	assert.is(said.length, 3);
	assert.is(counters.get('waiting'), 0);
});

test.run();
waiting.run();
