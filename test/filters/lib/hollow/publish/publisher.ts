// One writer, many versions: what lies in the folder can be reached on every way, whatever happens in between.

import { spawnSync } from 'node:child_process';
import fs, {
	copyFileSync,
	cpSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
	truncateSync,
	utimesSync,
	writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Failure } from '../../../../../filters/lib/failure.ts';
import { ValueError } from '../../../../../filters/lib/hollow/blob/bytes/errors.ts';
import { createDataSet } from '../../../../../filters/lib/hollow/blob/data-set.ts';
import { readSnapshot } from '../../../../../filters/lib/hollow/blob/reader.ts';
import { checksum } from '../../../../../filters/lib/hollow/blob/state.ts';
import { ordinalsOf, recordOf } from '../../../../../filters/lib/hollow/blob/values.ts';
import { announcedIn } from '../../../../../filters/lib/hollow/folder/announcement.ts';
import { contentsOf } from '../../../../../filters/lib/hollow/folder/contents.ts';
import { loadAlong } from '../../../../../filters/lib/hollow/folder/loader.ts';
import { routeTo } from '../../../../../filters/lib/hollow/folder/route.ts';
import type { Cycle } from '../../../../../filters/lib/hollow/metrics/cycle.ts';
import { schemaFor } from '../../../../../filters/lib/hollow/metrics/schema.ts';
import { checkBlobs } from '../../../../../filters/lib/hollow/publish/check.ts';
import { openPublisher, type PublisherOptions } from '../../../../../filters/lib/hollow/publish/publisher.ts';
import { cycleAt, keptLog, stateAt, sumAt, version } from '../../../../data/published.ts';
import { isRoot, testWith } from '../../../../parts.ts';
import { ROOT } from '../../../../program.ts';

const test = suite('hollow publisher');
const room = mkdtempSync(join(tmpdir(), 'publisher-'));
let folders = 0;
const fresh = () => join(room, `f${folders++}`);
test.after(() => rmSync(room, { recursive: true }));

const open = (folder: string, more: Partial<PublisherOptions> = {}) =>
	openPublisher({ folder, keep: 0, log: keptLog().log, ...more });

/** A disk that gives back other bytes than were written to it: one of `text`, in files called `name...`. */
const misread = (name: string, text: string): (() => void) => {
	const { readFileSync: read } = fs;
	const wrong = (path: string, ...rest: []) => {
		const bytes = read(path, ...rest);
		if (basename(path).startsWith(name)) bytes[bytes.indexOf(text)]! ^= 1;
		return bytes;
	};
	const become = (one: unknown) => {
		fs.readFileSync = one as typeof read;
		syncBuiltinESMExports();
	};
	become(wrong);
	return () => become(read);
};

/** Publish cycles in one run of a writer. */
const publish = async (folder: string, cycles: Cycle[], more: Partial<PublisherOptions> = {}) => {
	const publisher = await open(folder, more);
	try {
		const kinds: string[] = [];
		for (const cycle of cycles) kinds.push((await publisher.publish(cycle)).kind);
		return kinds;
	} finally {
		await publisher.close();
	}
};
const upTo = (n: number, from = 1) => Array.from({ length: n - from + 1 }, (_, at) => cycleAt(from + at));
const failure = async (work: Promise<unknown>): Promise<Failure> => {
	try {
		await work;
	} catch (error) {
		assert.instance(error, Failure, String((error as Error).stack));
		return error as Failure;
	}
	return assert.unreachable('nothing failed') as never;
};
const blobs = (folder: string) => readdirSync(folder).filter((file) => /^[a-z]+-/.test(file));

