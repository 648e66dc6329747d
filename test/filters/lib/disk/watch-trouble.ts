import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { watchTrouble } from '../../../../filters/lib/disk/watch-trouble.ts';

const test = suite('disk: watch-trouble');

test('why there is no watch is said in words that help', () => {
	const error = (code: string) => Object.assign(new Error(code), { code });
	assert.is(watchTrouble(error('ENOSPC')), 'all of fs.inotify.max_user_watches are in use');
	assert.is(watchTrouble(error('EMFILE')), 'all of fs.inotify.max_user_instances are in use');
	assert.is(watchTrouble(error('EACCES')), 'permission denied');
});

test.run();
