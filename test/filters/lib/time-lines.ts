import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { firstTimeIn, lastTimeIn, startsWithTime } from '../../../filters/lib/time-lines.ts';

const test = suite('time-lines');

const RUN = Buffer.from('a #!ts 1\n#!ts soon\n#!ts 2\nb\n#!ts 3.25\n#!ts\nc #!ts 4\n');

test('the first and the last time line of a run; what only looks like one does not count', () => {
	assert.equal(firstTimeIn(RUN), { at: 19, ms: 2000, line: '#!ts 2\n' });
	assert.equal(lastTimeIn(RUN), { at: 28, ms: 3250, line: '#!ts 3.25\n' });
});

test('a run that starts with one, and runs without any', () => {
	assert.ok(startsWithTime(Buffer.from('#!ts 2\na\n')));
	assert.equal(lastTimeIn(Buffer.from('#!ts 2\na\n')), { at: 0, ms: 2000, line: '#!ts 2\n' });
	for (const text of ['', '\n', 'a\n', '#!ts \n', '#!ts x\n', ' #!ts 1\n', '#!pos {}\n', '#!tst 1\n']) {
		const bytes = Buffer.from(text);
		assert.equal(
			[startsWithTime(bytes), firstTimeIn(bytes), lastTimeIn(bytes)],
			[false, undefined, undefined],
			text,
		);
	}
});

test('a few NULs before it, as a truncation leaves them, do not hide a time line', () => {
	const bytes = Buffer.from('\0\0#!ts 2\na\0\n\0#!ts 3\nb\0#!ts 4\n');
	assert.ok(startsWithTime(bytes));
	assert.equal(firstTimeIn(bytes), { at: 0, ms: 2000, line: '#!ts 2\n' });
	assert.equal(lastTimeIn(bytes), { at: 12, ms: 3000, line: '#!ts 3\n' });
	assert.not(startsWithTime(Buffer.from('\0\0')));
});

test.run();
