// The versions of a folder: counts as Java's own files have them, gaps, and every way in which a blob can be broken.

import {
	copyFileSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	truncateSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createDataSet } from '../../../../../filters/lib/hollow/blob/data-set.ts';
import { announce } from '../../../../../filters/lib/hollow/folder/announcement.ts';
import { deltaName, snapshotName } from '../../../../../filters/lib/hollow/folder/blob-name.ts';
import { contentsOf } from '../../../../../filters/lib/hollow/folder/contents.ts';
import { loadAlong } from '../../../../../filters/lib/hollow/folder/loader.ts';
import { routeTo } from '../../../../../filters/lib/hollow/folder/route.ts';
import { addCycle } from '../../../../../filters/lib/hollow/metrics/adder.ts';
import { schemaFor } from '../../../../../filters/lib/hollow/metrics/schema.ts';
import { type Entry, historyOf } from '../../../../../filters/lib/hollow/view/history.ts';
import { entryLine, historyText, timeOf } from '../../../../../filters/lib/hollow/view/history-text.ts';
import { writeWhole } from '../../../../data/published.ts';
import { versionOf, versions } from '../../../../data/versions.ts';
import { ROOT } from '../../../../program.ts';

const test = suite('hollow history');
const newFolder = () => mkdtempSync(join(tmpdir(), 'hollow-'));

const copyOf = (set: string): string => {
	const folder = newFolder();
	const from = join(ROOT, 'test/golden/hollow', set);
	for (const file of readdirSync(from)) copyFileSync(join(from, file), join(folder, file));
	return folder;
};

/** How many records came and went, by the ordinals that Java reads. */
const between = (was: Record<string, { records: object }>, is: typeof was) => {
	const counts = { added: 0, removed: 0 };
	for (const type of Object.keys(is)) {
		const [a, b] = [Object.keys(was[type]!.records), Object.keys(is[type]!.records)];
		counts.added += b.filter((one) => !a.includes(one)).length;
		counts.removed += a.filter((one) => !b.includes(one)).length;
	}
	return counts;
};

test('the golden folders: counts, sizes and announcement', () => {
	for (const [set, first, count] of [
		['metrics', 20240101000000001n, 8],
		['alltypes', 20240202000000001n, 5],
	] as const) {
		const folder = join(ROOT, 'test/golden/hollow', set);
		const { entries, unannounced } = historyOf(folder);
		assert.is(unannounced, undefined);
		assert.equal(
			entries.map(({ version }) => version),
			Array.from({ length: count }, (_, at) => String(first + BigInt(at))),
		);
		const expected = entries.map(
			({ version }) => JSON.parse(readFileSync(join(folder, `expected-${version}.json`), 'utf8')).types,
		);
		const size = (name: string) => statSync(join(folder, name)).size;
		for (const [at, entry] of entries.entries()) {
			const { version, problems, gap, synthetic, announced, records, snapshot, header, deltas, back } = entry;
			assert.equal([problems, gap, synthetic, announced], [[], undefined, false, at === count - 1]);
			assert.is(
				records,
				Object.values<{ count: number }>(expected[at]).reduce((sum, one) => sum + one.count, 0),
			);
			assert.equal(
				[snapshot!.bytes, header!.bytes],
				[size(`snapshot-${version}`), size(`header-${version}`)],
			);
			if (at === 0) assert.equal([deltas, back], [[], []]);
			if (at === 0) continue;
			const before = entries[at - 1]!.version;
			assert.equal(
				[deltas.length, deltas[0]!.other, deltas[0]!.bytes],
				[1, before, size(`delta-${before}-${version}`)],
			);
			assert.equal(
				[back.length, back[0]!.other, back[0]!.bytes],
				[1, before, size(`reversedelta-${version}-${before}`)],
			);
			const { added, removed, version: text } = JSON.parse(entryLine(entry));
			assert.equal({ added, removed }, between(expected[at - 1], expected[at]), version);
			assert.is(text, version);
		}
	}
});

