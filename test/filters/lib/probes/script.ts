import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fit, objectsOf, type Point, probesOf, readScript } from '../../../../filters/lib/probes/script.ts';

const test = suite('probes: script');

const SCRIPT = `#!/usr/bin/env bpftrace
/* a header, with uprobe:not:this in it */
BEGIN
{
	@name[1] = "a";
}

// lost without it: the first half
uprobe:libx++:_Z1av,
uretprobe:liby:_Z*b
/pid == $1/
{
	if (@x) {
		@y = 1;
	}
}

uprobe:libz:gone
{
	@z = 1;
}

interval:s:$2
{
	print(@y);
}
`;

/** Every function is called as the pattern is, twice where that has a star. */
const everything = ({ probe, object, pattern }: Point): string[] => {
	if (!object || !pattern) return [probe];
	const names = pattern.includes('*') ? ['1', '2'].map((one) => pattern.replace('*', one)) : [pattern];
	return names.map((name) => `${probe}:"/lib/${object}.so":${name}`);
};

test('each point becomes what is offered for it, all else stays as it is', () => {
	const script = readScript(SCRIPT, 'x.bt');
	assert.equal([...objectsOf(script)], ['libx++', 'liby', 'libz']);
	assert.equal([...probesOf(script)], ['BEGIN', 'interval:s:$2']);
	const { text, probes, missing } = fit(script, everything);
	assert.is(probes, 6);
	assert.equal(missing, []);
	const points = 'uprobe:libx++:_Z1av,\nuretprobe:liby:_Z*b\n';
	const full =
		'uprobe:"/lib/libx++.so":_Z1av,\nuretprobe:"/lib/liby.so":_Z1b,\nuretprobe:"/lib/liby.so":_Z2b\n';
	assert.is(text, SCRIPT.replace(points, full).replace('libz:gone', '"/lib/libz.so":gone'));
});

test('a clause of which nothing is offered goes with its body, and is named with what is lost', () => {
	const offer = (point: Point) =>
		point.object === 'libx++' || point.object === 'libz' ? [] : everything(point);
	const some = fit(readScript(SCRIPT, 'x.bt'), offer);
	assert.equal(
		some.missing.map(({ line, lost }) => [line, lost]),
		[[18, undefined]],
	);
	assert.match(some.text, 'uretprobe:"/lib/liby.so":_Z2b\n/pid == $1/');
	assert.not.match(some.text, 'libx');
	assert.not.match(some.text, '@z');
	const none = fit(readScript(SCRIPT, 'x.bt'), ({ probe, object }) => (object ? [] : [probe]));
	assert.is(none.probes, 2);
	assert.equal(
		none.missing.map(({ lost }) => lost),
		['the first half', undefined],
	);
});

test('a function that several patterns stand for is probed once', () => {
	const text = 'uprobe:x:a*,\nuprobe:x:*b\n{\n\t@ = count();\n}\n';
	const { text: fitted, probes } = fit(readScript(text, 'x.bt'), ({ probe }) => [`${probe}:"/x":ab`]);
	assert.is(probes, 1);
	assert.is(fitted, 'uprobe:"/x":ab\n{\n\t@ = count();\n}\n');
});

test('a path, quoted, is an object; a comment that looks like a point is none', () => {
	const script = readScript('// uprobe:x:y\nuprobe:"/a b/c++":f\n{\n}\n', 'x.bt');
	assert.equal([...objectsOf(script)], ['/a b/c++']);
});

test('what a script wants of bpftrace, and nothing else, is set', () => {
	const { environment } = readScript(
		'/*\n * environment: BPFTRACE_STRLEN=24 BPFTRACE_MAP_KEYS_MAX=9\n */\n',
		'x',
	);
	assert.equal(environment, { BPFTRACE_STRLEN: '24', BPFTRACE_MAP_KEYS_MAX: '9' });
	assert.equal(readScript('', 'x').environment, {});
	for (const word of ['LD_PRELOAD=x', 'BPFTRACE_STRLEN', 'BPFTRACE_X=$(y)'])
		assert.throws(
			() => readScript(` * environment: ${word}\n`, 'x.bt'),
			/x\.bt: environment: .* is no BPFTRACE_/,
		);
});

test('what has another form is refused, with its line', () => {
	for (const [text, why] of [
		['uprobe:x:a\n', /x\.bt:1: an attach point needs a body/],
		['\nuprobe:x:a\n{\n', /x\.bt:2: an attach point needs a body/],
		['uprobe:x:a,\n{\n}\n', /x\.bt:2: no attach point behind a comma/],
	] as const) {
		assert.throws(
			() => readScript(text, 'x.bt'),
			(error: { code: number; message: string }) => {
				assert.is(error.code, 78);
				assert.match(error.message, why);
				return true;
			},
		);
	}
});

test('whatever the text, it is refused as a configuration is, or nothing of it is lost', () => {
	// Each point is another one, for a function that is named twice is probed once.
	const line = fc.constantFrom('uprobe:a:b', 'uprobe:a:c,', '{', '}', '/x/', '\t@ = 1;', '', 'BEGIN', '// x');
	fc.assert(
		fc.property(fc.array(line, { maxLength: 14 }), (lines) => {
			const text = lines.map((one, at) => one.replace(/[bc](?=,?$)/, `$&${at}`)).join('\n');
			let script: ReturnType<typeof readScript>;
			try {
				script = readScript(text, 'x');
			} catch (error) {
				assert.is((error as { code: number }).code, 78);
				return;
			}
			const same = fit(script, ({ probe, object, pattern }) => [
				object ? `${probe}:${object}:${pattern}` : probe,
			]);
			assert.is(same.text, text);
		}),
		{ numRuns: 500 },
	);
});

test.run();
