import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createSeriesIndex } from '../../../../filters/lib/histogram/series-index.ts';
import { type AnyRecord, parseRecord } from '../../../../filters/lib/record.ts';

const test = suite('histogram: series-index');

const MOST = 20_000;
const lineOf = (series: number | string, { ts = 5, temporality = 'cumulative' } = {}): Buffer =>
	Buffer.from(
		`{"type":"histogram","ts":${ts},"host":"h","metric":"m","unit":"1","attributes":{"key":"${series}"},"temporality":"${temporality}","buckets":[[0,1,5]]}`,
	);
const record = (line: Buffer): AnyRecord => parseRecord(line.toString())!;

const created = () => {
	const index = createSeriesIndex<string>();
	const find = (line: Buffer) => index.find(line, 0, line.length);
	const learn = (line: Buffer, kept: string) => {
		find(line);
		index.learn(record(line), () => kept);
	};
	return { index, find, learn };
};

test('a series that was learnt is found by any of its lines, and no other is', () => {
	const { find, learn } = created();
	assert.is(find(lineOf('a')), undefined);
	learn(lineOf('a'), 'kept of a');
	assert.is(find(lineOf('a', { ts: 99 })), 'kept of a');
	assert.is(find(lineOf('b')), undefined);
	assert.is(find(lineOf('a', { temporality: 'delta' })), undefined);
});

test('what is kept can be made of what was kept before', () => {
	const { index, find, learn } = created();
	learn(lineOf('a'), 'one');
	find(lineOf('a', { ts: 6 }));
	index.learn(record(lineOf('a', { ts: 6 })), (before) => `${before} and more`);
	assert.is(find(lineOf('a')), 'one and more');
});

test('only cumulative histograms are learnt, and only as the line that was looked for last', () => {
	const { index, find, learn } = created();
	learn(lineOf('d', { temporality: 'delta' }), 'a delta');
	assert.is(find(lineOf('d', { temporality: 'delta' })), undefined);
	find(lineOf('a'));
	index.learn(record(lineOf('a', { ts: 7 })), () => 'another line');
	index.learn({ ...record(lineOf('a')), type: 'sum' }, () => 'another type');
	assert.is(find(lineOf('a')), undefined);
	find(Buffer.from('{"type":"histogram" }'));
	index.learn(record(lineOf('a')), () => 'after a line in another form');
	assert.is(find(lineOf('a')), undefined);
});

test('a stream whose series never come again does not fill the memory', () => {
	const { find, learn } = created();
	for (let series = 0; series < MOST; series++) learn(lineOf(series), 'kept');
	assert.is(find(lineOf(0)), 'kept');
	learn(lineOf(0), 'kept anew');
	assert.is(find(lineOf(1)), 'kept', 'one that is known makes nothing be forgotten');
	learn(lineOf('one more'), 'kept');
	assert.is(find(lineOf(0)), undefined);
	assert.is(find(lineOf('one more')), 'kept');
});

test.run();
