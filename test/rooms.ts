// The house rules that a machine can check: walls between rooms, headers, lengths, tables, names.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, normalize } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
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

test('filters import node:, filters/lib/, and at most one package', () => {
	for (const file of stages.map((name) => join('filters', name))) {
		const targets = importsOf(file);
		const packages = targets.filter(isPackage);
		assert.ok(packages.length <= 1, `${file} imports ${packages.join(', ')}`);
		for (const target of targets.filter((one) => !one.startsWith('node:') && !isPackage(one))) {
			assert.ok(isInside(target, 'filters/lib'), `${file} imports ${target}`);
		}
	}
});

test('filters/lib imports neither filters nor the supervisor', () => {
	for (const file of sources('filters/lib')) {
		for (const target of importsOf(file).filter((one) => !one.startsWith('node:') && !isPackage(one))) {
			assert.ok(isInside(target, 'filters/lib') || target === 'package.json', `${file} imports ${target}`);
		}
	}
});

test('the supervisor imports no filter', () => {
	for (const file of sources('supervisor')) {
		for (const target of importsOf(file)) {
			const isStage = isInside(target, 'filters') && !isInside(target, 'filters/lib');
			assert.not(isStage, `${file} imports ${target}`);
		}
	}
});

test('a stage opens with a shebang, its name and what it does, and its usage', () => {
	for (const file of stages) {
		const [shebang, first] = read(join('filters', file)).split('\n');
		assert.is(shebang, '#!/usr/bin/env node', file);
		assert.match(first!, new RegExp(`^// ${basename(file, '.ts')} - [a-z].*[^.]$`), file);
		assert.match(read(join('filters', file)), /^\/\/ usage: {2}/m, file);
	}
});

test('every other source opens with its name and what it is', () => {
	for (const file of [...sources('filters/lib'), ...sources('supervisor')]) {
		const [first] = read(file).split('\n');
		if (file === 'supervisor/bpfpipe.ts') continue;
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

test('package.json has a command for every program, and no other', () => {
	const { bin } = JSON.parse(read('package.json'));
	const wanted = [...stages.map((file) => basename(file, '.ts')), 'bpfpipe'].sort();
	assert.equal(bin, Object.fromEntries(wanted.map((name) => [name, `dist/${name}.cjs`])));
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
			/^test\/(run|program|parts|starts|soak)\.ts$|^test\/(fixtures|harness|servers|data|bench)\//.test(file)
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
const FOREIGN = new Set(['bpftrace']);

test('every program and every file that etc/ names exists', () => {
	for (const file of tree('etc').filter((name) => name.endsWith('.yaml'))) {
		for (const command of commandsIn(file)) {
			const [name, ...words] = splitWords(command, file);
			assert.ok(FOREIGN.has(name!) || programFor([name!])?.ours, `${file}: ${name}`);
			for (const word of words.filter((one) => one.startsWith('${bpfpipe.share}/'))) {
				assert.ok(existsSync(join(ROOT, word.slice('${bpfpipe.share}/'.length))), `${file}: ${word}`);
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
