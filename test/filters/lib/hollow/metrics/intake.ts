import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Cycle, linesOf } from '../../../../../filters/lib/hollow/metrics/cycle.ts';
import { createIntake } from '../../../../../filters/lib/hollow/metrics/intake.ts';
import { createThinning } from '../../../../../filters/lib/hollow/metrics/thinning.ts';
import { AHEAD, versionAt } from '../../../../../filters/lib/hollow/version.ts';
import { createLog } from '../../../../../filters/lib/log.ts';
import { cycleNumber, versionNumber } from '../../../../servers/receiver.ts';

const test = suite('intake');
const log = createLog({ name: 't', level: 'error', format: 'text', priorities: false, write: () => {} });

const open = (everyMs = 0) => {
	const events: string[] = [];
	const intake = createIntake({
		everyMs,
		bad: (what) => events.push(`bad: ${what}`),
		count: (name, by = 1) => events.push(`${name} ${by}`),
		log,
		take: ({ version }: Cycle) => void events.push(version),
		barrier: (position) => void events.push(JSON.stringify(position)),
	});
	const lines = async (list: string[]) => {
		for (const line of list) await intake.record(JSON.parse(line));
	};
	const pos = (at: number) => intake.control({ kind: 'pos', position: { at } });
	return { events, intake, lines, pos };
};

test('a barrier between cycles holds at once, one within a cycle when that is through', async () => {
	const { events, lines, pos } = open();
	const [first, ...rest] = [...linesOf(cycleNumber(1))];
	pos(0);
	await lines([first!]);
	pos(1);
	pos(2);
	assert.equal(events, ['{"at":0}']);
	await lines(rest);
	pos(3);
	assert.equal(events, ['{"at":0}', versionNumber(1), '{"at":2}', '{"at":3}']);
});

test('a name of a data set may have a thousand characters, and no more', async () => {
	const { events, lines } = open();
	for (const length of [1000, 1001])
		await lines([...linesOf({ ...cycleNumber(length), dataset: 'x'.repeat(length) })]);
	assert.is(events[0], versionNumber(1000));
	assert.match(events[1]!, /^bad: a data set has a name of at most 1000 characters, not 1001/);
	assert.is(events.length, 2);
});

test('a cycle that is left out holds no barrier up', async () => {
	const { events, lines, pos } = open();
	const [first, , ...rest] = [...linesOf(cycleNumber(1))];
	await lines([first!]);
	pos(1);
	await lines(rest);
	assert.match(events[0]!, /^bad: cycle .* is left out/);
	assert.is(events[1], '{"at":1}');
});

test('what is left out for coming too early is made up for at the end of input only', async () => {
	for (const how of ['eof', 'term'] as const) {
		const { events, intake, lines } = open(4000);
		for (const at of [1, 2, 4, 5, 6]) await lines([...linesOf(cycleNumber(at))]);
		await intake.end(how);
		const taken = events.filter((event) => /^\d{17}$/.test(event));
		assert.equal(taken, [1, 5, ...(how === 'eof' ? [6] : [])].map(versionNumber));
	}
});

test('a cycle of a time to come is left out, for no true one could follow it; a machine without a clock takes all', async () => {
	const { events, lines } = open();
	const ahead = (ms: number) => ({ ...cycleNumber(1), version: versionAt(Date.now() + ms) });
	const HOUR = 3_600_000;
	const near = ahead(23 * HOUR);
	const far = ahead(25 * HOUR);
	await lines([...linesOf(near), ...linesOf(far), ...linesOf({ ...far, version: '99999999999999999' })]);
	assert.equal(events, [
		near.version,
		`bad: cycle ${far.version} is left out: it ${AHEAD}`,
		'99999999999999999',
	]);
});

test('thinning lets everything pass at 0, and what is no time', () => {
	const all = createThinning(0);
	assert.ok([1, 1, 1].every((at) => all.take(cycleNumber(at))));
	const some = createThinning(60_000);
	const odd = { ...cycleNumber(1), version: '99999999999999999' };
	assert.ok(some.take(cycleNumber(1)) && some.take(odd) && some.take(odd));
	assert.is(some.last(), undefined);
});

test.run();
