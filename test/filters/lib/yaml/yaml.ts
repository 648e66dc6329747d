import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { nearest } from '../../../../filters/lib/yaml/nearest.ts';
import { readYaml } from '../../../../filters/lib/yaml/yaml.ts';

const test = suite('lib/yaml');
const folder = mkdtempSync(join(tmpdir(), 'yaml-'));
const file = join(folder, 'one.yml');
test.after(() => rmSync(folder, { recursive: true }));

const read = (text: string | Buffer) => {
	writeFileSync(file, text);
	return readYaml(file, 'rule file');
};

test('values, and the place of each key and of each part of a list', () => {
	const { value, place } = read('a: 1\nb:\n  - c: x\n  - d\n');
	assert.equal(value, { a: 1, b: [{ c: 'x' }, 'd'] });
	assert.is(place(['b', 0, 'c']), `${file}:3:5`);
	assert.is(place(['b', 1]), `${file}:4:5`);
	assert.is(place(['b', 7, 'nowhere']), `${file}:2:1`, 'the nearest that is there');
});

test('what is no YAML is refused with its place, and called what its reader calls it', () => {
	for (const [text, what] of [
		['a: 1\na: 2\n', /:2:1: this name is there already/],
		['---\na: 1\n---\nb: 2\n', /a rule file is one/],
		[Buffer.from('a: \xff\n', 'latin1'), /:1:4: this is not UTF-8/],
		[`${'['.repeat(100)}`, /a rule file needs no more/],
		['a: &x [*x]\n', /holds itself/],
		['__proto__: 1\n', /cannot be a name/],
	] as const)
		assert.throws(
			() => read(text),
			(error: Error & { code: number }) => {
				assert.is(error.code, 78);
				assert.match(error.message, what);
				return true;
			},
		);
	assert.throws(() => readYaml(folder, 'rule file'), /give the path of one rule file in it/);
});

test('a mistyped word is near to what was meant, a strange one to nothing', () => {
	assert.is(nearest('anotations', ['annotations', 'alert']), '; did you mean "annotations"?');
	assert.is(nearest('zebra', ['annotations', 'alert']), '');
});

test.run();
