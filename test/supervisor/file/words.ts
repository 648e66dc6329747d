// How a stage line becomes the words of a command.

import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { splitWords } from '../../../supervisor/file/words.ts';

const words = suite('words');

const SPLITS: [string, string[]][] = [
	['every 15s', ['every', '15s']],
	['  every\t15s ', ['every', '15s']],
	[`parse-histogram --unit 'a b'`, ['parse-histogram', '--unit', 'a b']],
	[`x "a \\"b\\" \\\\ c"`, ['x', 'a "b" \\ c']],
	[`x a\\ b`, ['x', 'a b']],
	[`x --name=''`, ['x', '--name=']],
	[`x ''`, ['x', '']],
	[`x 'it''s'`, ['x', 'its']],
	[`x $HOME *`, ['x', '$HOME', '*']],
	['x ü€', ['x', 'ü€']],
];
for (const [text, expected] of SPLITS) {
	words(text, () => assert.equal(splitWords(text, 'f:1:1'), expected));
}

for (const text of ['a | b', 'a > b', 'a; b', 'a && b', 'a `b`', 'a $(b)', 'a < b']) {
	words(`${text} is refused, not run`, () => {
		assert.throws(
			() => splitWords(text, 'f.yaml:3:7'),
			/f\.yaml:3:7: ".*" needs a shell, and there is none; put it in quotes, or write the stage with shell: true/,
		);
	});
}
for (const text of [`a 'b`, `a "b`, 'a \\']) {
	words(`${text} is an open quote`, () =>
		assert.throws(() => splitWords(text, 'f'), /a quote is not closed/),
	);
}

words('any words survive single quotes', () => {
	const word = fc.string().map((text) => text.replaceAll("'", ''));
	fc.assert(
		fc.property(fc.array(word, { minLength: 1 }), (list) => {
			assert.equal(splitWords(list.map((one) => `'${one}'`).join(' '), 'f'), list);
		}),
	);
});

words.run();