test('without snapshots the numbers of records follow from the deltas', () => {
	const folder = copyOf('metrics');
	const wanted = historyOf(folder).entries.map(({ records }) => records);
	for (let cycle = 2; cycle <= 8; cycle++) rmSync(join(folder, `snapshot-2024010100000000${cycle}`));
	assert.equal(
		historyOf(folder).entries.map(({ records }) => records),
		wanted,
	);
});

test('random histories: records, what came and went, synthetic', () => {
	fc.assert(
		fc.property(fc.nat(), fc.array(fc.boolean(), { minLength: 2, maxLength: 5 }), (seed, marks) => {
			const folder = newFolder();
			const data = createDataSet(schemaFor(false));
			let before: string | undefined;
			for (const [at, cycle] of versions(marks.length, seed).entries()) {
				addCycle(data, cycle);
				const blobs = data.publish({ tags: marks[at] ? [['bpfpipe.synthetic', 'true']] : [] })!;
				writeWhole(folder, snapshotName(cycle.version), blobs.snapshot());
				if (before) writeWhole(folder, deltaName(before, cycle.version), blobs.delta());
				if (before) writeWhole(folder, deltaName(cycle.version, before), blobs.reverseDelta());
				before = cycle.version;
			}
			announce(folder, versionOf(1));
			const { entries } = historyOf(folder);
			for (const [at, entry] of entries.entries()) {
				const state = loadAlong(folder, routeTo(contentsOf(folder), entry.version));
				const records = [...state.tables.values()].reduce((sum, { current }) => sum + current.size(), 0);
				assert.equal(
					[entry.records, entry.synthetic, entry.announced, entry.problems],
					[records, marks[at], at === 0, []],
				);
				const { added, removed } = JSON.parse(entryLine(entry));
				if (at > 0) assert.is(entries[at - 1]!.records! + added - removed, records);
				else assert.is(added, undefined);
			}
		}),
		{ numRuns: 20 },
	);
});

const problemsOf = (entries: Entry[]): Record<string, string> =>
	Object.fromEntries(
		entries.flatMap(({ version, problems }) => (problems.length > 0 ? [[version, problems.join('; ')]] : [])),
	);

test('gaps, and versions that only a delta begins at', () => {
	const folder = copyOf('metrics');
	rmSync(join(folder, 'delta-20240101000000003-20240101000000004'));
	rmSync(join(folder, 'snapshot-20240101000000001'));
	rmSync(join(folder, 'header-20240101000000001'));
	rmSync(join(folder, 'reversedelta-20240101000000002-20240101000000001'));
	const { entries } = historyOf(folder);
	assert.equal(
		entries.map(({ version, gap }) => [version.at(-1), gap?.at(-1)]),
		[
			['2', undefined],
			['3', undefined],
			['4', '3'],
			['5', undefined],
			['6', undefined],
			['7', undefined],
			['8', undefined],
		],
	);
	assert.equal(problemsOf(entries), {});
	const text = [...historyText(entries)];
	assert.match(text[3]!, /^ +no delta from 20240101000000003 to 20240101000000004\n$/);
	assert.match(text[1]!, /^20240101000000002 {4}2024-01-01T00:00:00\.002Z +65 +28 +21 +18256 +1674 +-\n$/);
	assert.match(text[4]!, / +369 +- +- +19846 +- +1590\n$/);
});

test('a blob that is cut short anywhere is named, and the rest is told', () => {
	const folder = copyOf('metrics');
	const names = readdirSync(folder).filter((file) => /^(snapshot|delta|reversedelta|header)-/.test(file));
	fc.assert(
		fc.property(fc.constantFrom(...names), fc.double({ min: 0, max: 0.999, noNaN: true }), (name, part) => {
			const whole = readFileSync(join(folder, name));
			truncateSync(join(folder, name), Math.floor(whole.length * part));
			const { entries } = historyOf(folder);
			writeFileSync(join(folder, name), whole);
			const broken = entries.filter(({ problems }) => problems.length > 0);
			assert.equal([entries.length, broken.length], [8, 1]);
			assert.ok(broken[0]!.problems[0]!.startsWith(`${name}: Hollow blob, byte `), broken[0]!.problems[0]);
		}),
		{ numRuns: 150 },
	);
});

