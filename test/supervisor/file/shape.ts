// The schema for editors says what the validator says, and the file in etc/ is the one it makes.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { SCHEMA_FILE, schemaText } from '../../../schema.ts';
import { keysAt } from '../../../supervisor/file/shape.ts';
import { ROOT } from '../../program.ts';

type Schema = {
	properties: Record<string, Schema>;
	additionalProperties: Schema;
	required: string[];
	anyOf: Schema[];
	items: Schema;
	pattern?: string;
	description?: string;
};
const test = suite('shape');
const file = JSON.parse(schemaText()) as Schema;
const pipeline = file.properties.pipelines!.additionalProperties;
const stage = pipeline.properties.stages!.items.anyOf[1]!;

test('the file in etc/ is up to date; npm run schema writes it', () => {
	assert.equal(JSON.parse(readFileSync(SCHEMA_FILE, 'utf8')), file);
});

test('every key that the validator knows is there, with a line that says what it is for', () => {
	for (const [depth, schema] of [
		[0, file],
		[2, pipeline],
		[4, stage],
	] as const) {
		assert.equal(Object.keys(schema.properties), keysAt(depth));
		for (const [key, one] of Object.entries(schema.properties)) assert.ok(one.description, key);
		assert.is(schema.additionalProperties as unknown, false);
	}
	assert.equal([file.required, pipeline.required, stage.required], [['pipelines'], ['stages'], ['run']]);
});

test('what is written as text is held to its pattern there too', () => {
	const patternsOf = (key: string) => stage.properties[key]!.anyOf.flatMap(({ pattern }) => pattern ?? []);
	const accepts = (key: string, text: string) =>
		patternsOf(key).some((pattern) => new RegExp(pattern).test(text));
	assert.equal([accepts('grace', '5s'), accepts('grace', 'soon')], [true, false]);
	assert.equal([accepts('memory_max', '256M'), accepts('memory_max', '256MB')], [true, false]);
	assert.equal([accepts('user', 'Nobody'), accepts('user', 'two words')], [true, false]);
});

test('every pipeline file in etc/ names it in its first line', () => {
	const names = readdirSync(join(ROOT, 'etc')).filter((one) => one.endsWith('.yaml'));
	const texts = names.map((name) => [name, readFileSync(join(ROOT, 'etc', name), 'utf8')] as const);
	// compose.yaml is none.
	const files = texts.filter(([, text]) => /^pipelines:/m.test(text));
	assert.ok(files.length > 3);
	for (const [name, text] of files)
		assert.is(text.split('\n')[0], '# yaml-language-server: $schema=./bpfpipe.schema.json', name);
});

test.run();
