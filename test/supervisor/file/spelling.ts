// What stands in a file reaches a command as it stands there, whatever YAML takes it for; typed comparisons go on.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseDocument, type Scalar } from 'yaml';
import { loadChecked } from '../../../supervisor/file/config.ts';
import { run } from '../../program.ts';

const test = suite('spelling');
const dir = mkdtempSync(join(tmpdir(), 'bpfpipe-written-'));
test.after(() => rmSync(dir, { recursive: true }));

type More = { env?: NodeJS.ProcessEnv; set?: string[]; settings?: string };
const planOf = (text: string, { env = {}, set = [], settings }: More = {}) => {
	const file = join(dir, 'x.yaml');
	writeFileSync(file, text);
	const settingsFile = settings === undefined ? undefined : join(dir, 'more.yaml');
	if (settingsFile) writeFileSync(settingsFile, settings!);
	return loadChecked(file, { builtin: {}, env, set, settingsFiles: settingsFile ? [settingsFile] : [] }).plan;
};
const ECHO = 'pipelines: { p: { stages: [ { run: "echo ${x}", env: { X: "${x}" } } ] } }\n';
/** What the command is given for the setting x. */
const given = (settings: string, more: More = {}): string => {
	const { command, env } = planOf(`env_prefix: P\n${settings}\n${ECHO}`, more).pipelines[0]!.stages[0]!;
	assert.is(command[1], env.X);
	return command[1]!;
};

const SPELLINGS =
	'1.10 25921e05 4225332e17 12345678901234567890 0750 0o17 0x1F +49 -0 .5 1. .inf -.INF .nan no yes on off n y null Null ~ ' +
	'true True FALSE 2024-01-01 2024-01-01T00:00:00Z 12:30:45 1_000 100.0 1e400 0b11 1e3 00 1.0.0 =';
for (const spelling of SPELLINGS.split(' ')) {
	test(`${spelling} stays ${spelling}`, () => assert.is(given(`settings: { x: ${spelling} }`), spelling));
}

test('an empty value is empty, and a word in quotes is what is between them', () => {
	assert.is(given('settings:\n  x:'), '');
	assert.is(given('settings: { x: "0x1F" }'), '0x1F');
	assert.is(given('settings: { x: 0x1F # a comment\n }'), '0x1F');
});

test('through aliases, merged maps, other settings, a shell and a settings file', () => {
	assert.is(given('settings: { y: &a 1.10, x: *a }'), '1.10');
	assert.is(given('settings: { base: &b { v: 1.10 }, own: { <<: *b }, x: "v${own.v}" }'), 'v1.10');
	assert.is(given('settings: { x: 1 }', { settings: 'x: 1.10' }), '1.10');
	assert.is(given('settings: { x: "" }', { settings: 'x: 0750' }), '0750');
	assert.is(given('settings: { x: false }', { settings: 'x: True' }), 'True');
	const shell =
		'settings: { x: 1.10 }\npipelines: { p: { stages: [ { run: "echo $SETTING_X", shell: true } ] } }';
	assert.is(planOf(shell).pipelines[0]!.stages[0]!.env.SETTING_X, '1.10');
});

test('what overrides keeps its spelling too, and its type is still looked at', () => {
	assert.is(given('settings: { x: 0x1F }', { set: ['x=1.50'] }), '1.50');
	assert.is(given('settings: { x: 1 }', { env: { P_X: '007' } }), '007');
	assert.is(given('settings: { x: True }', { set: ['x=off'] }), 'false');
	assert.throws(
		() => given('settings: { x: 25921e05 }', { set: ['x=25921e0f'] }),
		/--set: setting "x" is a number \(25921e05\), and "25921e0f" is not/,
	);
});

test('an anchor among the settings is a number elsewhere', () => {
	const { pipelines } = planOf(
		'settings: { n: &n 0x5, x: *n }\npipelines: { p: { stages: [ { run: "echo ${x}", nice: *n } ] } }',
	);
	assert.is(pipelines[0]!.stages[0]!.limits!.nice, 5);
	assert.is(pipelines[0]!.stages[0]!.command[1], '0x5');
});

test('"when" compares what is meant, and what is written', () => {
	const isOn = (value: string, wanted: string) =>
		planOf(
			`settings: { x: ${value} }\npipelines: { on: { when: { x: ${wanted} }, stages: [ cat ] }, always: { stages: [ cat ] } }`,
		).pipelines[0]!.name === 'on';
	for (const [value, wanted] of [
		['1.10', '1.1'],
		['1.10', '1.10'],
		['1.10', '"1.10"'],
		['"1.10"', '1.10'],
		['0x1F', '31'],
		['True', 'true'],
		['0', '0'],
		['~', 'false'],
		['null', 'false'],
		['"x"', 'true'],
	]) {
		assert.ok(isOn(value!, wanted!), `${value} is ${wanted}`);
	}
	for (const [value, wanted] of [
		['1.10', '1.11'],
		['""', '0'],
		['~', 'true'],
		['False', 'true'],
		['no', 'false'],
	]) {
		assert.not(isOn(value!, wanted!), `${value} is not ${wanted}`);
	}
});

test('whatever YAML reads as one plain value arrives as it was written', () => {
	const word = fc.string({
		unit: fc.constantFrom(...'0123456789abcdefxXoOeE+._-~nulINFTrZ:'.split('')),
		minLength: 1,
	});
	fc.assert(
		fc.property(word, (text) => {
			const source = `settings:\n  x: ${text}\n`;
			const document = parseDocument(source);
			const node = document.getIn(['settings', 'x'], true) as Scalar | undefined;
			const isPlain = document.errors.length === 0 && node?.type === 'PLAIN' && node.source === text;
			fc.pre(isPlain && !text.includes(': '));
			assert.is(given(source), text);
		}),
		{ numRuns: 500 },
	);
});

test('check shows it as it will be', async () => {
	const file = join(dir, 'y.yaml');
	writeFileSync(file, `settings: { x: 0750 }\n${ECHO}`);
	const { stdout } = await run('bpfpipe', ['check', file]);
	assert.match(stdout, /^ {2}echo 0750$/m);
});

test.run();