test('flipped bits: an entry each time, never an error', () => {
	const folder = newFolder();
	const from = join(ROOT, 'test/golden/hollow/metrics');
	const names = [
		'snapshot-20240101000000002',
		'delta-20240101000000002-20240101000000003',
		'header-20240101000000003',
	];
	const blobs = names.map((name) => readFileSync(join(from, name)));
	fc.assert(
		fc.property(fc.nat(2), fc.array(fc.nat(), { minLength: 1, maxLength: 4 }), (at, bits) => {
			for (const [other, name] of names.entries()) {
				const blob = Buffer.from(blobs[other]!);
				if (other === at) for (const bit of bits) blob[(bit >> 3) % blob.length]! ^= 1 << (bit & 7);
				writeFileSync(join(folder, name), blob);
			}
			const { entries } = historyOf(folder);
			assert.is(entries.length, 2);
			for (const entry of entries) assert.type(JSON.parse(entryLine(entry)).version, 'string');
			assert.is([...historyText(entries)].length, 3);
		}),
		{ numRuns: 300 },
	);
});

test('blobs of another state, and an announcement that leads nowhere, of garbage, or none', () => {
	const folder = copyOf('metrics');
	const v = (cycle: number) => `2024010100000000${cycle}`;
	copyFileSync(join(folder, `delta-${v(5)}-${v(6)}`), join(folder, `delta-${v(1)}-${v(2)}`));
	copyFileSync(join(folder, `snapshot-${v(8)}`), join(folder, `snapshot-${v(7)}`));
	const problems = problemsOf(historyOf(folder).entries);
	assert.match(
		problems[v(2)]!,
		new RegExp(`delta-${v(1)}-${v(2)} is of another state than snapshot-${v(2)}`),
	);
	assert.match(problems[v(7)]!, new RegExp(`header-${v(7)} is of another state than snapshot-${v(7)}`));
	const delta = readFileSync(join(folder, `delta-${v(3)}-${v(4)}`));
	delta[8]! ^= 1;
	writeFileSync(join(folder, `delta-${v(3)}-${v(4)}`), delta);
	assert.is(
		problemsOf(historyOf(folder).entries)[v(3)],
		`delta-${v(3)}-${v(4)} is of another state than snapshot-${v(3)}`,
	);
	announce(folder, v(9));
	const far = historyOf(folder).entries.at(-1)!;
	assert.equal([far.version, far.announced], [v(9), true]);
	assert.match(
		far.problems[0]!,
		new RegExp(`announced, but there is no way to ${v(9)}: no delta-${v(8)}-${v(9)}`),
	);
	writeFileSync(join(folder, 'announced.version'), ' \n');
	assert.is(historyOf(folder).unannounced!.isGarbage, true);
	rmSync(join(folder, 'announced.version'));
	assert.is(historyOf(folder).unannounced!.isGarbage, false);
	assert.equal(historyOf(newFolder()).entries, []);
	assert.throws(() => historyOf(join(folder, 'nothing')), /ENOENT/);
});

test('files of other names are none of our business; versions compare as numbers', () => {
	const folder = newFolder();
	const golden = join(ROOT, 'test/golden/hollow/metrics');
	for (const name of [
		'snapshot-9',
		'snapshot-10',
		'snapshot-18446744073709551616',
		'snapshot-9.tmp',
		'.snapshot-8.tmp',
		'snapshot_PART-7',
	])
		copyFileSync(join(golden, 'snapshot-20240101000000001'), join(folder, name));
	assert.equal(
		historyOf(folder).entries.map(({ version }) => version),
		['9', '10'],
	);
});

test('the time in a version', () => {
	assert.is(timeOf('20240229235959999'), '2024-02-29T23:59:59.999Z');
	for (const none of [
		'20230229000000000',
		'20241301000000000',
		'20240101240000000',
		'20240101006000000',
		'1',
		'2024010100000000',
		'202401010000000001',
	])
		assert.is(timeOf(none), undefined, none);
});

test.run();
