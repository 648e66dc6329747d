// mutants: break one place of the sources at a time, and see whether a test notices
// usage:  npm run mutants [-- [--count 300] [--seed 1] [--lanes 2] [--tree DIR] [--only FILE:LINE,...] [PART ...]]
//
// Takes a sample of all places in filters/lib/ and supervisor/ (those whose path contains a PART) where one operator,
// condition or statement can be something else. For each it runs, in a copy of the tree, the tests that import the file or
// start a program made of it, nearest first, until one fails. Prints each that none noticed, and the score.
// Left out: tests of whole systems, and the tests of the house itself.

import { spawn, spawnSync } from 'node:child_process';
import {
	cpSync,
	existsSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values, positionals: parts } = parseArgs({
	allowPositionals: true,
	options: {
		count: { type: 'string', default: '300' },
		seed: { type: 'string', default: '1' },
		lanes: { type: 'string', default: '2' },
		tree: { type: 'string', default: fileURLToPath(new URL('..', import.meta.url)) },
		only: { type: 'string' },
	},
});
const TREE = values.tree;

/** A place in a source that can be something else. */
type Site = { file: string; at: number; length: number; line: number; from: string; to: string };

/** How long all tests of one mutant may take, by what they take without it. */
const BUDGET_MS = 90_000;
const PATIENCE = 5;

const tree = (folder: string): string[] =>
	(readdirSync(join(TREE, folder), { recursive: true }) as string[])
		.filter((file) => file.endsWith('.ts'))
		.map((file) => join(folder, file))
		.sort();
const read = (file: string): string => readFileSync(join(TREE, file), 'utf8');

