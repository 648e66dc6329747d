import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { stepsOf } from '../../../../filters/lib/http/path.ts';

const test = suite('path');

test('steps of a path are decoded one by one', () => {
	assert.equal(stepsOf('/api/datasets/a%2Fb?x=/y'), ['api', 'datasets', 'a/b']);
	for (const bad of ['', 'x', 'http://h/api', '*', '/%', '/%ff', `/${'x'.repeat(8001)}`])
		assert.throws(() => stepsOf(bad), /the path/);
});

test.run();
