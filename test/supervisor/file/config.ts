// Pipeline files: what a good one becomes, and the exact words for each kind of mistake.

import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EXIT, Failure } from '../../../filters/lib/failure.ts';
import { type Checked, loadChecked } from '../../../supervisor/file/config.ts';
import { runAsNobody } from '../../harness/as-nobody.ts';
import { isRoot, testWith } from '../../parts.ts';
import { matches, ROOT, run } from '../../program.ts';

const folder = join(ROOT, 'test', 'golden', 'bpfpipe');

const mistakes = suite('config: mistakes');
for (const file of readdirSync(folder).filter((name) => name.endsWith('.yaml'))) {
	mistakes(file, async () => {
		const { status, stdout, stderr } = await run('bpfpipe', ['check', join(folder, file)]);
		assert.is(status, 78);
		assert.is(stdout, '');
		assert.not.match(stderr, /\n\s+at /);
		matches('bpfpipe', file.replace(/yaml$/, 'err'), stderr.replaceAll(`${folder}/`, ''));
	});
}

const good = suite('config');
const withFile = <Result>(content: string | Uint8Array, use: (file: string) => Result): Result => {
	const dir = mkdtempSync(join(tmpdir(), 'bpfpipe-test-'));
	try {
		const file = join(dir, 'x.yaml');
		writeFileSync(file, content);
		return use(file);
	} finally {
		rmSync(dir, { recursive: true });
	}
};
const builtin = { 'bpfpipe.share': '/share', 'bpfpipe.logs': '/logs' };
const checked = (text: string | Uint8Array, set: string[] = []): Checked =>
	withFile(text, (file) => loadChecked(file, { builtin, env: {}, set }));
const load = (text: string, set: string[] = []) => checked(text, set).plan;
const stagesOf = (text: string) => load(`pipelines: { p: { stages: [${text}] } }`).pipelines[0]!.stages;

const failureOf = (work: () => unknown): Failure => {
	try {
		work();
	} catch (error) {
		assert.instance(error, Failure);
		return error as Failure;
	}
	throw new Error('nothing was thrown');
};

good('a stage line and a stage map become the same plan', () => {
	const { name, pipelines } = load(`
pipelines:
  p:
    stages:
      - cat 'a b'
      - { run: cat, grace: 2s, fallback: "echo \${bpfpipe.share}", env: { A: "1" } }
`);
	assert.is(name, 'x');
	assert.equal(pipelines[0]!.stages, [
		{ name: 'cat', command: ['cat', 'a b'], fallback: undefined, hint: undefined, env: {}, grace: 5000 },
		{
			name: 'cat-2',
			command: ['cat'],
			fallback: ['echo', '/share'],
			hint: undefined,
			env: { A: '1' },
			grace: 2000,
		},
	]);
	assert.not('limits' in pipelines[0]!.stages[0]!);
	assert.equal(
		[pipelines[0]!.delivery, pipelines[0]!.restart, pipelines[0]!.retry],
		['best-effort', 'on-failure', 10_000],
	);
});

good('durations may be settings', () => {
	const text = `
settings: { again: 3s, patience: 2 }
pipelines:
  p: { retry: "\${again}", late: "\${patience}", stages: [{ run: cat, grace: "\${again}", ready: "\${again}" }] }
`;
	const pipelineOf = (set: string[]) => load(text, set).pipelines[0]!;
	const { retry, late, stages } = pipelineOf(['again=4s']);
	assert.equal([retry, late, stages[0]!.grace, stages[0]!.ready], [4000, 2000, 4000, 4000]);
	const wrong = /:4:\d+: "often" \(\$\{again\}\): a duration is written like 500ms/;
	assert.throws(() => pipelineOf(['again=often']), wrong);
	assert.throws(() => pipelineOf(['again=2d']), /"2d" is longer than a day/);
});

good('when: set, not set, equal, one of', () => {
	const text = `
settings: { uri: "", mode: prom }
pipelines:
  set: { when: { uri: true }, stages: [cat] }
  unset: { when: { uri: false }, stages: [cat] }
  equal: { when: { mode: prom }, stages: [cat] }
  oneof: { when: { mode: [a, b] }, stages: [cat] }
`;
	const names = (set: string[]) => load(text, set).pipelines.map(({ name }) => name);
	assert.equal(names([]), ['unset', 'equal']);
	assert.equal(names(['uri=h']), ['set', 'equal']);
	assert.equal(names(['mode=b']), ['unset', 'oneof']);
});

