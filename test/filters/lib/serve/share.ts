// How the cap on memory is divided, and that what has no room in the history has none in /metrics.

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { historyShare } from '../../../../filters/lib/serve/memory.ts';
import { createScrape } from '../../../../filters/lib/serve/scrape.ts';
import { gaugeOf } from '../../../data/measures.ts';

const test = suite('lib/serve: the share of the history');
const MIB = 1024 * 1024;

test('the history has what Node and its garbage leave of the cap', () => {
	assert.is(Math.floor(historyShare(256 * MIB, '--max-memory') / MIB), 118);
	assert.is(Math.floor(historyShare(1024 * MIB, '--max-memory') / MIB), 786);
	assert.ok(historyShare(128 * MIB, '--max-memory') > 6 * MIB);
	for (const size of [0, 64 * MIB, 128 * MIB - 1])
		assert.throws(() => historyShare(size, '--max-memory'), /--max-memory: \d+M is less than 128M/);
});

test('a series without room is left out of /metrics, and said; those that are there go on', () => {
	const leftOut: string[] = [];
	const scrape = createScrape({
		staleMs: 1e9,
		maxSeries: 100,
		isFull: (series) => series >= 2,
		figures: [],
		onLeftOut: (kind, metric, detail) => leftOut.push(`${kind} ${metric}: ${detail}`),
	});
	for (const metric of ['a', 'b', 'c']) scrape.take(gaugeOf(1, { metric }));
	scrape.take(gaugeOf(2, { metric: 'a' }));
	const { bytes } = scrape.answer({ headers: { accept: 'text/plain' } } as never);
	const text = String(bytes);
	assert.match(text, /^a\{host="web1"\} 2$/m);
	assert.match(text, /^b\{host="web1"\} 1$/m);
	assert.not.match(text, /^c\{/m);
	assert.match(text, /bpfpipe_notices_total\{host="web1",kind="max_series",metric="c"\} 1/);
	assert.equal(leftOut, [
		'max_series c: there is no room for more series, by --max-series or --max-memory; left out',
	]);
});

test.run();
