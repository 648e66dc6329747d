// build: filters/NAME.ts and supervisor/bpfpipe.ts become dist/NAME.cjs, one minified file each; the page dist/web/
// bpf/NAME.bpf.c become dist/bpf/NAME.bpf.o where clang is, beside their NAME.yaml.
// A bundle starts in 25 ms where tsx takes 200; its header comment is kept, since that is its --help.

import { spawnSync } from 'node:child_process';
import {
	copyFileSync,
	cpSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { headerOf } from './filters/lib/program.ts';

const ROOT = fileURLToPath(new URL('.', import.meta.url));
const OUT = join(ROOT, 'dist');

/** Every program's source file: each stage, and the supervisor. */
export const programs = (): string[] => [
	...readdirSync(join(ROOT, 'filters'))
		.filter((file) => file.endsWith('.ts'))
		.map((file) => join(ROOT, 'filters', file)),
	join(ROOT, 'supervisor', 'bpfpipe.ts'),
];

// esbuild keeps the shebang line itself, above the banner.
const banner = (source: string): string => {
	const header = headerOf(readFileSync(source, 'utf8')).trimEnd();
	const comment = header.split('\n').map((line) => `// ${line}`.trimEnd());
	return [...comment, '"use strict";const program_meta={filename:__filename};'].join('\n');
};

/** Where a bundled module of a package lies: `node_modules/NAME` or `node_modules/@SCOPE/NAME`. */
const packageOf = (input: string): string | undefined =>
	/.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];

const licenceText = (name: string): string => {
	const folder = join(ROOT, 'node_modules', name);
	const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
	const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
	const text = file ? readFileSync(join(folder, file), 'utf8').trim() : `Licence: ${manifest.license}`;
	return `${name} ${manifest.version} (${manifest.license})\n\n${text}\n`;
};

// Whole or not at all: a stage may be started, or restarted, while its bundle is being replaced.
const replaceFile = (path: string, content: string | Uint8Array, mode = 0o755): void => {
	const aside = `${path}.${process.pid}`;
	writeFileSync(aside, content, { mode });
	renameSync(aside, path);
};

/** Bundle one program into `folder`; the answer names the packages that went into it. */
export const bundle = async (source: string, folder = OUT): Promise<string[]> => {
	const outfile = join(folder, `${basename(source, '.ts')}.cjs`);
	const { metafile, outputFiles } = await build({
		entryPoints: [source],
		outfile,
		write: false,
		bundle: true,
		minify: true,
		metafile: true,
		platform: 'node',
		target: 'node20.19',
		format: 'cjs',
		legalComments: 'none',
		alias: { 'readable-stream': 'node:stream' },
		// Binaries, and optional: they are looked for where their packages are installed.
		external: ['@resvg/resvg-js', 'koffi'],
		define: { 'import.meta': 'program_meta' },
		banner: { js: banner(source) },
		absWorkingDir: ROOT,
		logLevel: 'warning',
	});
	replaceFile(outfile, outputFiles[0]!.contents);
	return Object.keys(metafile.inputs).flatMap((input) => packageOf(input) ?? []);
};

/** The page: its HTML and pictures as they are, one script and one style with all that they import. */
const WEB = join(ROOT, 'filters', 'web');
const AS_THEY_ARE = ['index.html', 'favicon.svg', 'favicon-sample.svg'];

/** Bundle the page of `serve` into `folder`; the answer names the packages that went into it. */
export const bundlePage = async (folder = join(OUT, 'web')): Promise<string[]> => {
	const { metafile, outputFiles } = await build({
		entryPoints: [
			{ in: join(WEB, 'page.ts'), out: 'page' },
			{ in: join(WEB, 'page.css'), out: 'page' },
			// Fetched when somebody opens it. What both need is in a file that index.html names too, so it is no later.
			{ in: join(WEB, 'kea', 'tab.ts'), out: 'kea' },
			{ in: join(WEB, 'kea', 'kea.css'), out: 'kea' },
		],
		splitting: true,
		chunkNames: 'shared',
		outdir: folder,
		write: false,
		bundle: true,
		minify: true,
		metafile: true,
		platform: 'browser',
		target: ['es2022', 'chrome111', 'firefox115', 'safari16.4'],
		format: 'esm',
		legalComments: 'none',
		absWorkingDir: ROOT,
		logLevel: 'warning',
	});
	mkdirSync(folder, { recursive: true });
	const files = new Map(outputFiles.map(({ path, contents }) => [basename(path), contents]));
	for (const name of AS_THEY_ARE) files.set(name, readFileSync(join(WEB, name)));
	for (const name of readdirSync(folder)) if (!files.has(name)) rmSync(join(folder, name), { force: true });
	for (const [name, content] of files) replaceFile(join(folder, name), content, 0o644);
	return Object.keys(metafile.inputs).flatMap((input) => packageOf(input) ?? []);
};

