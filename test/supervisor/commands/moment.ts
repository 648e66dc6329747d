// What --since means.

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { momentOf } from '../../../supervisor/commands/moment.ts';

const test = suite('moment');

test('--since: a span, a time of day, a date', () => {
	const noon = new Date(2026, 0, 31, 12, 0, 0).getTime();
	assert.is(momentOf('10m', noon), noon - 600_000);
	assert.is(momentOf('90', noon), noon - 90_000);
	assert.is(momentOf('09:15', noon), new Date(2026, 0, 31, 9, 15).getTime());
	assert.is(momentOf('23:15:30', noon), new Date(2026, 0, 30, 23, 15, 30).getTime());
	assert.is(momentOf('2026-01-31T09:15Z', noon), Date.UTC(2026, 0, 31, 9, 15));
	for (const text of ['', 'yesterday', '25x', '1e9d']) assert.throws(() => momentOf(text, noon), /--since/);
});

test.run();
