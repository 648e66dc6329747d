import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createWaitReport } from '../../../../filters/lib/flow/waiting.ts';
import type { Log } from '../../../../filters/lib/log.ts';

const test = suite('flow: waiting');

const created = () => {
	const said: string[] = [];
	const counters: Record<string, number> = {};
	const likes = new Set<string>();
	const say = (level: string) => (text: string, _fields?: unknown, like?: string) => {
		said.push(`${level} ${text}`);
		assert.not(likes.has(like!), `${like} is said twice and would be taken for a repeat`);
		likes.add(like!);
	};
	const log = { warn: say('warn'), info: say('info') } as unknown as Log;
	const count = (name: string, by = 1) => {
		counters[name] = (counters[name] ?? 0) + by;
	};
	return { said, counters, report: createWaitReport({ what: 'points', everyMs: 60_000, log, count }) };
};

test('what waits is counted as it is now, up and down', () => {
	const { said, counters, report } = created();
	report(5, 1000, 3400);
	assert.equal(counters, { waiting: 5, oldest_waits_s: 2 });
	report(2, 3000, 4000);
	assert.equal(counters, { waiting: 2, oldest_waits_s: 1 });
	report(0, 5000, 5000);
	assert.equal(counters, { waiting: 0, oldest_waits_s: 0 });
	assert.equal(said, []);
});

test('from a minute on it is said once a minute, and once when it is over', () => {
	const { said, report } = created();
	report(1, 0, 59_999);
	assert.equal(said, []);
	report(1, 0, 60_000);
	report(2, 0, 119_999);
	report(3, 0, 120_000);
	report(1, 119_000, 121_000);
	report(0, 122_000, 122_000);
	report(0, 123_000, 123_000);
	assert.equal(said, [
		'warn 1 points wait, the oldest for 60 s',
		'warn 3 points wait, the oldest for 120 s',
		'info nothing waits any more',
	]);
	report(1, 130_000, 190_000);
	assert.is(said.length, 4);
});

test.run();
