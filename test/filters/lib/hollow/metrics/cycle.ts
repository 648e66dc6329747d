import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Cycle, createCycleReader, linesOf } from '../../../../../filters/lib/hollow/metrics/cycle.ts';
import type { AnyRecord } from '../../../../../filters/lib/record.ts';

const test = suite('cycle');

const CYCLE: Cycle = {
	version: '20251121000000000',
	dataset: 'd',
	wide: true,
	synthetic: false,
	states: [
		{
			source: 'a',
			timestamp: '1',
			aggregates: [['sum', 7]],
			metrics: [
				{ name: 'm', total: 7, unit: 'us', buckets: [[0, 1, 7]] },
				{ name: 'n', total: 0, unit: 'us', buckets: [] },
			],
		},
		{ source: 'b', timestamp: '2', aggregates: [], metrics: [] },
	],
};
const RECORDS = [...linesOf(CYCLE)].map((line) => JSON.parse(line) as AnyRecord);
const [METRIC, SECOND, STATE, , CLOSE] = [0, 1, 2, 3, 4];

/** What comes of some records: cycles, and what is said of those left out. */
const read = (records: AnyRecord[]) => {
	const faults: string[] = [];
	const reader = createCycleReader((what) => faults.push(what));
	const cycles = records.flatMap((record) => reader.take(record) ?? []);
	return { cycles, faults, isOpen: reader.isOpen() };
};
/** The cycle with one of its lines changed. */
const having = (at: number, changes: Record<string, unknown>) =>
	read(RECORDS.map((record, index) => (index === at ? { ...record, ...changes } : record)));

test('a cycle is what its lines say, one after the other', () => {
	assert.equal(read([...RECORDS, ...RECORDS]), { cycles: [CYCLE, CYCLE], faults: [], isOpen: false });
	assert.equal(read([{ type: 'gauge' }, ...RECORDS]).cycles, [CYCLE]);
});

test('between its first line and its last a cycle is open', () => {
	for (let lines = 0; lines <= RECORDS.length; lines++)
		assert.is(read(RECORDS.slice(0, lines)).isOpen, lines > 0 && lines < RECORDS.length, `${lines} lines`);
	assert.ok(read([{ type: 'hollow_metric' }]).isOpen, 'of a broken line too');
});

const odd = [undefined, null, -1, 1.5, 'x', {}, [], true];
const not = (...fine: unknown[]) => odd.filter((value) => !fine.includes(value));

for (const [line, at, fields] of [
	[
		'hollow_metric',
		METRIC,
		{
			source: not('x'),
			name: not('x'),
			total: not(-1, 1.5).filter((value) => value !== 'x'),
			unit: not('x'),
			buckets: [
				undefined,
				null,
				{},
				'x',
				[1],
				[[]],
				[[1, 2]],
				[[0, 1, null]],
				[['x', 1, 2]],
				[[0, 'x', 2]],
				[[0, 1, 2, 3]],
			],
		},
	],
	[
		'hollow_state',
		STATE,
		{
			source: not('x'),
			timestamp: not('x'),
			metrics: not(),
			aggregates: [undefined, null, 1, 'x', [], { a: 'x' }, { a: null }],
		},
	],
] as const)
	for (const [field, values] of Object.entries(fields))
		test(`${line}: what is no ${field} spoils the cycle`, () => {
			for (const value of values as unknown[]) {
				const { cycles, faults } = having(at, { [field]: value });
				assert.equal([cycles, faults.length], [[], 1], JSON.stringify(value));
				assert.match(faults[0]!, /^cycle 20251121000000000 is left out: /);
			}
		});

test('hollow_state: one without metrics has a source all the same', () => {
	for (const value of not('x')) assert.equal(having(3, { source: value }).cycles, [], JSON.stringify(value));
});

test('hollow_cycle: what it has to say', () => {
	for (const [field, values] of Object.entries({
		version: not(),
		dataset: not('x'),
		wide: not(true),
		synthetic: not(true),
	}))
		for (const value of values) {
			const { cycles, faults } = having(CLOSE!, { [field]: value });
			assert.equal(cycles, [], `${field} ${JSON.stringify(value)}`);
			assert.equal(faults, ['a hollow_cycle line is not what it should be; its cycle is left out']);
		}
});

test('a cycle of which something is missing or stands twice is left out, and says why', () => {
	const without = (...lines: number[]) => read(RECORDS.filter((_, at) => !lines.includes(at)));
	const twice = (at: number) =>
		read(RECORDS.flatMap((record, index) => (index === at ? [record, record] : record)));
	for (const [{ cycles, faults }, why] of [
		[without(METRIC!), 'the state of a has 1 of its 2 metrics'],
		[without(STATE!), 'the state of b has 2 of its 0 metrics'],
		[without(STATE!, 3), 'the state of a is missing'],
		[without(3), 'it has 1 of its 2 states'],
		[twice(SECOND!), 'the state of a has 3 of its 2 metrics'],
		[twice(3), 'the state of b stands twice in it'],
		[having(STATE!, { source: 'c' }), 'the state of c has 2 of its 2 metrics'],
		[having(SECOND!, { source: 'c' }), 'a line is missing: the state of a was not closed'],
		[having(SECOND!, { name: 'm' }), 'a has a metric twice'],
		[having(CLOSE!, { states: 3 }), 'it has 2 of its 3 states'],
	] as const)
		assert.equal([cycles, faults], [[], [`cycle 20251121000000000 is left out: ${why}`]]);
});

test('a broken cycle leaves nothing behind for the next one', () => {
	const broken = RECORDS.slice(1);
	assert.equal(read([...broken, ...RECORDS]).cycles, [CYCLE]);
});

test('property: any order and any loss of lines gives the cycle or nothing', () => {
	const lines = fc
		.subarray(RECORDS, { minLength: 0 })
		.chain((some) => fc.shuffledSubarray(some, { minLength: some.length }));
	fc.assert(
		fc.property(lines, (some) => {
			const { cycles } = read(some);
			for (const { states } of cycles) {
				assert.is(states.length, 2);
				assert.equal(states.find(({ source }) => source === 'a')?.metrics.length, 2);
			}
		}),
	);
});

test.run();