/** The source with everything blank that is no code: comments, texts, patterns, templates. */
const codeOf = (source: string): string => {
	const blank = (text: string) => text.replace(/[^\n]/g, ' ');
	const token =
		/\/\/.*|\/\*[\s\S]*?\*\/|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|(?<=[(,=:[!&|?{};]\s*|return )\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/g;
	return source.replace(token, blank);
};

/** What each pattern finds becomes each of the others. */
const SWAPS: [RegExp, (found: string) => string[]][] = [
	[/ (?:&&|\|\|) /g, (found) => [found === ' && ' ? ' || ' : ' && ']],
	[/ (?:===|!==) /g, (found) => [found === ' === ' ? ' !== ' : ' === ']],
	[
		/ (?:<|<=|>|>=) /g,
		(found) => [found.includes('=') ? found.replace('=', '') : found.replace(/([<>])/, '$1=')],
	],
	[/ [+-] /g, (found) => [found === ' + ' ? ' - ' : ' + ']],
	[/ (?:\+=|-=) /g, (found) => [found === ' += ' ? ' -= ' : ' += ']],
	[/\b(?:true|false)\b/g, (found) => [found === 'true' ? 'false' : 'true']],
	[/(?<=[\s(])!(?=[\w(])/g, () => ['']],
	[/\bif \(/g, () => ['if (true || ', 'if (false && ']],
	[/(?<=^\t+)(?:[\w.]+\??\(.*\)|[\w.]+ [+-]?= .*|continue|break);$/gm, () => [';']],
];

/** Whether the line is one of a type, in which nothing runs. */
const isType = (line: string): boolean => /^(?:export )?type |^\t+\w+\??: [^=]*;$|^import /.test(line);

const sitesIn = (file: string): Site[] => {
	const source = read(file);
	const code = codeOf(source);
	const lines = source.split('\n');
	return SWAPS.flatMap(([pattern, others]) =>
		[...code.matchAll(pattern)].flatMap((found) => {
			const line = source.slice(0, found.index).split('\n').length;
			if (isType(lines[line - 1]!)) return [];
			const from = source.slice(found.index, found.index + found[0].length);
			return others(found[0]).map((to) => ({
				file,
				at: found.index,
				length: found[0].length,
				line,
				from,
				to,
			}));
		}),
	);
};

/** Small and seeded (mulberry32), so that a run can be had again. */
const random = (seed: number) => () => {
	seed = (seed + 0x6d2b79f5) | 0;
	let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
	mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
	return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
};

const importsOf = (file: string): string[] =>
	[...read(file).matchAll(/(?:from|import)\s*\(?'(\.[^']+\.ts)'/g)].map(([, target]) =>
		normalize(join(dirname(file), target!)),
	);

const closures = new Map<string, Set<string>>();
const closureOf = (file: string): Set<string> => {
	const known = closures.get(file);
	if (known) return known;
	const all = new Set<string>([file]);
	closures.set(file, all);
	for (const todo = [file]; todo.length > 0; )
		for (const target of importsOf(todo.pop()!).filter(
			(one) => !all.has(one) && existsSync(join(TREE, one)),
		)) {
			all.add(target);
			todo.push(target);
		}
	return all;
};

const TESTS = tree('test').filter(
	(file) =>
		!/^test\/(?:system|bench|golden|fixtures|harness|servers|data)\//.test(file) &&
		/\.run\(\)|goldenSuite\(/.test(read(file)),
);
const HOUSE = /^test\/(?:rooms|contract)\.ts$/;
const PROGRAMS = [...tree('filters').filter((file) => dirname(file) === 'filters'), 'supervisor/bpfpipe.ts'];

/** The tests that a file can fail, nearest first: its own, those that import it, those of programs made of it. */
const testsFor = (file: string): string[] => {
	const isNear = (test: string) => basename(test) === basename(file);
	const direct = TESTS.filter((test) => !HOUSE.test(test) && closureOf(test).has(file));
	const made = PROGRAMS.filter((program) => closureOf(program).has(file));
	const started = TESTS.filter((test) =>
		made.some((program) =>
			program.startsWith('supervisor') ? test.startsWith('test/supervisor/') : test === join('test', program),
		),
	);
	const reach = (test: string) => closureOf(test).size;
	const near = direct.filter(isNear);
	const rest = direct.filter((test) => !isNear(test)).sort((a, b) => reach(a) - reach(b));
	return [...new Set([...near, ...rest, ...started])];
};

/** Whether the test passes there, and how long it took; one that does not end is ended, and has not passed. */
const runTest = (folder: string, test: string, limitMs: number): Promise<{ passed: boolean; ms: number }> =>
	new Promise((resolve) => {
		const from = performance.now();
		const env = { ...process.env, BPFPIPE_BUILT: '1', NO_COLOR: '1' };
		const child = spawn(process.execPath, ['--import', 'tsx', test], {
			cwd: folder,
			stdio: 'ignore',
			env,
			detached: true,
		});
		const end = () => {
			try {
				process.kill(-child.pid!, 'SIGKILL');
			} catch {}
		};
		const timer = setTimeout(end, limitMs);
		child.on('exit', (code) => {
			clearTimeout(timer);
			end();
			resolve({ passed: code === 0, ms: performance.now() - from });
		});
	});

const build = (folder: string): boolean =>
	spawnSync(process.execPath, ['--import', 'tsx', 'build.ts'], { cwd: folder, stdio: 'ignore' }).status === 0;

const copyTree = (): string => {
	const folder = mkdtempSync(join(tmpdir(), 'bpfpipe-mutants-'));
	cpSync(TREE, folder, {
		recursive: true,
		filter: (path) => !/^(?:node_modules|\.git)$/.test(relative(TREE, path)),
	});
	symlinkSync(join(TREE, 'node_modules'), join(folder, 'node_modules'));
	return folder;
};

/** What a test takes without any mutant; undefined where it fails even so, or is too slow to ask it. */
const times = new Map<string, Promise<number | undefined>>();
const timeOf = (folder: string, test: string): Promise<number | undefined> => {
	const known =
		times.get(test) ?? runTest(folder, test, BUDGET_MS).then(({ passed, ms }) => (passed ? ms : undefined));
	times.set(test, known);
	return known;
};

/** The test that noticed, or undefined. */
const verdictOn = async (site: Site, folder: string): Promise<string | undefined> => {
	const path = join(folder, site.file);
	const source = readFileSync(path, 'utf8');
	const tests: [string, number][] = [];
	let budget = BUDGET_MS;
	for (const test of testsFor(site.file)) {
		const ms = budget > 0 ? await timeOf(pristine, test) : undefined;
		if (ms === undefined || ms > budget) continue;
		budget -= ms;
		tests.push([test, ms]);
	}
	writeFileSync(path, source.slice(0, site.at) + site.to + source.slice(site.at + site.length));
	try {
		if (!build(folder)) return 'the build';
		for (const [test, ms] of tests) {
			const { passed } = await runTest(folder, test, 10_000 + ms * PATIENCE);
			if (!passed) return test;
		}
		return undefined;
	} finally {
		writeFileSync(path, source);
	}
};

const files = [...tree('filters/lib'), ...tree('supervisor')].filter(
	(file) => parts.length === 0 || parts.some((part) => file.includes(part)),
);
const all = files.flatMap(sitesIn);
const only = values.only?.split(',');
const chance = random(Number(values.seed));
const sample = only
	? all.filter(({ file, line }) => only.includes(`${file}:${line}`))
	: all
			.map((site) => ({ site, key: chance() }))
			.sort((a, b) => a.key - b.key)
			.slice(0, Number(values.count))
			.map(({ site }) => site);

const pristine = copyTree();
build(pristine);
console.log(`${all.length} places in ${files.length} files; ${sample.length} of them, seed ${values.seed}`);
const waiting = [...sample];
const survivors: Site[] = [];
let killed = 0;
const lane = async () => {
	const folder = copyTree();
	for (let site = waiting.shift(); site !== undefined; site = waiting.shift()) {
		const noticed = await verdictOn(site, folder);
		if (noticed !== undefined) killed += 1;
		else {
			survivors.push(site);
			const code = read(site.file).split('\n')[site.line - 1]!.trim();
			console.log(
				`survives  ${site.file}:${site.line}  ${JSON.stringify(site.from.trim())} -> ${JSON.stringify(site.to.trim())}   ${code}`,
			);
		}
		if ((killed + survivors.length) % 25 === 0) console.log(`${killed} of ${killed + survivors.length}`);
	}
	rmSync(folder, { recursive: true });
};
await Promise.all(Array.from({ length: Number(values.lanes) }, lane));
rmSync(pristine, { recursive: true });
console.log(
	`score: ${killed} of ${sample.length} noticed, ${((100 * killed) / Math.max(1, sample.length)).toFixed(0)} %`,
);