test('every version is reached by its snapshot, by deltas from the first and by reverse deltas from the last', async () => {
	const folder = fresh();
	for (const [from, to] of [
		[1, 4],
		[5, 5],
		[6, 9],
	] as const)
		assert.equal(await publish(folder, upTo(to, from)), Array(to - from + 1).fill('published'));
	assert.is(announcedIn(folder), version(9));
	for (let n = 1; n <= 9; n++) {
		const own = sumAt(folder, version(n));
		assert.is(sumAt(folder, version(n), version(1)), own);
		assert.is(sumAt(folder, version(n), version(9)), own);
		const header = new Map(readSnapshot(readFileSync(join(folder, `snapshot-${version(n)}`))).tags);
		assert.match(header.get('bpfpipe.checksum')!, new RegExp(`^${own}\\.[0-9a-f]+$`));
		assert.is(header.get('bpfpipe.dataset'), 'ebpf_metrics');
		assert.is(header.get('hollow.schema.hash'), '-463462937');
		assert.is(header.get('hollow.blob.to.version'), version(n));
		assert.is(header.get('hollow.delta.chain.version.counter'), String(n));
		assert.not.ok(header.has('bpfpipe.synthetic'));
	}
	assert.is(new Set(upTo(9).map((cycle) => sumAt(folder, cycle.version))).size, 9);
});

test('what was published is what is read, wide numbers and sample data too', async () => {
	const folder = fresh();
	const big = '9223372036854775807';
	const states = [
		{
			...stateAt(1),
			metrics: [{ name: 'm', total: big, unit: 'ns', buckets: [[0, '9007199254740993', big]] }],
		},
	] as Cycle['states'];
	await publish(folder, [cycleAt(1, { wide: true, synthetic: true, states })]);
	const state = readSnapshot(readFileSync(join(folder, `snapshot-${version(1)}`)));
	assert.is(new Map(state.tags).get('bpfpipe.synthetic'), 'true');
	const [ordinal] = ordinalsOf(state, 'MetricBucket');
	assert.equal(recordOf(state, 'MetricBucket', ordinal!), {
		lower: 0n,
		upper: 9007199254740993n,
		count: BigInt(big),
	});
	assert.equal(
		[...state.tables.values()].map(({ schema }) => schema),
		schemaFor(true),
	);
});

test('an older cycle is refused, one that changes nothing writes nothing', async () => {
	const folder = fresh();
	const publisher = await open(folder);
	assert.equal(await publisher.publish(cycleAt(1, { states: [] })), { kind: 'unchanged' });
	assert.is(publisher.announced(), undefined);
	await publisher.publish(cycleAt(5));
	const before = readdirSync(folder);
	assert.equal(await publisher.publish(cycleAt(5)), { kind: 'old', announced: version(5) });
	assert.equal(await publisher.publish(cycleAt(4)), { kind: 'old', announced: version(5) });
	assert.equal(await publisher.publish(cycleAt(6, { states: cycleAt(5).states })), {
		kind: 'unchanged',
		version: version(5),
	});
	assert.equal(readdirSync(folder), before);
	assert.is((await publisher.publish(cycleAt(7))).kind, 'published');
	await publisher.close();
	assert.ok(existsSync(join(folder, `delta-${version(5)}-${version(7)}`)));
});

test('a value that does not fit leaves nothing of its cycle', async () => {
	const folder = fresh();
	const publisher = await open(folder);
	await publisher.publish(cycleAt(1));
	const wrong = cycleAt(2, { states: [stateAt(2), { ...stateAt(2, 'x'), aggregates: [['a', 3e9]] }] });
	try {
		await publisher.publish(wrong);
		assert.unreachable();
	} catch (error) {
		assert.instance(error, ValueError);
		assert.match((error as Error).message, /^MetricsState of [a-z0-9]+\.aggregates\.a.*3000000000/);
	}
	await publisher.publish(cycleAt(3));
	await publisher.close();
	assert.is(sumAt(folder, version(3), version(1)), sumAt(folder, version(3)));
	assert.equal(await publish(fresh(), [cycleAt(3)]), ['published']);
});

