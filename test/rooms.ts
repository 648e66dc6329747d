// The house rules that a machine can check: walls between rooms, headers, lengths, tables, names.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, normalize } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { SUPERVISORS } from '../build.ts';
import { headerOf } from '../filters/lib/program.ts';
import { splitWords } from '../supervisor/file/words.ts';
import { programFor } from '../supervisor/machine/programs.ts';
import { ROOT } from './program.ts';
import { startsIn } from './starts.ts';

const test = suite('rooms');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const tree = (folder: string): string[] =>
	(readdirSync(join(ROOT, folder), { recursive: true }) as string[]).map((file) => join(folder, file));
const sources = (folder: string) => tree(folder).filter((file) => file.endsWith('.ts'));
const stages = readdirSync(join(ROOT, 'filters')).filter((file) => file.endsWith('.ts'));

/** What a file imports: `node:x`, a package's name, or a path from the root. */
const importsOf = (file: string): string[] =>
	[...read(file).matchAll(/^(?:import|export)[^'"]*?from '([^']+)'|^import '([^']+)'|import\('([^']+)'\)/gm)]
		.map(([, a, b, c]) => (a ?? b ?? c)!)
		.map((target) => (target.startsWith('.') ? normalize(join(dirname(file), target)) : target));

const isInside = (path: string, folder: string) => path.startsWith(`${folder}/`);
const isPackage = (target: string) =>
	!target.startsWith('node:') && !/^(filters|supervisor|test|package\.json)/.test(target);

/**
 * The law of the house: which rooms each room may import from, besides node:, packages and itself.
 * `lib` is filters/lib. The READMEs of filters/, lib/hollow/ and supervisor/ draw it.
 */
const LAW: Record<string, string> = {
	filters: 'lib and every room in it',

	lib: '',
	'lib/disk': 'lib',
	'lib/flow': 'lib',
	'lib/net': 'lib lib/disk',
	'lib/histogram': 'lib',
	'lib/document': 'lib lib/disk lib/histogram lib/json lib/series',
	'lib/json': '',
	'lib/yaml': 'lib',
	'lib/kea': 'lib lib/json lib/net',
	'lib/log-file': 'lib lib/disk',
	'lib/tail': 'lib lib/disk',
	'lib/logs': 'lib lib/tail',
	'lib/probes': 'lib',
	'lib/bpf': 'lib lib/yaml',
	'lib/bpf/kernel': 'lib lib/bpf lib/yaml',
	'lib/terminal': 'lib lib/chart lib/history',
	'lib/plot': 'lib lib/chart lib/history',
	'lib/series': 'lib lib/histogram',
	'lib/sidecar': 'lib lib/flow lib/histogram lib/series',
	'lib/prometheus': 'lib lib/histogram lib/protobuf lib/series',
	'lib/protobuf': 'lib',
	'lib/post': 'lib lib/disk lib/flow lib/net',
	'lib/otlp': 'lib lib/histogram lib/net lib/post lib/protobuf',
	'lib/grpc/client': 'lib lib/net',
	'lib/banyandb': 'lib lib/disk lib/flow lib/grpc/client lib/histogram lib/net lib/post lib/protobuf',
	'lib/remote-write': 'lib lib/disk lib/histogram lib/net lib/post lib/prometheus lib/protobuf lib/series',
	'lib/alert/promql': '',
	'lib/alert': 'lib lib/alert/promql lib/flow lib/histogram lib/prometheus lib/series lib/yaml',
	'lib/alert/deliver': 'lib lib/alert lib/disk lib/net lib/post',
	'lib/chart': 'lib lib/history',
	'lib/graphite': 'lib lib/flow lib/histogram lib/net',
	'lib/http': 'lib lib/disk',
	'lib/grpc': 'lib lib/http',
	'lib/ebpf':
		'lib lib/disk lib/flow lib/grpc lib/histogram lib/http lib/net lib/prometheus lib/series lib/serve lib/sidecar',
	'lib/history': 'lib lib/histogram lib/history/kept lib/series',
	'lib/history/kept': 'lib lib/histogram',
	'lib/serve': 'lib lib/history lib/http lib/prometheus',

	'lib/print': 'lib lib/histogram',
	'lib/bpftrace/text': 'lib/print',
	'lib/bpftrace/json': 'lib/json lib/print',
	'lib/bcc': 'lib/json lib/print',
	'lib/tracer': 'lib lib/bcc lib/bpftrace/json lib/bpftrace/text lib/json lib/print',

	'lib/hollow': '',
	'lib/hollow/blob/bytes': '',
	'lib/hollow/blob/type': 'lib/hollow/blob/bytes',
	'lib/hollow/blob': 'lib/hollow/blob/bytes lib/hollow/blob/type',
	'lib/hollow/folder': 'lib lib/disk lib/hollow lib/hollow/blob lib/hollow/blob/bytes lib/hollow/blob/type',
	'lib/hollow/metrics':
		'lib lib/disk lib/histogram lib/hollow lib/hollow/blob lib/hollow/blob/bytes lib/hollow/blob/type lib/series',
	'lib/hollow/publish':
		'lib lib/disk lib/hollow lib/hollow/blob lib/hollow/blob/bytes lib/hollow/blob/type lib/hollow/folder lib/hollow/metrics',
	'lib/hollow/store': 'lib lib/flow lib/hollow lib/hollow/blob/bytes lib/hollow/folder',
	'lib/hollow/view':
		'lib lib/hollow lib/hollow/blob lib/hollow/blob/bytes lib/hollow/blob/type lib/hollow/folder lib/hollow/metrics',
	'lib/hollow/explore':
		'lib lib/hollow lib/hollow/blob lib/hollow/blob/bytes lib/hollow/blob/type lib/hollow/folder lib/hollow/view lib/http',
	'lib/hollow/rest': 'lib lib/hollow',
	'lib/hollow/rest/push': 'lib lib/disk lib/flow lib/hollow/metrics lib/hollow/rest lib/net',
	'lib/hollow/rest/receive':
		'lib lib/flow lib/hollow lib/hollow/blob/bytes lib/hollow/folder lib/hollow/metrics lib/hollow/publish lib/hollow/rest lib/http lib/net',

	'filters/web':
		'lib lib/chart lib/history filters/web/data filters/web/kea filters/web/parts filters/web/shell filters/web/tabs filters/web/view',
	'filters/web/kea':
		'lib lib/chart lib/history filters/web/data filters/web/paint filters/web/parts filters/web/view',
	'filters/web/view': 'lib lib/chart lib/history',
	'filters/web/data': 'lib lib/chart lib/history filters/web/view',
	'filters/web/paint': 'lib/chart lib/history',
	'filters/web/parts': 'lib lib/chart lib/history filters/web/paint filters/web/view',
	'filters/web/shell':
		'lib/chart lib/history filters/web/data filters/web/paint filters/web/parts filters/web/view',
	'filters/web/tabs': 'lib lib/chart lib/history filters/web/data filters/web/parts filters/web/view',

	supervisor: 'lib supervisor/commands supervisor/daemon supervisor/file supervisor/machine supervisor/plan',
	'supervisor/plan': 'lib',
	'supervisor/machine': 'lib supervisor/plan',
	'supervisor/file': 'lib lib/yaml supervisor/machine supervisor/plan',
	'supervisor/process': 'lib supervisor/machine supervisor/plan',
	'supervisor/run': 'lib lib/flow supervisor/plan supervisor/process',
	'supervisor/health': 'lib lib/disk supervisor/plan supervisor/process supervisor/run',
	'supervisor/daemon':
		'lib lib/disk lib/flow supervisor/health supervisor/machine supervisor/plan supervisor/process supervisor/run',
	'supervisor/commands':
		'lib supervisor/daemon supervisor/file supervisor/health supervisor/machine supervisor/plan supervisor/process supervisor/run',
};

const roomOf = (file: string): string => dirname(file).replace(/^filters\/lib/, 'lib');
const mayReach = (room: string, other: string): boolean =>
	room === 'filters' ? other === 'lib' || isInside(other, 'lib') : LAW[room]!.split(' ').includes(other);

/** What is against the law in these files, given what each imports. */
const offences = (imports: Map<string, string[]>): string[] =>
	[...imports].flatMap(([file, targets]) => {
		const room = roomOf(file);
		if (LAW[room] === undefined) return [`${file}: ${room} has no line in the law`];
		const others = targets.filter(
			(target) => target.endsWith('.ts') && (roomOf(target) !== room || room === 'filters'),
		);
		return others
			.filter((target) => !mayReach(room, roomOf(target)))
			.map((target) => `${file} imports ${target}, but ${room} may not reach ${roomOf(target)}`);
	});

const ours = [...sources('filters'), ...sources('supervisor')];
const imports = new Map(ours.map((file) => [file, importsOf(file)]));

test('no room imports from one that the law does not open to it', () => {
	assert.equal(offences(imports), []);
});

test('the law is kept by looking: a forbidden import of any kind is found', () => {
	for (const [file, target] of [
		['filters/every.ts', 'filters/board.ts'],
		['filters/every.ts', 'supervisor/plan/plan.ts'],
		['filters/lib/stage.ts', 'filters/every.ts'],
		['filters/lib/bcc/table.ts', 'filters/lib/bpftrace/text/row.ts'],
		['filters/lib/hollow/blob/reader.ts', 'filters/lib/hollow/folder/contents.ts'],
		['supervisor/plan/plan.ts', 'supervisor/file/config.ts'],
		['supervisor/run/slot.ts', 'filters/every.ts'],
		['filters/lib/new-room/new.ts', 'filters/lib/record.ts'],
		['filters/web/view/view.ts', 'filters/web/data/api.ts'],
		['filters/web/app.ts', 'filters/serve.ts'],
	] as const)
		assert.is(offences(new Map([[file, [target]]])).length, 1, `${file} -> ${target}`);
});

test('the law opens nothing that nobody needs', () => {
	for (const [room, open] of Object.entries(LAW).filter(([name]) => name !== 'filters')) {
		const used = new Set(
			ours.filter((file) => roomOf(file) === room).flatMap((file) => imports.get(file)!.map(roomOf)),
		);
		for (const other of open.split(' ').filter(Boolean))
			assert.ok(used.has(other), `${room} does not use ${other}`);
	}
});

/** A way from a node back to itself, or undefined. */
const circleIn = (next: Map<string, string[]>): string[] | undefined => {
	const done = new Set<string>();
	const visit = (node: string, way: string[]): string[] | undefined => {
		if (way.includes(node)) return [...way.slice(way.indexOf(node)), node];
		if (done.has(node)) return undefined;
		for (const other of next.get(node) ?? []) {
			const circle = visit(other, [...way, node]);
			if (circle) return circle;
		}
		done.add(node);
		return undefined;
	};
	for (const node of next.keys()) {
		const circle = visit(node, []);
		if (circle) return circle;
	}
	return undefined;
};

test('there is no circle among files, and none in the law', () => {
	assert.equal(circleIn(imports), undefined);
	const rooms = Object.keys(LAW);
	assert.equal(
		circleIn(new Map(rooms.map((room) => [room, rooms.filter((other) => mayReach(room, other))]))),
		undefined,
	);
	assert.equal(
		circleIn(
			new Map([
				['a', ['b']],
				['b', ['c']],
				['c', ['b']],
			]),
		),
		['b', 'c', 'b'],
	);
});

/** The rooms in a README's table, `| \`room/\` | what | \`other\` ... |`, and what each may reach of the rooms in it. */
const drawnIn = (readme: string, base: string): Map<string, string[]> => {
	const nameOf = (written: string) => join(base, written).replace(/\/$/, '');
	const rows = read(readme).matchAll(/^\| `([a-z/-]+\/)`[^|]*\|[^|]*\|([^|]*)\|$/gm);
	return new Map(
		[...rows].map(([, room, cell]) => [
			nameOf(room!),
			[...cell!.matchAll(/`([a-z/-]+)`/g)].map(([, other]) => nameOf(other!)).sort(),
		]),
	);
};

test('the READMEs draw the law', () => {
	for (const [readme, base, isDrawn] of [
		[
			'filters/README.md',
			'lib',
			(room: string) => isInside(room, 'lib') && !isInside(room, 'lib/hollow') && room !== 'lib/hollow',
		],
		['filters/lib/hollow/README.md', 'lib/hollow', (room: string) => isInside(room, 'lib/hollow')],
		['supervisor/README.md', 'supervisor', (room: string) => isInside(room, 'supervisor')],
		['filters/web/README.md', 'filters/web', (room: string) => isInside(room, 'filters/web')],
	] as const) {
		const wanted = Object.entries(LAW).filter(([room]) => isDrawn(room));
		const inside = (open: string) =>
			open
				.split(' ')
				.filter((other) => other !== '' && isDrawn(other))
				.sort();
		const drawn = drawnIn(readme, base);
		assert.equal([...drawn.keys()].sort(), wanted.map(([room]) => room).sort(), readme);
		for (const [room, open] of wanted) assert.equal(drawn.get(room), inside(open), `${readme}: ${room}`);
	}
});

test('a filter imports at most one package, a room of lib none that a filter could not', () => {
	for (const file of stages.map((name) => join('filters', name))) {
		const packages = imports.get(file)!.filter(isPackage);
		assert.ok(packages.length <= 1, `${file} imports ${packages.join(', ')}`);
	}
});

test('no folder has more than fifteen sources: it is several rooms', () => {
	for (const folder of new Set(ours.map((file) => dirname(file)).filter((one) => one !== 'filters'))) {
		const files = ours.filter((file) => dirname(file) === folder);
		assert.ok(files.length <= 15, `${folder}: ${files.length}`);
	}
});

test('no function has more than 150 lines: it is divided by who owns which state', () => {
	for (const file of ours) {
		const lines = read(file).split('\n');
		lines.forEach((line, at) => {
			if (!/(?:=>|\)(?:: [^=]*)?) \{$/.test(line)) return;
			const indent = /^\t*/.exec(line)![0];
			const end = lines.findIndex((other, later) => later > at && other.startsWith(`${indent}}`));
			assert.ok(end - at < 150, `${file}:${at + 1}: ${end - at + 1}`);
		});
	}
});

test('every export is imported by someone', () => {
	const named = (file: string) =>
		[
			...read(file).matchAll(/(?:^import|^export|import\()[^'"]*?\{([^}]*)\}[^'"]*?['"]([^'"]+)['"]/gm),
		].flatMap(([, names, target]) =>
			names!.split(',').map(
				(name) =>
					`${normalize(join(dirname(file), target!))} ${name
						.replace(/^\s*type\s/, '')
						.split(' as ')[0]!
						.trim()}`,
			),
		);
	const used = new Set([...ours, ...sources('test'), 'build.ts', 'schema.ts'].flatMap(named));
	for (const file of ours)
		for (const [, target, name] of read(file).matchAll(/import\('([^']+)'\)\)\.(\w+)/g))
			used.add(`${normalize(join(dirname(file), target!))} ${name}`);
	const unused = ours
		.filter((file) => dirname(file) !== 'filters')
		.flatMap((file) =>
			[...read(file).matchAll(/^export (?:async )?(?:const|function|class|let) (\w+)/gm)].map(
				([, name]) => `${file} ${name}`,
			),
		)
		.filter((one) => !used.has(one));
	assert.equal(unused, []);
});

test('a stage opens with a shebang, its name and what it does, and its usage', () => {
	for (const file of stages) {
		const [shebang, first] = read(join('filters', file)).split('\n');
		assert.is(shebang, '#!/usr/bin/env node', file);
		assert.match(first!, new RegExp(`^// ${basename(file, '.ts')} - [a-z].*[^.]$`), file);
		assert.match(read(join('filters', file)), /^\/\/ usage: {2}/m, file);
	}
});

test('the manual of a stage, its header, stays below 30 lines', () => {
	for (const file of stages) {
		const lines = headerOf(read(join('filters', file))).split('\n').length - 1;
		assert.ok(lines < 30, `${file}: ${lines}`);
	}
});

test('every other source opens with its name and what it is', () => {
	for (const file of [...sources('filters/lib'), ...sources('supervisor')]) {
		const [first] = read(file).split('\n');
		if (SUPERVISORS.includes(file.replace(/^supervisor\/(.*)\.ts$/, '$1'))) continue;
		assert.match(first!, new RegExp(`^// ${basename(file, '.ts')}: \\S`), file);
	}
});

test('a stage has at most 150 lines, any other source at most 300', () => {
	const length = (file: string) => read(file).split('\n').length - 1;
	for (const file of stages)
		assert.ok(length(join('filters', file)) <= 150, `${file}: ${length(join('filters', file))}`);
	for (const file of [...sources('filters/lib'), ...sources('supervisor')]) {
		assert.ok(length(file) <= 300, `${file}: ${length(file)}`);
	}
});

test('no source exports a default or is a barrel', () => {
	for (const file of [...sources('filters'), ...sources('supervisor')]) {
		assert.not.match(read(file), /^export default/m, file);
		assert.not(basename(file) === 'index.ts', file);
	}
});

test('the README table lists every stage with its header line, and no other', () => {
	const rows = [...read('README.md').matchAll(/^\| `([a-z-]+)` +\| (.*?) *\|$/gm)].map(([, name, what]) => [
		name,
		what,
	]);
	const headers = stages.map((file) => {
		const [, name, what] = /^\/\/ (\S+) - (.*)$/m.exec(read(join('filters', file)))!;
		return [name, what];
	});
	const byName = (a: (string | undefined)[], b: (string | undefined)[]) => (a[0]! < b[0]! ? -1 : 1);
	assert.equal(rows.sort(byName), headers.sort(byName));
});

test('every kind of notice in a golden output has its row in filters/README.md', () => {
	const rows = read('filters/README.md').split('\n## Notices')[1]!;
	for (const file of tree('test/golden').filter((name) => name.endsWith('.out')))
		for (const [, kind] of read(file).matchAll(/^\{"type":"notice",.*"kind":"(\w{2,})"/gm))
			assert.ok(rows.includes(`\`${kind}\``), `${file}: ${kind}`);
});

test('package.json has a command for every program, and no other', () => {
	const { bin } = JSON.parse(read('package.json'));
	const wanted = [...stages.map((file) => basename(file, '.ts')), ...SUPERVISORS].sort();
	const commands = Object.fromEntries(wanted.map((name) => [name, `dist/${name}.cjs`]));
	assert.equal(bin, commands);
	assert.equal(
		JSON.parse(read('package-lock.json')).packages[''].bin,
		commands,
		'npm install renews the lockfile',
	);
});

test('the change log names every stage', () => {
	for (const file of stages)
		assert.match(read('CHANGELOG.md'), new RegExp(`\`${basename(file, '.ts')}\``), file);
});

test('every stage has a test of its name', () => {
	for (const file of stages) assert.ok(existsSync(join(ROOT, 'test', 'filters', file)), file);
});

test('every stage says how it starts with nothing to do', async () => {
	const folder = mkdtempSync(join(tmpdir(), 'bpfpipe-rooms-'));
	const starts = Object.keys(await startsIn(folder)).sort();
	rmSync(folder, { recursive: true });
	assert.equal(starts, stages.map((file) => basename(file, '.ts')).sort());
});

test('every test file runs what it registers', () => {
	for (const file of sources('test')) {
		if (
			/^test\/(run|program|parts|starts|soak|mutants)\.ts$|^test\/(fixtures|harness|servers|data|bench)\//.test(
				file,
			)
		)
			continue;
		const suites = [...read(file).matchAll(/^const (\w+) = suite/gm)].map(([, name]) => name);
		assert.ok(suites.length > 0 || /^goldenSuite\(/m.test(read(file)), `${file} has no suite`);
		for (const name of suites)
			assert.match(read(file), new RegExp(`^\\s*${name}\\.run\\(\\);`, 'm'), `${file}: ${name}`);
	}
});

/** The commands in a pipeline file: `run`, `fallback`, and plain stage lines. */
const commandsIn = (file: string): string[] => {
	const { pipelines } = parse(read(file)) as {
		pipelines: Record<string, { stages: (string | { run: string; fallback?: string })[] }>;
	};
	const commandsOf = (stage: string | { run: string; fallback?: string }): string[] =>
		typeof stage === 'string' ? [stage] : [stage.run, ...(stage.fallback ? [stage.fallback] : [])];
	return Object.values(pipelines).flatMap(({ stages: list }) => list.flatMap(commandsOf));
};
const FOREIGN = new Set(['bash', 'bpftrace']);

test('every program and every file that etc/ names exists', () => {
	// Others are of compose, Kubernetes and Grafana.
	const isPipelines = (name: string) => name.endsWith('.yaml') && /^pipelines:/m.test(read(name));
	for (const file of tree('etc').filter(isPipelines)) {
		for (const command of commandsIn(file)) {
			const [name, ...words] = splitWords(command, file);
			assert.ok(FOREIGN.has(name!) || programFor([name!])?.ours, `${file}: ${name}`);
			for (const word of words.filter((one) => one.startsWith('${bpfpipe.share}/'))) {
				// A compiled object is there when its source is.
				const path = word.slice('${bpfpipe.share}/'.length).replace(/^dist\/(bpf\/.*)\.o$/, '$1.c');
				assert.ok(existsSync(join(ROOT, path)), `${file}: ${word}`);
			}
		}
	}
});

test('every pipeline file that systemd/ names exists', () => {
	for (const file of tree('systemd').filter((name) => /\.(service|timer|socket)$/.test(name))) {
		for (const [, name] of read(file).matchAll(/(?<!%)\b([a-z-]{2,})\.yaml/g)) {
			assert.ok(existsSync(join(ROOT, 'etc', `${name}.yaml`)), `${file}: ${name}.yaml`);
		}
	}
});

test('every bpftrace script opens with its name and a captured session', () => {
	for (const file of tree('bpftrace').filter((name) => name.endsWith('.bt'))) {
		assert.match(read(file), new RegExp(`^ \\* ${basename(file, '.bt')} - `, 'm'), file);
		assert.match(read(file), /^ \* {3}#!ts \d+/m, file);
		assert.match(read(file), /^ \* overhead/m, file);
	}
});

test.run();
