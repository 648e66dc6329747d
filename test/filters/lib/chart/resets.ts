import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Chart, Look } from '../../../../filters/lib/chart/chart.ts';
import { svgOf } from '../../../../filters/lib/chart/picture.ts';
import { resetLabel, resetsIn, resetWords } from '../../../../filters/lib/chart/resets.ts';
import { histogramChart } from '../../../data/chart.ts';
import { noticeOf } from '../../../data/measures.ts';

const test = suite('lib/chart: resets');
const LOOK: Look = { theme: 'light', offset: 0, width: 1200, isShare: false, hasPercentiles: false };

const chart = histogramChart(20);
/** The time of a record that counts a part of a column. */
const at = (column: number, part = 0.2): number => chart.from + (column + part) * chart.step;
const reset = (ts: number, more = {}) => noticeOf('reset', { ts, count: 1, ...more });
const withNotices = (...notices: Chart['notices']): Chart => ({ ...chart, notices });

test('they stand in the column in which they came; of several the first is told, and all are counted', () => {
	const found = resetsIn(
		withNotices(
			reset(at(7, 0.5), { attributes: { comm: 'late' } }),
			reset(at(7), { attributes: { comm: 'a' }, count: 3 }),
			reset(at(2)),
			reset(at(20)),
			reset(at(0, 0)),
			reset(at(19, 1)),
			noticeOf('lost_events', { ts: at(4) }),
		),
	);
	assert.equal(
		found.map((one) => [one.at, one.count, one.first.attributes?.comm]),
		[
			[2, 1, undefined],
			[7, 4, 'a'],
			// The end of a column is its own.
			[19, 1, undefined],
		],
	);
	assert.equal(found.map(resetLabel), ['\u21ba reset', '\u21ba 4 resets', '\u21ba reset']);
});

test('its words say which, when and how it was seen; what is hostile in them can be seen', () => {
	const ts = Date.UTC(2026, 0, 2, 3, 4, 5);
	const first = reset(ts, { attributes: { comm: 'x\u202e' }, detail: '9 fell to 3; a gap is left' });
	const words = resetWords({ at: 0, count: 1, first }, 0);
	assert.match(words, /^03:04:05 web1, comm=x.*: 9 fell to 3; a gap is left$/);
	assert.not.match(words, /\u202e/);
	assert.match(resetWords({ at: 0, count: 60, first }, 0), /^60 counters began again, the first 03:04:05 /);
	const long = resetWords({ at: 0, count: 1, first: reset(ts, { detail: 'x'.repeat(1e6) }) }, 0);
	assert.ok(long.length < 400);
});

test('a picture has a line through the column, in every part of it, with words where there is room', () => {
	const lines = (svg: string) => svg.match(/stroke-dasharray="3 3"/g)?.length ?? 0;
	assert.is(lines(svgOf(chart, LOOK)), 0);
	const one = svgOf(withNotices(reset(at(7))), LOOK);
	assert.is(lines(one), 2);
	assert.match(one, />\u21ba reset</);
	const sum: Chart = {
		...withNotices(reset(at(7))),
		type: 'sum',
		rows: [],
		columns: chart.columns.map(() => [1, 2]),
	};
	assert.is(lines(svgOf(sum, LOOK)), 1);
	// At the right edge and beside another there is none.
	const crowded = svgOf(withNotices(reset(at(7)), reset(at(8)), reset(at(19))), LOOK);
	assert.is(lines(crowded), 6);
	assert.is(crowded.match(/\u21ba reset/g)!.length, 2);
});

test.run();
