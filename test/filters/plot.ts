// Records as pictures: which files come of what, that they are the same everywhere, and that they can be looked at.

import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { gaugeOf, histogramOf, sumOf } from '../data/measures.ts';
import { outcome, run, start } from '../program.ts';

const test = suite('plot');
const inFolder = async (body: (folder: string) => Promise<void>) => {
	const folder = mkdtempSync(join(tmpdir(), 'plot-'));
	try {
		await body(folder);
	} finally {
		rmSync(folder, { recursive: true });
	}
};

const NOW = 1_763_712_000_000;
const prints = (count: number, more: object = {}): string =>
	Array.from({ length: count }, (_, at) => {
		const ts = NOW + at * 1000;
		return [
			histogramOf(
				[
					[1, 2, 9 * at],
					[64, 128, at],
				],
				{ ts, metric: 'cpu-lat', ...more },
			),
			sumOf(at * 7, { ts, metric: 'Calls', ...more }),
			gaugeOf(at % 5, { ts, metric: 'load', ...more }),
		]
			.map((record) => `${JSON.stringify(record)}\n`)
			.join('');
	}).join('');
const sumsOf = (folder: string) =>
	readdirSync(folder)
		.sort()
		.map(
			(file) =>
				`${createHash('sha256')
					.update(readFileSync(join(folder, file)))
					.digest('hex')} ${file}`,
		);
const NAMES = ['aggregates', 'calls', 'cpu-lat', 'load', 'summary'];

test('a picture for each metric and two of all, in both forms, named on stdout', () =>
	inFolder(async (folder) => {
		const { status, stdout, stderr } = await run('plot', ['-o', folder], prints(60));
		assert.equal([status, stderr], [0, '']);
		const wanted = NAMES.flatMap((name) => ['png', 'svg'].map((form) => `${name}_20251121T080059Z.${form}`));
		assert.equal(readdirSync(folder).sort(), wanted);
		assert.equal(
			stdout.trimEnd().split('\n').sort(),
			wanted.map((name) => join(folder, name)),
		);
	}));

test('a PNG is as large as its SVG says, and its text is drawn', () =>
	inFolder(async (folder) => {
		await run('plot', ['-o', folder, '--width', '800'], prints(60));
		const png = readFileSync(join(folder, 'cpu-lat_20251121T080059Z.png'));
		const svg = readFileSync(join(folder, 'cpu-lat_20251121T080059Z.svg'), 'utf8');
		assert.is(png.subarray(1, 4).toString(), 'PNG');
		const [, width, height] = /width="(\d+)" height="(\d+)"/.exec(svg)!.map(Number);
		assert.equal([png.readUInt32BE(16), png.readUInt32BE(20)], [width, height]);
		const { Resvg } = await import('@resvg/resvg-js');
		// The same without any text: where a font is missing the two would be equal.
		const bare = new Resvg(svg.replace(/<text[\s\S]*?<\/text>/g, '')).render().asPng();
		assert.not.equal(Buffer.from(bare), png);
	}));

test('the same bytes in any zone, in any process', () =>
	inFolder(async (folder) => {
		const folders = ['UTC', 'Asia/Tokyo'].map(
			(zone) => [zone, join(folder, zone.replace('/', '-'))] as const,
		);
		for (const [TZ, into] of folders) {
			const child = start('plot', ['-o', into], { TZ });
			child.stdin!.end(prints(60));
			assert.is((await outcome(child)).status, 0);
		}
		assert.equal(sumsOf(folders[0]![1]), sumsOf(folders[1]![1]));
	}));

test('--create-latest, --format, and a second run that replaces what is there', () =>
	inFolder(async (folder) => {
		const args = ['-o', folder, '--create-latest', '--format', 'svg'];
		await run('plot', args, prints(30));
		const first = readFileSync(join(folder, 'cpu-lat_latest.svg'), 'utf8');
		assert.is(readFileSync(join(folder, 'cpu-lat_20251121T080029Z.svg'), 'utf8'), first);
		await run('plot', args, prints(60));
		assert.is.not(readFileSync(join(folder, 'cpu-lat_latest.svg'), 'utf8'), first);
		assert.is(readdirSync(folder).length, 15);
		assert.not(readdirSync(folder).some((file) => file.endsWith('.png')));
	}));

test('sample data is drawn into every picture that has any, and into those of all', () =>
	inFolder(async (folder) => {
		await run('plot', ['-o', folder, '--format', 'svg'], prints(20, { synthetic: true }));
		for (const file of readdirSync(folder))
			assert.match(readFileSync(join(folder, file), 'utf8'), /SAMPLE/, file);
	}));

test('--keep: pictures of so many times stay, and what is called otherwise', () =>
	inFolder(async (folder) => {
		const plot = (seconds: number, ...more: string[]) =>
			run('plot', ['-o', folder, '--format', 'svg', '--create-latest', ...more], prints(seconds));
		for (const seconds of [10, 20]) await plot(seconds);
		writeFileSync(join(folder, 'mine.svg'), '');
		assert.is(readdirSync(folder).length, 3 * NAMES.length + 1);
		const { status, stderr } = await plot(30, '--keep', '2');
		assert.equal([status, stderr], [0, '']);
		const wanted = NAMES.flatMap((name) =>
			['20251121T080019Z', '20251121T080029Z', 'latest'].map((stamp) => `${name}_${stamp}.svg`),
		);
		assert.equal(readdirSync(folder).sort(), [...wanted, 'mine.svg'].sort());
		assert.is((await plot(30, '--keep', '0')).status, 64);
	}));

test('--interval writes while records come', () =>
	inFolder(async (folder) => {
		const child = start('plot', ['-o', folder, '--format', 'svg', '--interval', '200ms', '--create-latest']);
		const done = outcome(child);
		child.stdin!.write(prints(20));
		const deadline = performance.now() + 8000;
		while (!existsSync(join(folder, 'summary_latest.svg')) && performance.now() < deadline) await sleep(20);
		assert.ok(existsSync(join(folder, 'summary_latest.svg')));
		const files = readdirSync(folder).length;
		await sleep(500);
		assert.is(readdirSync(folder).length, files, 'nothing new is nothing to write');
		child.kill('SIGTERM');
		assert.is((await done).status, 0);
	}));

test('no records are told, wrong use is refused', () =>
	inFolder(async (folder) => {
		const none = await run('plot', ['-o', folder], '');
		assert.equal([none.status, none.stdout], [0, '']);
		assert.match(none.stderr, /no records came, so there is nothing to draw/);
		for (const [args, problem] of [
			[['--format', 'gif'], /--format: "gif" is not svg, png or svg,png/],
			[['--width', '10'], /--width: "10" is not a whole number from 600 to 4000/],
			[['--interval', '0'], /--interval/],
		] as const) {
			const { status, stderr } = await run('plot', ['-o', folder, ...args], '');
			assert.is(status, 64);
			assert.match(stderr, problem);
		}
	}));

test.run();
