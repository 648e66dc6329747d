// The table of what becomes of one alert.

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
	type Active,
	begun,
	type Change,
	type Look,
	stepped,
} from '../../../../filters/lib/alert/condition.ts';

const test = suite('lib/alert/condition');
const NONE = { forMs: 0, keepMs: 0 };
const BOTH = { forMs: 10, keepMs: 10 };

test('it begins pending where it has to hold for a while, else it fires', () => {
	assert.equal(begun(5, NONE), { state: 'firing', activeAt: 5, firedAt: 5, keptSince: undefined });
	assert.equal(begun(5, BOTH), { state: 'pending', activeAt: 5, firedAt: undefined, keptSince: undefined });
});

const pending: Active = { state: 'pending', activeAt: 100, firedAt: undefined, keptSince: undefined };
const firing: Active = { state: 'firing', activeAt: 100, firedAt: 110, keptSince: undefined };
const kept: Active = { ...firing, keptSince: 200 };
const fired: Active = { ...pending, state: 'firing', firedAt: 110 };

test('each state, each look', () => {
	const rows: [Active, Look, number, typeof NONE, Active | undefined, Change][] = [
		[pending, 'holds', 109, BOTH, pending, 'none'],
		[pending, 'holds', 110, BOTH, fired, 'firing'],
		[pending, 'between', 110, BOTH, undefined, 'dropped'],
		[pending, 'over', 110, BOTH, undefined, 'dropped'],
		[pending, 'unknown', 500, BOTH, pending, 'none'],
		[firing, 'holds', 200, BOTH, firing, 'none'],
		[firing, 'between', 200, NONE, firing, 'none'],
		[firing, 'over', 200, NONE, undefined, 'ended'],
		[firing, 'over', 200, BOTH, kept, 'none'],
		[firing, 'unknown', 200, NONE, firing, 'none'],
		[kept, 'over', 209, BOTH, kept, 'none'],
		[kept, 'over', 210, BOTH, undefined, 'ended'],
		[kept, 'holds', 210, BOTH, firing, 'none'],
		[kept, 'between', 210, BOTH, firing, 'none'],
		[kept, 'unknown', 500, BOTH, kept, 'none'],
	];
	for (const [before, look, now, patience, after, change] of rows)
		assert.equal(stepped(before, look, now, patience), [after, change], `${before.state} ${look} ${now}`);
});

test.run();