good('the files in etc/ are in order', async () => {
	for (const file of readdirSync(join(ROOT, 'etc')).filter((name) => /(?<!^compose)\.yaml$/.test(name))) {
		const { status, stderr } = await run('bpfpipe', ['check', join(ROOT, 'etc', file)]);
		assert.is(stderr, '');
		assert.is(status, 0);
	}
});

good('what a pipeline says for all its stages, each may say otherwise', () => {
	const { pipelines } = load(`
settings: { level: "7" }
pipelines:
  p:
    env: { A: a, LEVEL: "${'$'}{level}" }
    grace: 1m
    user: root
    stages:
      - cat
      - { run: cat, env: { A: b }, grace: 2s, user: 12345 }
`);
	const [first, second] = pipelines[0]!.stages;
	assert.equal([first!.env, first!.grace], [{ A: 'a', LEVEL: '7' }, 60_000]);
	assert.equal([second!.env, second!.grace], [{ A: 'b', LEVEL: '7' }, 2000]);
	const root = { name: 'root', uid: 0, gid: 0, home: '/root', listed: true };
	assert.equal(first!.limits, { user: root });
	assert.equal(second!.limits, { user: { name: '12345', uid: 12345, gid: 12345, home: '/', listed: false } });
});

good('cwd, nice and memory_max become limits', () => {
	const [stage] = stagesOf('{ run: cat, cwd: "${bpfpipe.logs}/x", nice: -3, memory_max: 256M }');
	assert.equal(stage!.limits, { cwd: '/logs/x', nice: -3, memory: 256 * 1024 ** 2 });
});

good(
	'a shell gets its line as it stands and the settings that it mentions, and no value becomes code',
	() => {
		const evil = `"; touch /tmp/never; echo "`;
		const { pipelines } = load(
			`
settings: { graphite: { uri: "" }, other: secret }
pipelines:
  p: { stages: [{ run: 'echo "$SETTING_GRAPHITE_URI" | tr a-z A-Z ; echo "\${HOME}"', shell: true }] }
`,
			[`graphite.uri=${evil}`],
		);
		const [{ command, env, name }] = pipelines[0]!.stages as [(typeof pipelines)[0]['stages'][0]];
		assert.equal(command, ['sh', '-c', 'echo "$SETTING_GRAPHITE_URI" | tr a-z A-Z ; echo "${HOME}"']);
		assert.equal(env, { SETTING_GRAPHITE_URI: evil });
		assert.is(name, 'sh');
	},
);

good('anchors and merge keys do what YAML says', () => {
	const { pipelines } = load(`
pipelines:
  a: &usual { restart: always, stages: [cat] }
  b: { <<: *usual, retry: 1s }
`);
	assert.is(pipelines[1]!.restart, 'always');
	assert.is(pipelines[1]!.retry, 1000);
});

good('a byte order mark, Windows line ends and a file without a last newline are read', () => {
	assert.is(load('\ufeffpipelines:\r\n  p:\r\n    stages:\r\n      - cat a').pipelines[0]!.stages.length, 1);
});

good('warnings and notes say what is no mistake', () => {
	const { warnings, notes } = checked(`
settings: { token: t, idle: { one: 1 }, used: "\${token}" }
pipelines:
  p:
    delivery: at-least-once
    stages:
      - bpftrace-tail x.log
      - { run: 'cat --api-token \${used}', cwd: /no/such/folder }
      - { run: no-such-program, fallback: "sh -c true" }
      - { run: no-such-program, fallback: replay x.session }
      - no-such-program
      - append-log y.log
`);
	const short = (lines: string[]) => lines.map((line) => line.replace(/^.*x\.yaml:/, ''));
	assert.equal(short(notes), ['2:31: nothing uses the setting "idle.one"; take it out']);
	assert.equal(
		short(warnings).map((line) => line.split(';')[0]),
		[
			'8:11: --api-token puts a secret on the command line, where every user can read it',
			'8:43: there is no folder /no/such/folder here',
			'8:11: "cat" must pass lines that begin with #! on in order, or nothing is ever confirmed',
			'9:33: "sh" is not one of our programs, so what it prints is not marked synthetic',
			'11:9: there is no program "no-such-program" here',
		],
	);
});

good('up logs what is doubtful', async () => {
	const dir = mkdtempSync(join(tmpdir(), 'bpfpipe-test-'));
	const file = join(dir, 'x.yaml');
	writeFileSync(file, 'pipelines: { p: { restart: never, stages: [{ run: "true", fallback: echo x }] } }');
	const env = { STATE_DIRECTORY: dir, RUNTIME_DIRECTORY: dir, LOGS_DIRECTORY: dir };
	const { status, stderr } = await run('bpfpipe', ['up', file], '', env);
	rmSync(dir, { recursive: true });
	assert.is(status, 0);
	assert.match(
		stderr,
		/^bpfpipe: warning: .*:1:\d+: "echo" is not one of our programs, so .* not marked synthetic/m,
	);
});

