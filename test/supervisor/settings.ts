// Settings: where they come from, which source wins, and how they end up in commands.

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { flatten, substitute, variableName, withOverrides } from '../../supervisor/settings.ts';
import { splitWords } from '../../supervisor/words.ts';

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
	assert.throws(() => flatten({ a: [1] }, place), /f\.yaml a: setting "a" is a list/);
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

settings('values are put in place, settings of settings too, loops are caught', () => {
	const values = new Map([
		['dir', '/var'],
		['log', '${dir}/x.log'],
		['loop', '${loop}'],
	]);
	assert.is(substitute('a ${log} $${log}', values, 'f'), 'a /var/x.log ${log}');
	assert.throws(() => substitute('${nope}', values, 'f.yaml:1:1'), /f\.yaml:1:1: there is no setting "nope"/);
	assert.throws(() => substitute('${loop}', values, 'f'), /refers to itself/);
});

settings('a value with blanks and quotes stays one word', () => {
	const values = new Map([['x', `a b'; rm -rf "c`]]);
	const command = splitWords('tool --x ${x} end', 'f').map((word) => substitute(word, values, 'f'));
	assert.equal(command, ['tool', '--x', `a b'; rm -rf "c`, 'end']);
});

settings.run();
