import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createNoticeList } from '../../../../filters/lib/history/notices.ts';
import type { Notice } from '../../../../filters/lib/record.ts';

const test = suite('history: notices');

const notice = (ts: number, kind: string, detail: string): Notice => ({
	type: 'notice',
	ts,
	host: 'h',
	metric: 'm',
	kind,
	count: 1,
	detail,
});
const all = (given: Notice[]) => {
	const list = createNoticeList();
	for (const one of given) list.add(one);
	return list.within(0, 1000).notices.map(({ count, detail }) => [count, detail]);
};

test('what goes on is one notice, that says the newest', () => {
	assert.equal(all([notice(1, 'late', 'by 3 ms'), notice(2, 'late', 'by 4 ms')]), [[2, 'by 4 ms']]);
});

test('probes that are missing at once are each told', () => {
	const given = ['lost: sends', 'lost: stages', 'lost: sends'].map((text) =>
		notice(1, 'missing_probe', text),
	);
	assert.equal(all(given), [
		[2, 'lost: sends'],
		[1, 'lost: stages'],
	]);
});

test.run();
