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
