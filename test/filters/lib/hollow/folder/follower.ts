// A consumer of a folder in which a writer adds, pins and removes versions, and in which blobs break.

import {
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	renameSync,
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
import { createDataSet, type DataSet } from '../../../../../filters/lib/hollow/blob/data-set.ts';
import { checksum } from '../../../../../filters/lib/hollow/blob/state.ts';
import { ANNOUNCED, announce } from '../../../../../filters/lib/hollow/folder/announcement.ts';
import { deltaName, snapshotName } from '../../../../../filters/lib/hollow/folder/blob-name.ts';
import { Follower, follow, type Look } from '../../../../../filters/lib/hollow/folder/follower.ts';
import { addCycle } from '../../../../../filters/lib/hollow/metrics/adder.ts';
import { schemaFor } from '../../../../../filters/lib/hollow/metrics/schema.ts';
import { keptLog, writeWhole } from '../../../../data/published.ts';
import { versionOf, versions } from '../../../../data/versions.ts';

const test = suite('hollow follow');
const v = versionOf;
const newFolder = () => mkdtempSync(join(tmpdir(), 'hollow-'));
const CYCLES = versions(12, 1);

/** Writes the versions of the fixture one by one; `sums` are their checksums. */
const writerIn = (folder: string) => {
	let data: DataSet = createDataSet(schemaFor(false));
	let last = 0;
	let starts = true;
	const sums: number[] = [0];
	/** Write the next version; without a snapshot or a delta where that is wanted. */
	const write = ({ snapshot = true, delta = true } = {}): string => {
		const before = last++;
		addCycle(data, CYCLES[last - 1]!);
		const blobs = data.publish({})!;
		sums[last] = checksum(data.state);
		if (snapshot || starts) writeWhole(folder, snapshotName(v(last)), blobs.snapshot());
		if (delta && !starts) {
			writeWhole(folder, deltaName(v(before), v(last)), blobs.delta());
			writeWhole(folder, deltaName(v(last), v(before)), blobs.reverseDelta());
		}
		starts = false;
		return v(last);
	};
	const restart = () => {
		data = createDataSet(schemaFor(false));
		starts = true;
	};
	return { write, restart, sums, last: () => last };
};

const shown = (look: Look, sums: number[]): [kind: string, version?: number] => {
	if (look.kind !== 'version') return [look.kind];
	const index = Number(BigInt(look.version) - BigInt(v(0)));
	assert.is(checksum(look.state), sums[index], `version ${index}`);
	return [look.how, index];
};

test('by deltas forward, by reverse deltas back, over several at once; a snapshot where none lead', () => {
	const folder = newFolder();
	const { write, restart, sums } = writerIn(folder);
	const follower = new Follower(folder);
	const to = (version: number) => {
		announce(folder, v(version));
		return shown(follower.look(), sums);
	};
	write();
	assert.equal(to(1), ['snapshot', 1]);
	assert.equal(shown(follower.look(), sums), ['same']);
	for (let count = 0; count < 4; count++) write({ snapshot: false });
	assert.equal(to(2), ['deltas', 2]);
	assert.equal(to(5), ['deltas', 5]);
	assert.equal(to(3), ['deltas', 3], 'pinned');
	assert.equal(to(1), ['deltas', 1]);
	assert.equal(to(5), ['deltas', 5]);
	restart();
	write();
	announce(folder, v(6));
	const look = follower.look();
	assert.equal(shown(look, sums), ['snapshot', 6]);
	assert.is(look.kind === 'version' && look.why, `no deltas lead from ${v(5)} to ${v(6)}`);
	assert.equal(to(4), ['snapshot', 4], 'a snapshot and deltas from there');
});

test('nothing there yet, garbage, a version that is not there: waiting, with the state kept', () => {
	const folder = join(newFolder(), 'later');
	const follower = new Follower(folder);
	const why = () => {
		const look = follower.look();
		return look.kind === 'waiting' ? look.why : look.kind;
	};
	assert.is(why(), `${folder}/announced.version is not there`);
	mkdirSync(folder);
	assert.is(why(), `${folder}/announced.version is not there`);
	const { write, sums } = writerIn(folder);
	write();
	announce(folder, v(1));
	assert.equal(shown(follower.look(), sums), ['snapshot', 1]);
	for (const text of ['', '\n', 'x', '1e3', '-5', `${v(1)}${v(1)}`, '\0', '\u{1f600}'.repeat(1e6)]) {
		writeFileSync(join(folder, ANNOUNCED), text);
		assert.match(why(), /announced\.version: ".*" is no version$/s, text.slice(0, 50));
	}
	announce(folder, v(2));
	assert.match(why(), new RegExp(`^no way to ${v(2)}: no delta-${v(1)}-${v(2)}`));
	write({ snapshot: false });
	assert.equal(shown(follower.look(), sums), ['deltas', 2], 'the blobs came after the announcement');
	rmSync(folder, { recursive: true });
	assert.is(why(), `${folder}/announced.version is not there`);
});

test('a broken delta: the snapshot; a broken snapshot too: waiting until it is replaced', () => {
	const folder = newFolder();
	const { write, sums } = writerIn(folder);
	const follower = new Follower(folder);
	write();
	announce(folder, v(1));
	follower.look();
	write();
	truncateSync(join(folder, deltaName(v(1), v(2))), 900);
	announce(folder, v(2));
	const look = follower.look();
	assert.equal(shown(look, sums), ['snapshot', 2]);
	assert.match(look.kind === 'version' ? look.why! : '', /delta-\d+-\d+: Hollow blob, byte \d+: expected /);
	write();
	truncateSync(join(folder, deltaName(v(2), v(3))), 900);
	const whole = readFileSync(join(folder, snapshotName(v(3))));
	truncateSync(join(folder, snapshotName(v(3))), 900);
	announce(folder, v(3));
	for (let looks = 0; looks < 3; looks++) {
		const again = follower.look();
		assert.match(again.kind === 'waiting' ? again.why : '', /snapshot-\d+: Hollow blob, byte \d+: expected /);
	}
	writeWhole(folder, snapshotName(v(3)), whole);
	assert.equal(shown(follower.look(), sums), ['snapshot', 3]);
});

test('a delta of another chain is not applied', () => {
	const folder = newFolder();
	const { write, restart, sums } = writerIn(folder);
	const follower = new Follower(folder);
	write();
	announce(folder, v(1));
	follower.look();
	restart();
	write();
	write();
	renameSync(join(folder, deltaName(v(2), v(3))), join(folder, deltaName(v(1), v(3))));
	announce(folder, v(3));
	const look = follower.look();
	assert.equal(shown(look, sums), ['snapshot', 3]);
	assert.match(look.kind === 'version' ? look.why! : '', /a delta from the state with tag/);
});

test('a delta that breaks when half of it is applied leaves nothing behind', () => {
	const folder = newFolder();
	const { write, sums } = writerIn(folder);
	const follower = new Follower(folder);
	write();
	announce(folder, v(1));
	follower.look();
	for (let count = 0; count < 2; count++) write({ snapshot: false });
	const right = readFileSync(join(folder, deltaName(v(1), v(2))));
	// The next delta, made to begin at the state before.
	const wrong = readFileSync(join(folder, deltaName(v(2), v(3))));
	right.copy(wrong, 4, 4, 12);
	writeWhole(folder, deltaName(v(1), v(2)), wrong);
	announce(folder, v(2));
	const look = follower.look();
	assert.match(look.kind === 'waiting' ? look.why : '', /ordinal that was (there|free), not \d+$/);
	writeWhole(folder, deltaName(v(1), v(2)), right);
	const next = follower.look();
	assert.equal(shown(next, sums), ['snapshot', 2]);
	assert.is(next.kind === 'version' && next.why, undefined);
});

type Step = { do: 'write' | 'restart' | 'announce' | 'remove' | 'break' | 'garbage' | 'look'; at: number };
const steps: fc.Arbitrary<Step[]> = fc.array(
	fc.record({
		do: fc.constantFrom(
			'write',
			'write',
			'restart',
			'announce',
			'announce',
			'remove',
			'break',
			'garbage',
			'look',
			'look',
		),
		at: fc.nat(),
	}),
	{ minLength: 5, maxLength: 40 },
);

test('whatever a writer does, a version that is given is whole and right, and one that can be had is given', () => {
	fc.assert(
		fc.property(steps, (list) => {
			const folder = newFolder();
			const { write, restart, sums, last } = writerIn(folder);
			const follower = new Follower(folder);
			let breaks = false;
			let announced = 0;
			const pick = (at: number) => {
				const blobs = readdirSync(folder).filter((file) => file.includes('-'));
				return blobs.length > 0 ? join(folder, blobs[at % blobs.length]!) : undefined;
			};
			for (const { do: what, at } of list) {
				const file = pick(at);
				if (what === 'write' && last() < CYCLES.length) write({ snapshot: at % 3 === 0, delta: at % 4 > 0 });
				if (what === 'restart') restart();
				if (what === 'announce' && last() > 0) {
					announced = (at % last()) + 1;
					announce(folder, v(announced));
				}
				if (what === 'remove' && file) rmSync(file);
				if (what === 'break' && file) {
					// Never longer: zeros behind a header would be a data set without records.
					truncateSync(file, at % (statSync(file).size + 1));
					breaks = true;
				}
				if (what === 'garbage') writeFileSync(join(folder, ANNOUNCED), 'soon');
				if (what === 'garbage') announced = 0;
				if (what !== 'look') continue;
				const [kind, version] = shown(follower.look(), sums);
				if (version !== undefined) assert.is(version, announced);
				const isThere = readdirSync(folder).includes(snapshotName(v(announced)));
				if (announced > 0 && isThere && !breaks) assert.is.not(kind, 'waiting');
				if (announced === 0) assert.is(kind, 'waiting');
			}
			rmSync(folder, { recursive: true });
		}),
		{ numRuns: Number(process.env.RUNS ?? 150) },
	);
});

test('what is waited for is said once, and again only after a version', async () => {
	const folder = newFolder();
	const { write, sums } = writerIn(folder);
	const { log, lines } = keptLog();
	const stopping = new AbortController();
	const seen: number[] = [];
	let waits = 0;
	const acts: (() => void)[] = [
		() => {},
		() => {},
		() => announce(folder, write()),
		() => writeFileSync(join(folder, ANNOUNCED), 'soon'),
		() => {},
		() => {},
		() => announce(folder, write()),
		() => writeFileSync(join(folder, ANNOUNCED), 'soon'),
		() => {},
		() => stopping.abort(),
	];
	const wait = async () => acts[waits++]!();
	const show = async (version: string, state: Parameters<typeof checksum>[0]) => {
		const index = Number(BigInt(version) - BigInt(v(0)));
		assert.is(checksum(state), sums[index]);
		seen.push(index);
	};
	await follow({
		folder,
		watch: { renew: () => {}, wait },
		signal: stopping.signal,
		log,
		show,
		refuse: assert.unreachable,
	});
	assert.equal(seen, [1, 2]);
	const path = join(folder, ANNOUNCED);
	log.settle();
	assert.equal(lines, [
		`t: warning: ${path} is not there; waiting`,
		`t: warning: ${path}: "soon" is no version; waiting`,
		`t: warning: ${path}: "soon" is no version; waiting (and 1 more like it)`,
	]);
});

test.run();