good('a word that is there only where a setting is leaves none behind, an empty one stays empty', () => {
	const stage = 'cat ${on:+--a=${name}} ${off:+--b} "${empty}" x${off:+y}';
	withFile(
		`settings: { on: true, off: false, empty: "", name: n }\npipelines: { p: { stages: ['${stage}'] } }`,
		(file) => {
			const { plan, notes, setting } = loadChecked(file, { builtin, env: {}, set: [] });
			assert.equal(plan.pipelines[0]!.stages[0]!.command, ['cat', '--a=n', '', 'x']);
			assert.equal(notes, []);
			assert.is(setting('name'), 'n');
			const set = ['off=true', 'on=false'];
			const { command } = loadChecked(file, { builtin, env: {}, set }).plan.pipelines[0]!.stages[0]!;
			assert.equal(command, ['cat', '--b', '', 'xy']);
		},
	);
});

good('of several settings files the last wins, and each mistake has its own place', () => {
	withFile('settings: { a: 1, b: 1, c: 1 }\npipelines: { p: { stages: ["cat ${a} ${b} ${c}"] } }', (file) => {
		const [first, second, wrong] = ['1.yaml', '2.yaml', '3.yaml'].map((name) => join(file, '..', name));
		writeFileSync(first!, 'a: 2\nb: 2\n');
		writeFileSync(second!, 'b: 3\n');
		writeFileSync(wrong!, '\nd: 4\n');
		const load = (...settingsFiles: string[]) =>
			loadChecked(file, { builtin, env: {}, set: [], settingsFiles });
		const words = load(first!, second!).plan.pipelines[0]!.stages[0]!.command;
		assert.equal(words, ['cat', '2', '3', '1']);
		assert.match(failureOf(() => load(first!, wrong!, second!)).message, /3\.yaml:2:1: .*no setting "d"/);
	});
});

good('a mistake in a settings file has its place there, and a file that is no map is refused', () => {
	const refused = (settings: string) =>
		withFile('settings: { a: { port: 80 } }\npipelines: { p: { stages: ["cat ${a.port}"] } }', (file) => {
			const settingsFile = join(file, '..', 's.yaml');
			writeFileSync(settingsFile, settings);
			return failureOf(() => loadChecked(file, { builtin, env: {}, set: [], settingsFiles: [settingsFile] }))
				.message;
		});
	assert.match(
		refused('a:\n  prot: 8080\n'),
		/s\.yaml:2:3: the pipeline file has no setting "a\.prot"; did you mean "a\.port"\?$/,
	);
	assert.match(
		refused('a:\n  port: high\n'),
		/s\.yaml:2:3: setting "a\.port" is a number \(80\), and "high"/,
	);
	assert.match(refused('- a\n'), /s\.yaml:1:1: a settings file is a map of names and values$/);
	assert.match(refused('a: [\n'), /s\.yaml:2:1: /);
});

good('a variable under the prefix that stands for no setting is a warning', () => {
	const text = 'env_prefix: P\nsettings: { uri: "" }\npipelines: { p: { stages: ["cat ${uri}"] } }';
	const { warnings } = withFile(text, (file) =>
		loadChecked(file, { builtin, env: { P_URL: 'x', P_URI: 'y', PATH: 'z' }, set: [] }),
	);
	assert.equal(warnings, [
		'P_URL: this variable stands for no setting of the pipeline file; did you mean "P_URI"?',
	]);
});