test('random cycles over random restarts: all ways lead to the same', async () => {
	const metric = fc.record({
		name: fc.constantFrom('a', 'b', 'c', 'd'),
		total: fc.integer({ min: -5, max: 5 }),
		unit: fc.constantFrom('us', 'µs', ''),
		buckets: fc.array(
			fc.tuple(fc.integer({ min: 0, max: 3 }), fc.constant(null), fc.integer({ min: 0, max: 3 })),
			{
				maxLength: 3,
			},
		),
	});
	const state = fc.record({
		source: fc.string({ maxLength: 2 }),
		timestamp: fc.constantFrom('t1', 't2'),
		metrics: fc.uniqueArray(metric, { selector: ({ name }) => name, maxLength: 4 }),
		aggregates: fc.uniqueArray(fc.tuple(fc.string({ maxLength: 2 }), fc.nat(3)), {
			selector: ([name]) => name,
			maxLength: 2,
		}),
	});
	const runs = fc.array(
		fc.array(fc.uniqueArray(state, { selector: ({ source }) => source, maxLength: 3 }), { maxLength: 3 }),
		{
			minLength: 1,
			maxLength: 4,
		},
	);
	await fc.assert(
		fc.asyncProperty(runs, async (list) => {
			const folder = fresh();
			let n = 0;
			for (const run of list)
				await publish(
					folder,
					run.map((states) => cycleAt(++n, { states: states as Cycle['states'] })),
				);
			const { snapshots } = contentsOf(folder);
			for (const at of snapshots) {
				assert.is(sumAt(folder, at, snapshots[0]), sumAt(folder, at));
				assert.is(sumAt(folder, at, snapshots.at(-1)), sumAt(folder, at));
			}
			if (snapshots.length > 0) assert.is(announcedIn(folder), snapshots.at(-1));
		}),
		{ numRuns: 40 },
	);
});

test('keep: the newest versions stay and can be followed, the rest goes', async () => {
	const folder = fresh();
	await publish(folder, upTo(10), { keep: 4 });
	assert.equal(contentsOf(folder).snapshots, [7, 8, 9, 10].map(version));
	assert.is(blobs(folder).length, 4 + 4 + 3 + 3);
	assert.is(sumAt(folder, version(10), version(7)), sumAt(folder, version(10)));
	await publish(folder, upTo(12, 11), { keep: 0 });
	assert.is(contentsOf(folder).snapshots.length, 6);
	await publish(folder, [cycleAt(13)], { keep: 2, needed: () => version(9) });
	assert.equal(contentsOf(folder).snapshots, [9, 10, 11, 12, 13].map(version));
});

test('keep: a version without a snapshot of its own keeps what leads to it', async () => {
	const folder = fresh();
	await publish(folder, upTo(6));
	for (const n of [3, 4, 5, 6]) rmSync(join(folder, `snapshot-${version(n)}`));
	await publish(folder, [cycleAt(7)], { keep: 3 });
	assert.equal(contentsOf(folder).snapshots, [2, 7].map(version));
	assert.is(sumAt(folder, version(7), version(2)), sumAt(folder, version(7)));
});

test('a second writer is refused, and the first one is named; after it the folder is free', async () => {
	const folder = fresh();
	const first = await open(folder);
	const second = await failure(open(folder));
	assert.is(second.code, 75);
	assert.match(second.message, new RegExp(`^${folder} has a writer already: process ${process.pid} on `));
	await first.publish(cycleAt(1));
	await first.close();
	assert.equal(await publish(folder, [cycleAt(2)]), ['published']);
});

test('remains of a crash are removed, files of others stay', async () => {
	const folder = fresh();
	await publish(folder, upTo(3));
	const good = readdirSync(folder);
	writeFileSync(join(folder, 'announced.version'), version(2));
	for (const name of [
		`.snapshot-${version(4)}.tmp`,
		'.announced.version.tmp',
		'notes.txt',
		'.other.tmp',
		'delta-x',
	])
		writeFileSync(join(folder, name), 'unfinished');
	const { log, lines } = keptLog();
	await publish(folder, [], { log });
	assert.match(lines.join('\n'), new RegExp(`removed the blobs of ${version(3)}: never announced`));
	const kept = good.filter((name) => !name.includes(version(3)));
	assert.equal(readdirSync(folder).sort(), [...kept, 'notes.txt', '.other.tmp', 'delta-x'].sort());
	await publish(folder, [cycleAt(4)]);
	assert.is(sumAt(folder, version(4), version(1)), sumAt(folder, version(4)));
});

