import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { firstRecordSince, timeOfLine } from '../../../../filters/lib/logs/record-time.ts';

const test = suite('logs/record-time');
const timeOf = (line: string) => {
	const bytes = Buffer.from(line);
	return timeOfLine(bytes, 0, bytes.length);
};

test('the time of a record, however it is spelled; of anything else none', () => {
	const cases: [string, number | undefined][] = [
		['{"type":"gauge","ts":1763712000000,"host":"a"}', 1763712000000],
		['{"type":"gauge","ts":12}', 12],
		['{"ts":12,"type":"gauge"}', 12],
		['{ "type": "gauge", "ts": 12 }', 12],
		['{"type":"gauge","attributes":{"ts":7},"ts":12}', 12],
		['{"type":"gauge","attributes":{"ts":7}}', undefined],
		['{"type":"gauge","ts":"12"}', undefined],
		['{"type":"gauge","ts":null}', undefined],
		['{"type":"gauge","ts":12.5}', 12.5],
		['{"type":"gauge","ts":1e999}', undefined],
		['{"type":"gauge","ts":12', undefined],
		['{"ts":12}', undefined],
		['#!ts 12', undefined],
		['', undefined],
	];
	for (const [line, time] of cases) assert.is(timeOf(line), time, line);
});

test('nothing is read beyond the line', () => {
	const bytes = Buffer.from('x\n{"type":"g"}\n{"type":"g","ts":5}\n');
	assert.is(timeOfLine(bytes, 2, 14), undefined);
	assert.is(timeOfLine(bytes, 15, 34), 5);
});

test('property: a record of ours is read as JSON.parse reads it', () => {
	const record = fc.record({
		type: fc.constantFrom('gauge', 'sum', 'a_b-1'),
		ts: fc.integer({ min: 0, max: 2 ** 53 - 1 }),
		host: fc.string(),
	});
	fc.assert(fc.property(record, (one) => assert.is(timeOf(JSON.stringify(one)), one.ts)));
});

test('the first record of a run that is young enough', () => {
	const run = Buffer.from('odd\n{"type":"g","ts":1}\n{"type":"g","ts":3}\n{"type":"g","ts":2}\n');
	assert.equal(firstRecordSince(run, 2), { at: 24, hasTimes: true });
	assert.equal(firstRecordSince(run, 4), { at: undefined, hasTimes: true });
	assert.equal(firstRecordSince(Buffer.from('odd\n'), 0), { at: undefined, hasTimes: false });
	assert.equal(firstRecordSince(Buffer.alloc(0), 0), { at: undefined, hasTimes: false });
	// A writer that never had anything to say.
	assert.equal(firstRecordSince(Buffer.from('#!ts 5\n\n'), 0), { at: undefined, hasTimes: true });
	// Half a line may become another time.
	assert.equal(firstRecordSince(Buffer.from('{"type":"g","ts":1}'), 0), { at: undefined, hasTimes: false });
});

test.run();
