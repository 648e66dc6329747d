import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createPatience, retryAfter } from '../../../../filters/lib/net/patience.ts';
import { keptLog } from '../../../data/published.ts';

const test = suite('patience');

test('Retry-After: seconds or a date, never more than five minutes', () => {
	const now = Date.UTC(2025, 0, 1);
	assert.equal(
		[
			undefined,
			'',
			'x',
			'-5',
			'7',
			'0',
			'86400',
			new Date(now + 9000).toUTCString(),
			new Date(now - 9000).toUTCString(),
		].map((header) => retryAfter(header, now)),
		[0, 0, 0, 0, 7000, 0, 300_000, 9000, 0],
	);
});

test('waits double up to the longest, begin anew, and last as long as the server asks', async () => {
	const { log } = keptLog();
	const counters: Record<string, number> = {};
	const count = (name: string, by = 1) => {
		counters[name] = (counters[name] ?? 0) + by;
	};
	const patience = createPatience({ name: 'http://x', retryMaxMs: 20, log, count });
	const signal = new AbortController().signal;
	const took = async (least: number) => {
		const from = performance.now();
		await patience.pause(least, signal);
		return performance.now() - from;
	};
	// The first of 200 ms is above the longest.
	assert.ok((await took(0)) >= 15);
	assert.ok((await took(60)) >= 59);
	patience.renew();
	assert.ok((await took(0)) >= 15);
	assert.equal(counters, { retries: 3 });
	const abort = new AbortController();
	const waiting = patience.pause(60_000, abort.signal);
	abort.abort(new Error('over'));
	assert.instance(await waiting.catch((error) => error), Error);
});

test('a change is said, and that it is well again', () => {
	const { log, lines } = keptLog();
	const patience = createPatience({ name: 'http://x', retryMaxMs: 1, log, count: () => {} });
	assert.is(patience.condition(), 'well');
	patience.tell('well', '');
	patience.tell('away', '503: busy');
	assert.is(patience.condition(), 'away');
	patience.tell('blocked', '401: who?');
	patience.tell('well', '');
	assert.is(lines.length, 3);
	assert.match(
		lines.join('\n'),
		/503: busy; trying again[\s\S]*401: who\?; tried again until[\s\S]*answers again/,
	);
});

test.run();