test('a crash before the first announcement leaves a folder that can be begun with', async () => {
	const folder = fresh();
	await publish(folder, [cycleAt(1)]);
	rmSync(join(folder, 'announced.version'));
	assert.equal(await publish(folder, [cycleAt(1)]), ['published']);
	assert.equal(contentsOf(folder).snapshots, [version(1)]);
});

test("a chain that Java wrote goes on, and Java's blobs above the announced version are not touched", async () => {
	const folder = fresh();
	cpSync(join(ROOT, 'test/golden/hollow/metrics'), folder, { recursive: true });
	const last = announcedIn(folder);
	await publish(folder, upTo(2));
	assert.is(sumAt(folder, version(2), contentsOf(folder).snapshots[0]), sumAt(folder, version(2)));
	assert.is(sumAt(folder, last, version(2)), sumAt(folder, last));
	const other = fresh();
	cpSync(join(ROOT, 'test/golden/hollow/metrics'), other, { recursive: true });
	writeFileSync(join(other, 'announced.version'), '20240101000000005');
	const before = readdirSync(other);
	for (const announced of [true, false]) {
		if (!announced) rmSync(join(other, 'announced.version'));
		const { code, message } = await failure(open(other, { newChain: true }));
		assert.is(code, 78);
		assert.match(message, /not announced and not ours: another producer writes here/);
	}
	assert.equal(
		readdirSync(other).filter((name) => name !== '.writer.lock'),
		before.filter((name) => name !== 'announced.version'),
	);
});

test('a folder of another data set, of another schema, or of short versions', async () => {
	const alien = fresh();
	cpSync(join(ROOT, 'test/golden/hollow/alltypes'), alien, { recursive: true });
	const first = await failure(open(alien));
	assert.is(first.code, 78);
	assert.match(first.message, /holds no metrics as we write them; take another folder, or .* --new-chain$/);

	const folder = fresh();
	await publish(folder, [cycleAt(1)]);
	const named = await failure(publish(folder, [cycleAt(2, { dataset: 'other' })], { newChain: true }));
	assert.is(named.code, 78);
	assert.match(
		named.message,
		/holds the data set ebpf_metrics, and cycle \d+ is of other: take another folder/,
	);
	const wide = await failure(publish(folder, [cycleAt(2, { wide: true })]));
	assert.is(wide.code, 78);
	assert.match(wide.message, /holds Integers, and cycle \d+ has Longs; .*--new-chain/);
	assert.is(announcedIn(folder), version(1));

	const short = fresh();
	await publish(short, [cycleAt(1)]);
	renameSync(join(short, `snapshot-${version(1)}`), join(short, 'snapshot-7'));
	writeFileSync(join(short, 'announced.version'), '7');
	rmSync(join(short, `header-${version(1)}`));
	assert.match((await failure(open(short))).message, /announces 7: not 17 digits/);
});

test('a broken announced state stops the writer; --new-chain begins anew above it', async () => {
	const folder = fresh();
	await publish(folder, upTo(3));
	truncateSync(join(folder, `snapshot-${version(3)}`), 9000);
	const broken = await failure(open(folder));
	assert.is(broken.code, 65);
	assert.match(
		broken.message,
		/snapshot-\d+: Hollow blob, byte \d+: .*; mend it, move it away, or .* --new-chain$/,
	);
	copyFileSync(join(folder, `snapshot-${version(2)}`), join(folder, `snapshot-${version(3)}`));
	assert.match((await failure(open(folder))).message, /what should lead to \d+3 leads to \d+2; mend it/);
	const { log, lines } = keptLog();
	rmSync(join(folder, `snapshot-${version(3)}`));
	truncateSync(join(folder, `delta-${version(2)}-${version(3)}`), 700);
	assert.equal(await publish(folder, [cycleAt(2), cycleAt(4), cycleAt(5)], { newChain: true, log }), [
		'old',
		'published',
		'published',
	]);
	assert.match(lines.join('\n'), /warning: a new chain begins, every consumer loads a snapshot: .*delta-/);
	assert.not.ok(existsSync(join(folder, `delta-${version(3)}-${version(4)}`)));
	assert.is(sumAt(folder, version(5), version(4)), sumAt(folder, version(5)));
	assert.is(sumAt(folder, version(2), version(1)), sumAt(folder, version(2)));

	writeFileSync(join(folder, 'announced.version'), '');
	assert.is((await failure(open(folder))).code, 65);
	assert.equal(await publish(folder, [cycleAt(5), cycleAt(6)], { newChain: true }), ['old', 'published']);
	assert.equal(await publish(folder, [cycleAt(7, { wide: true })], { newChain: true }), ['published']);
	assert.is(announcedIn(folder), version(7));
});