/** The fonts that pictures are drawn with, and their licence. */
const putFonts = (): void => {
	const from = join(ROOT, 'node_modules', 'dejavu-fonts-ttf');
	const folder = join(OUT, 'fonts');
	mkdirSync(folder, { recursive: true });
	for (const name of ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'])
		replaceFile(join(folder, name), readFileSync(join(from, 'ttf', name)), 0o644);
	replaceFile(join(folder, 'LICENSE'), readFileSync(join(from, 'LICENSE')), 0o644);
};

/** The kernel programs: bpf/NAME.bpf.c, and bpf/NAME.yaml, which says what their maps mean. */
const KERNEL = join(ROOT, 'bpf');
const COMPILE = ['-O2', '-g', '-Wall', '-Werror', '-target', 'bpf', '-mcpu=v2', '-c'];

const clang = (...args: string[]) => spawnSync('clang', args, { encoding: 'utf8' });

/** Why the kernel programs cannot be compiled here, or ''. */
export const clangLacks = (): string => {
	if (clang('--version').error) return 'no clang';
	const input = `#include "${join(KERNEL, 'kernel.h')}"\n`;
	const probe = spawnSync('clang', ['-target', 'bpf', '-fsyntax-only', '-xc', '-'], { input });
	return probe.status === 0 ? '' : 'no header bpf/bpf_helpers.h (libbpf-dev)';
};

/** Compile one kernel program to `object`. Rejects with what clang says. */
export const compileKernel = (source: string, object: string): void => {
	const aside = `${object}.${process.pid}`;
	const { status, stderr, error } = clang(...COMPILE, '-I', KERNEL, source, '-o', aside);
	if (status !== 0) throw error ?? new Error(`clang: ${source}\n${stderr}`);
	// Without the text of the sources, which only debuggers read, an object has a third of its size.
	spawnSync('llvm-strip', ['-g', aside]);
	renameSync(aside, object);
};

/** Every kernel program of ours into `folder`, beside its annotations; the answer says why it was left out, or ''. */
export const buildKernel = (folder = join(OUT, 'bpf')): string => {
	const lack = clangLacks();
	if (lack !== '') return lack;
	mkdirSync(folder, { recursive: true });
	const sources = readdirSync(KERNEL);
	const made = sources.filter((file) => file.endsWith('.bpf.c')).map((file) => file.replace(/c$/, 'o'));
	const notes = sources.filter((file) => file.endsWith('.yaml'));
	for (const file of readdirSync(folder))
		if (![...made, ...notes].includes(file)) rmSync(join(folder, file), { force: true });
	for (const file of made) compileKernel(join(KERNEL, file.replace(/o$/, 'c')), join(folder, file));
	for (const file of notes) copyFileSync(join(KERNEL, file), join(folder, file));
	return '';
};

/** Make dist/ up to date: a bundle for each program and no other, the page, and the licences of what they contain. */
export const buildAll = async (): Promise<void> => {
	mkdirSync(OUT, { recursive: true });
	const wanted = new Set(programs().map((source) => `${basename(source, '.ts')}.cjs`));
	for (const file of readdirSync(OUT))
		if (!['web', 'fonts', 'bpf', 'proto'].includes(file) && !wanted.has(file))
			rmSync(join(OUT, file), { force: true });
	const used = new Set(
		(await Promise.all([...programs().map((source) => bundle(source)), bundlePage()])).flat(),
	);
	putFonts();
	cpSync(join(ROOT, 'etc', 'proto'), join(OUT, 'proto'), { recursive: true });
	const lack = buildKernel();
	if (lack !== '') console.error(`build: ${lack}, so dist/bpf/ is not made; npm run setup installs it`);
	const licences = [...used].sort().map(licenceText);
	replaceFile(join(OUT, 'LICENSES.txt'), licences.join(`\n${'-'.repeat(72)}\n\n`));
};

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildAll();