good('check prints warnings and notes on stderr and still ends with 0', async () => {
	const dir = mkdtempSync(join(tmpdir(), 'bpfpipe-test-'));
	const file = join(dir, 'x.yaml');
	writeFileSync(
		file,
		'settings: { a: 1 }\npipelines: { p: { stages: [{ run: no-such-program, nice: 3 }] } }\n',
	);
	const { status, stdout, stderr } = await run('bpfpipe', ['check', file]);
	rmSync(dir, { recursive: true });
	assert.is(status, 0);
	assert.match(stdout, /no-such-program {3}# nice 3 {3}# not installed here/);
	assert.match(stderr, /^bpfpipe: warning: .*:2:.*there is no program "no-such-program" here/m);
	assert.match(stderr, /^bpfpipe: note: .*:1:13: nothing uses the setting "a"/m);
});

const hostile = suite('config: hostile files');
const NESTED = 1000;
const MIB = 1024 * 1024;
const HOSTILE: [name: string, text: string, message: RegExp][] = [
	['brackets, 1000 deep', `a: ${'['.repeat(NESTED)}${']'.repeat(NESTED)}`, /x\.yaml:1:\d+: nested too deep/],
	['a MiB of brackets', '['.repeat(MIB), /nested too deep/],
	['a MiB of dashes', '- '.repeat(MIB / 2), /nested too deep/],
	[
		'indents, 1000 deep',
		Array.from({ length: NESTED }, (_, i) => `${' '.repeat(i)}a:`).join('\n'),
		/x\.yaml:\d+:\d+: nested too deep/,
	],
	['10 MB', `# ${'x'.repeat(10 * MIB)}`, /x\.yaml: is larger than 1 MiB/],
	['a MiB of errors', 'a: b: c\n'.repeat(MIB / 8), /^(\S+x\.yaml:\d+:\d+: .*\n?){1,20}$/],
	['a name of half a MiB', `${'n'.repeat(MIB / 2)}: 1`, /unknown key|1024|quotes/],
	[
		'a word of half a MiB',
		`pipelines: { p: { stages: [${'w'.repeat(MIB / 2)}] } }`,
		/at most 16384 characters/,
	],
];
for (const [name, text, message] of HOSTILE) {
	hostile(`${name}: refused at once`, () => {
		const from = performance.now();
		const failure = failureOf(() => load(text));
		assert.is(failure.code, EXIT.config);
		assert.match(failure.message, message);
		assert.ok(performance.now() - from < 30_000, `${performance.now() - from} ms`);
	});
}

hostile('a folder, a missing file and an endless device are refused in words', () => {
	const of = (path: string) => failureOf(() => loadChecked(path, { builtin, env: {}, set: [] })).message;
	assert.is(of(tmpdir()), `${tmpdir()}: is a folder; give the path of one pipeline file in it`);
	assert.match(of('/no/such.yaml'), /^\/no\/such\.yaml: no such file or directory; give the path/);
	assert.match(of('/dev/zero'), /^\/dev\/zero: is larger than 1 MiB/);
});

testWith(hostile, isRoot ? '' : 'needs root, to become nobody', 'a file that may not be read', async () => {
	const dir = mkdtempSync(join(tmpdir(), 'bpfpipe-test-'));
	const file = join(dir, 'x.yaml');
	writeFileSync(file, 'pipelines: { p: { stages: [cat] } }', { mode: 0o600 });
	chmodSync(dir, 0o755);
	const { status, stderr } = await runAsNobody('bpfpipe', ['check', file]);
	rmSync(dir, { recursive: true });
	assert.is(status, 78);
	assert.match(
		stderr,
		/^bpfpipe: \S+x\.yaml: permission denied; give the path of a pipeline file that you may read$/m,
	);
});

hostile('no edit of a good file gives anything but a plan, or mistakes with their places', () => {
	const original = readFileSync(join(ROOT, 'etc', 'cpu-lat.yaml'), 'utf8');
	const at = fc.nat(original.length);
	const SIGNS = [...':-{}[]&*!|>\'"%@`,?#$\\ \n\t\0', '<<: ', '${', '...\n', '---\n', '\ufeff', 'é', '~'];
	const edit = fc.oneof(
		fc.record({ at, cut: fc.nat(20), put: fc.constant('') }),
		fc.record({ at, cut: fc.nat(3), put: fc.oneof(fc.constantFrom(...SIGNS), fc.string({ maxLength: 8 })) }),
		fc.record({ at, cut: fc.constant(0), put: at.map((from) => original.slice(from, from + 30)) }),
	);
	fc.assert(
		fc.property(fc.array(edit, { minLength: 1, maxLength: 6 }), (edits) => {
			const text = edits.reduce(
				(before, { at: place, cut, put }) => before.slice(0, place) + put + before.slice(place + cut),
				original,
			);
			try {
				assert.ok(load(text).pipelines.length > 0);
			} catch (error) {
				assert.instance(error, Failure, String((error as Error).stack));
				assert.is((error as Failure).code, EXIT.config);
				assert.match((error as Failure).message, /x\.yaml:\d+:\d+: /);
				assert.not.match((error as Failure).message, /\n\s+at /);
			}
		}),
		{ numRuns: 1000 },
	);
});

mistakes.run();
good.run();
hostile.run();
