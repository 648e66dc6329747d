import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { answerIn, KeaError, newestIn } from '../../../../filters/lib/kea/answer.ts';

const test = suite('lib/kea/answer');

test('the newest sample of each statistic is what is read', () => {
	const text =
		'{ "a": [ [ 3, "2026-01-01 00:00:02" ], [ -2, "x" ],\n[ 1.5, "x" ] ], "b": [ [ 7, "x" ] ], "c": [["t]", "x"], ["u", "x"]] }';
	assert.is(
		newestIn(text),
		'{ "a": [ [ 3, "2026-01-01 00:00:02" ] ], "b": [ [ 7, "x" ] ], "c": [["t]", "x"], ["u", "x"]] }',
	);
});

test('a name that looks like samples stays as it is', () => {
	const text = JSON.stringify({ '[[1, "x"], [2, "y"]]': [[1, 'x']], '\\': [[1, 'x']] });
	assert.is(newestIn(text), text);
});

test('answers, in a list or not', () => {
	for (const text of ['{"result": 2, "text": "no"}', '[ { "result": 2, "text": "no" } ]'])
		assert.equal(answerIn(text), { result: 2, text: 'no', args: undefined });
	assert.is(answerIn(`{"result": 1, "text": "${'x'.repeat(9999)}"}`).text.length, 300);
	for (const text of ['', '{', '[]', 'null', '{"result": "0"}', '7', '{"result": 1.5}'])
		assert.throws(
			() => answerIn(text),
			(error: unknown) => error instanceof KeaError && error.trouble === 'away',
			text,
		);
});

test.run();
