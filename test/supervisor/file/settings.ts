// Settings: where they come from, which source wins, and how they end up in commands.

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { flatten, substitute, variableName, withOverrides } from '../../../supervisor/file/settings.ts';
import { splitWords } from '../../../supervisor/file/words.ts';

const settings = suite('settings');
const place = (path: string[]) => `f.yaml ${path.join('.')}`;
const sources = { builtin: {}, env: {}, set: [] };

settings('nested maps become dotted names', () => {
	assert.equal(
		[...flatten({ a: { b: { c: 1 }, d: 'x' }, e: null }, place)],
		[
			['a.b.c', 1],
			['a.d', 'x'],
			['e', null],
		],
	);
});

settings('a list of single values is one text; any other is refused', () => {
	assert.equal(
		[...flatten({ a: { b: ['x', 1, true] }, c: [] }, place)],
		[
			['a.b', 'x,1,true'],
			['c', ''],
		],
	);
	for (const a of [[[1]], [{ b: 1 }], ['x,y'], ['x', new Date(0)]])
		assert.throws(() => flatten({ a }, place), /f\.yaml a: setting "a" is a list of more than single values/);
});

settings('later sources win: file, settings file, environment, --set', () => {
	const own = flatten({ a: 'file', b: 'file', c: 'file', d: 'file' }, place);
	const more = new Map([
		['b', 'settings'],
		['c', 'settings'],
		['d', 'settings'],
	]);
	const env = { P_C: 'env', P_D: 'env', OTHER: 'x' };
	const result = withOverrides(own, more, 'P', { ...sources, env, set: ['d=set,with=commas'] });
	assert.equal(Object.fromEntries(result), { a: 'file', b: 'settings', c: 'env', d: 'set,with=commas' });
});

settings('a name that the file does not have is refused', () => {
	assert.throws(
		() => withOverrides(new Map(), new Map(), undefined, { ...sources, set: ['x=1'] }),
		/--set: .*no setting "x"/,
	);
	assert.throws(
		() => withOverrides(new Map(), new Map(), undefined, { ...sources, set: ['x'] }),
		/name=value/,
	);
});

settings('variable names follow the dots', () => {
	assert.is(variableName('EBPF_SIDECAR', 'server.http.port'), 'EBPF_SIDECAR_SERVER_HTTP_PORT');
});

settings('values are put in place, once: what a value holds is taken as it is', () => {
	const values = new Map([
		['log', '/var/x.log'],
		['odd', '${log}'],
	]);
	assert.is(substitute('a ${log} $${log}', values, 'f'), 'a /var/x.log ${log}');
	assert.is(substitute('${odd}', values, 'f'), '${log}');
	assert.throws(
		() => substitute('${lgo}', values, 'f.yaml:1:1'),
		/^f\.yaml:1:1: there is no setting "lgo"; did you mean "log"\?$/m,
	);
	assert.throws(() => substitute('${nothing}', values, 'f'), /add it under "settings:"/);
});

settings('a text may be there only where a setting is, with other settings in it', () => {
	const values = new Map<string, string | boolean | number>([
		['tls', true],
		['off', false],
		['empty', ''],
		['zero', 0],
		['host', 'db'],
	]);
	const filled = (text: string) => substitute(text, values, 'f');
	assert.is(filled('${tls:+https://}${host}'), 'https://db');
	assert.is(filled('a${off:+x}${empty:+y}b${zero:+z}'), 'abz');
	assert.is(filled('${tls:+--at=${host}:1} $${tls:+x}'), '--at=db:1 ${tls:+x}');
	assert.is(filled('${off:+--at=${host}}'), '');
	assert.throws(() => filled('${tsl:+x}'), /no setting "tsl"; did you mean "tls"/);
	assert.throws(() => filled('${tls:+${hots}}'), /no setting "hots"; did you mean "host"/);
});

const inForce = (tree: object, more = {}) =>
	Object.fromEntries(withOverrides(flatten(tree, place), new Map(), 'P', { ...sources, ...more }));

settings('settings are made of settings; loops, depth and growth have an end', () => {
	assert.is(inForce({ dir: '/var', log: '${dir}/${b}.log', b: 'x' }).log, '/var/x.log');
	assert.throws(() => inForce({ a: '${b}', b: 'x ${a}' }), /"a" refers to itself: a, b, a/);
	const chain = (length: number) =>
		Object.fromEntries(
			Array.from({ length }, (_, i) => [`s${i}`, i === length - 1 ? 'end' : `\${s${i + 1}}`]),
		);
	assert.is(inForce(chain(10)).s0, 'end');
	assert.throws(() => inForce(chain(30)), /refers too deep/);
	const laughs = Object.fromEntries(
		Array.from({ length: 9 }, (_, i) => [`s${i}`, i === 8 ? 'ha' : `\${s${i + 1}}`.repeat(1000)]),
	);
	assert.throws(() => inForce(laughs), /more than 65536 characters/);
	const nothing = { ...laughs, s8: '' };
	assert.is(inForce(nothing).s0, '');
});

settings('an overriding value has the type of what it overrides', () => {
	const tree = { port: 80, on: false, text: 'x' };
	const set = (...pairs: string[]) => inForce(tree, { set: pairs });
	assert.equal(set('port=8080', 'on=yes', 'text=7'), { port: 8080, on: true, text: '7' });
	assert.is(set('on=false').on, false);
	assert.throws(() => set('port=high'), /^--set: setting "port" is a number \(80\), and "high" is not$/m);
	assert.throws(() => set('on=maybe'), /setting "on" is true or false/);
});

settings('a variable that is set but empty overrides nothing, an empty --set does', () => {
	assert.is(inForce({ uri: 'h' }, { env: { P_URI: '' } }).uri, 'h');
	assert.is(inForce({ uri: 'h' }, { env: { P_URI: 'e' } }).uri, 'e');
	assert.is(inForce({ uri: 'h' }, { set: ['uri='] }).uri, '');
});

settings('every override that is wrong is reported, with what was probably meant', () => {
	assert.throws(
		() => inForce({ port: 80, uri: '' }, { set: ['prot=1', 'port=x'] }),
		/no setting "prot"; did you mean "port"\?\n--set: setting "port" is a number/,
	);
});

settings('a value with blanks and quotes stays one word', () => {
	const values = new Map([['x', `a b'; rm -rf "c`]]);
	const command = splitWords('tool --x ${x} end', 'f').map((word) => substitute(word, values, 'f'));
	assert.equal(command, ['tool', '--x', `a b'; rm -rf "c`, 'end']);
});

settings.run();