test('bits that rotted since are found by the checksum that is noted in the blob', async () => {
	const folder = fresh();
	await publish(folder, [cycleAt(1)]);
	const path = join(folder, `snapshot-${version(1)}`);
	const bytes = readFileSync(path);
	const at = bytes.indexOf('metric-1');
	bytes[at] = 'M'.charCodeAt(0);
	writeFileSync(path, bytes);
	const { code, message } = await failure(open(folder));
	assert.is(code, 65);
	assert.match(message, /has the checksum [0-9a-f.]+, not [0-9a-f.]+; mend it/);
});

test('a failed check: nothing is announced, nothing stays, and the next cycle goes on', async () => {
	const folder = fresh();
	const publisher = await open(folder);
	await publisher.publish(cycleAt(1));
	const before = readdirSync(folder);
	const mend = misread('.delta-', 'metric-');
	const { code, message } = await failure(publisher.publish(cycleAt(2)));
	mend();
	assert.is(code, 70);
	assert.match(message, /^the delta that was written leads to another String \d+: nothing is/);
	assert.equal(readdirSync(folder), before);
	assert.is(announcedIn(folder), version(1));
	assert.is((await publisher.publish(cycleAt(3))).kind, 'published');
	await publisher.close();
	assert.is(sumAt(folder, version(3), version(1)), sumAt(folder, version(3)));
	assert.is(sumAt(folder, version(1), version(3)), sumAt(folder, version(1)));
});

test('the check finds each blob that is wrong', () => {
	const data = createDataSet(schemaFor(false));
	const add = (n: number) =>
		data.add('MetricsState', { timestamp: `t${n}`, source: 's', metrics: [], aggregates: [['a', n]] });
	add(1);
	const first = data.publish()!.snapshot();
	add(2);
	const made = data.publish()!;
	const right = { snapshot: made.snapshot(), delta: made.delta(), reverse: made.reverseDelta() };
	const sum = checksum(data.state);
	const check = (blobs: Partial<typeof right>) => () => {
		const { snapshot, delta, reverse } = { ...right, ...blobs };
		checkBlobs(
			{ snapshot: () => snapshot, delta: () => delta, reverse: () => reverse },
			{ state: data.state, sum },
		);
	};
	check({})();
	assert.throws(check({ snapshot: first }), /the snapshot that was written leads to the checksum/);
	assert.throws(check({ snapshot: right.snapshot.subarray(0, 500) }), /the snapshot .* cannot be read back/);
	assert.throws(check({ delta: right.reverse }), /the delta that was written cannot be read back/);
	assert.throws(check({ reverse: right.delta }), /the reverse delta that was written cannot be read back/);
	// Blobs that can be read and lead elsewhere: to other records, to records that are not there, and past some.
	for (const [blob, what] of [
		['delta', /the delta .* leads to another String \d+:/],
		['reverse', /the reverse delta .* leads to another String \d+:/],
	] as const) {
		const other = Buffer.from(right[blob]);
		const at = other.lastIndexOf(blob === 'delta' ? 't2' : 't1');
		other[at]! ^= 1;
		assert.throws(check({ [blob]: other }), what);
	}
	const { current, previous } = data.state.tables.get('String')!;
	for (const [set, what] of [
		[previous, /the reverse delta .* leads to other records of String:/],
		[current, /the delta .* leads to other records of String:/],
	] as const) {
		set.add(500);
		assert.throws(check({}), what);
		set.remove(500);
	}
	check({})();
});

