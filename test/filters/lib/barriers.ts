import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { withoutBarriers } from '../../../filters/lib/barriers.ts';

const test = suite('barriers');

const free = (text: string) => {
	const { lines, positions, ends } = withoutBarriers(Buffer.from(text, 'latin1'));
	return { text: lines.toString('latin1'), positions, ends };
};

test('barriers and the end of an input are taken out, at the start of a line only', () => {
	assert.equal(free('a\n#!pos {"at":1}\n#!ts 5\nb #!pos {"at":2}\n#!end\n#!pos {"at":3}\n'), {
		text: 'a\n#!ts 5\nb #!pos {"at":2}\n',
		positions: [{ at: 1 }, { at: 3 }],
		ends: 1,
	});
});

test('what only looks like one stays', () => {
	for (const text of ['#!pos nonsense\n', '#!pos 5\n', '#!ending\n', ' #!end\n', '#!pos\n']) {
		assert.equal(free(text), { text, positions: [], ends: 0 });
	}
});

test('any bytes: nothing but barriers is gone, and none is left', () => {
	const line = fc.constantFrom(
		'a',
		'',
		'#!pos {"at":1}',
		'#!pos {',
		'#!end',
		'#!ts 5',
		'\xff#!end',
		'\xe9\0',
	);
	fc.assert(
		fc.property(fc.array(line), (lines) => {
			const text = lines.map((one) => `${one}\n`).join('');
			const kept = lines.filter((one) => one !== '#!pos {"at":1}' && one !== '#!end');
			const result = free(text);
			assert.is(result.text, kept.map((one) => `${one}\n`).join(''));
			assert.is(result.positions.length + result.ends, lines.length - kept.length);
		}),
	);
});

test.run();
