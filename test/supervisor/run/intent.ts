// What a pipeline is to be: the last word counts, but retired is for good.

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createIntent } from '../../../supervisor/run/intent.ts';

const test = suite('intent');

test('not wanted until somebody wants it, nor once it is over', () => {
	let overs = 0;
	const intent = createIntent('p', () => {
		overs += 1;
	});
	assert.equal([intent.isWanted(), intent.code()], [false, undefined]);
	intent.want();
	assert.ok(intent.isWanted());
	intent.finish(78);
	assert.equal([intent.isWanted(), intent.code(), overs], [false, 78, 1]);
	intent.want();
	assert.equal([intent.isWanted(), intent.code(), overs], [true, undefined, 1]);
	intent.drop();
	assert.equal([intent.isWanted(), intent.code()], [false, undefined]);
});

test('retired is for good', () => {
	const intent = createIntent('p');
	intent.want();
	intent.retire();
	assert.not(intent.isWanted());
	assert.throws(() => intent.want(), /"p" is no longer in the file, or was changed/);
	assert.not(intent.isWanted());
	intent.finish(0);
	assert.is(intent.code(), 0);
});

test.run();