test('the time of the announcement grows, also when the clock was set back', async () => {
	const folder = fresh();
	const publisher = await open(folder);
	const path = join(folder, 'announced.version');
	await publisher.publish(cycleAt(1));
	const later = new Date(Date.now() + 3_600_000);
	utimesSync(path, later, later);
	let before = statSync(path).mtimeMs;
	for (let n = 2; n < 5; n++) {
		await publisher.publish(cycleAt(n));
		const now = statSync(path).mtimeMs;
		assert.ok(Math.floor(now) > Math.floor(before), `${before} ${now}`);
		before = now;
	}
	await publisher.close();
});

test('a folder that was changed, replaced or removed under us', async () => {
	const folder = fresh();
	const publisher = await open(folder);
	await publisher.publish(cycleAt(1));
	await publisher.publish(cycleAt(2));
	writeFileSync(join(folder, 'announced.version'), version(1));
	const changed = await failure(publisher.publish(cycleAt(3)));
	assert.is(changed.code, 75);
	assert.match(changed.message, /announces 20251121000000001 though we announced 20251121000000002/);
	writeFileSync(join(folder, 'announced.version'), version(2));
	rmSync(folder, { recursive: true });
	const gone = await failure(publisher.publish(cycleAt(3)));
	assert.is(gone.code, 69);
	assert.match(gone.message, /no such file or directory/);
	mkdirSync(folder);
	const other = await open(folder);
	assert.is((await failure(publisher.publish(cycleAt(3)))).code, 75);
	await other.close();
	await publisher.close();
	assert.is(
		(
			await failure(
				open(join(folder, 'a', 'b')).catch((error) => {
					throw new Failure(error.errno, error.code);
				}),
			)
		).message,
		'ENOENT',
	);
});

testWith(
	test,
	isRoot ? '' : 'mounting a tmpfs needs root',
	'a full disk: said, nothing left over, and recovered from',
	async () => {
		const folder = fresh();
		mkdirSync(folder);
		const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=192k', 'tmpfs', folder]);
		assert.is(mount.status, 0, mount.stderr.toString());
		try {
			const publisher = await open(folder);
			await publisher.publish(cycleAt(1));
			const before = readdirSync(folder);
			// From the snapshot of a few bytes less to one that lacks room for the deltas alone.
			for (const count of [4000, 1200, 1000, 900, 800, 700, 600, 500]) {
				const states = [stateAt(count, 'web1', count)];
				const outcome = await publisher.publish(cycleAt(2, { states })).catch((error) => error);
				if (outcome.kind === 'published') break;
				assert.is(outcome.code, 69, outcome.stack);
				assert.match(
					outcome.message,
					/^cycle 20251121000000002 is not published: .*: no space left on the device$/,
				);
				assert.equal(readdirSync(folder), before);
			}
			assert.is(announcedIn(folder), version(2));
			assert.is(sumAt(folder, version(2), version(1)), sumAt(folder, version(2)));
			assert.is(sumAt(folder, version(1), version(2)), sumAt(folder, version(1)));
			await publisher.close();
		} finally {
			assert.is(spawnSync('umount', ['-l', folder]).status, 0);
		}
	},
);

test('a reader who follows from any kept version gets the states in between as they were', async () => {
	const folder = fresh();
	await publish(folder, upTo(6));
	const sums = upTo(6).map(({ version: at }) => sumAt(folder, at));
	const contents = contentsOf(folder);
	for (let from = 1; from <= 6; from++)
		for (let to = 1; to <= 6; to++) {
			const state = loadAlong(folder, routeTo(contents, version(to), version(from)));
			assert.is((checksum(state) >>> 0).toString(16), sums[to - 1]);
		}
});

test.run();
