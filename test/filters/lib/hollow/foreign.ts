// Blobs that other tools wrote, or made of ours: a chain that Java continued, a filtered snapshot, types that change, parts.

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BlobError } from '../../../../filters/lib/hollow/blob/bytes/errors.ts';
import { peekHeader, readSnapshot } from '../../../../filters/lib/hollow/blob/reader.ts';
import type { State } from '../../../../filters/lib/hollow/blob/state.ts';
import { ANNOUNCED } from '../../../../filters/lib/hollow/folder/announcement.ts';
import { snapshotName } from '../../../../filters/lib/hollow/folder/blob-name.ts';
import { contentsOf, partsOf } from '../../../../filters/lib/hollow/folder/contents.ts';
import { Follower, follow } from '../../../../filters/lib/hollow/folder/follower.ts';
import { loadAlong } from '../../../../filters/lib/hollow/folder/loader.ts';
import { routeTo } from '../../../../filters/lib/hollow/folder/route.ts';
import { checkTags, TAG } from '../../../../filters/lib/hollow/folder/tags.ts';
import { openPublisher } from '../../../../filters/lib/hollow/publish/publisher.ts';
import { stateText } from '../../../../filters/lib/hollow/view/json.ts';
import { linePieces, tryOut } from '../../../../filters/lib/hollow/view/pieces.ts';
import { cycleAt, keptLog, version } from '../../../data/published.ts';
import { ROOT } from '../../../program.ts';

const test = suite('hollow, foreign');
const golden = (name: string) => join(ROOT, 'test/golden/hollow', name);
const room = mkdtempSync(join(tmpdir(), 'foreign-'));
test.after(() => rmSync(room, { recursive: true }));

const load = (folder: string, to: string, from: string): State =>
	loadAlong(folder, routeTo(contentsOf(folder), to, from));
/** A version as text, which fails when it does not hold together. */
const text = (state: State, at: string) => stateText(state, at);

const CONTINUED = golden('continued-by-java');

test('a chain that Java continued, its types sorted by name, leads back to what we wrote, under our former note too', () => {
	const [ours, last] = ['20261121110305000', '20261121110308000'];
	assert.match(
		new Map(peekHeader(readFileSync(join(CONTINUED, snapshotName(ours)))).tags).get(TAG.checksum)!,
		/-/,
	);
	const back = load(CONTINUED, ours, last);
	assert.is.not([...back.tables.keys()][0], 'String', 'the order is that of the blob');
	assert.is(text(back, ours), text(load(CONTINUED, ours, ours), ours));
});

test('what is noted does not depend on the order of the types', async () => {
	const folder = mkdtempSync(join(room, 'order-'));
	const publisher = await openPublisher({ folder, keep: 0, log: keptLog().log });
	await publisher.publish(cycleAt(1));
	await publisher.close();
	const state = load(folder, version(1), version(1));
	for (const tables of [[...state.tables].reverse(), [...state.tables].sort()])
		checkTags({ ...state, tables: new Map(tables) }, version(1), folder);
	const tags = state.tags.map(([key, value]): [string, string] => [
		key,
		key === TAG.checksum ? `${value}0` : value,
	]);
	assert.throws(() => checkTags({ ...state, tags }, version(1), folder), /has the checksum/);
	const former = state.tags.map(([key, value]): [string, string] => [
		key,
		key === TAG.checksum ? `0${value.replace('.', '-')}` : value,
	]);
	assert.throws(() => checkTags({ ...state, tags: former }, version(1), folder), /has the checksum/);
});

test("a snapshot out of Java's filter keeps our tags, which speak of more than it has: it is read", () => {
	const folder = golden('filtered-by-java');
	const [at] = contentsOf(folder).snapshots as [string];
	const state = load(folder, at, at);
	assert.ok(state.tags.some(([key]) => key === TAG.checksum));
	assert.not(state.tables.has('MapOfStringToInteger'), 'what was filtered out');
	assert.match(text(state, at), /"name":"cpu-lat/);
});

test('a snapshot whose section has another schema than its header is broken', () => {
	const at = '20261121110308000';
	const bytes = readFileSync(join(CONTINUED, snapshotName(at)));
	const section = bytes.lastIndexOf('MetricsState');
	const other = Buffer.from(bytes);
	other.write('X', section);
	assert.throws(
		() => readSnapshot(other),
		(error: Error) => error instanceof BlobError && /as the header has it/.test(error.message),
	);
});

const CHANGED = golden('types-changed');
const [FIRST, SECOND] = ['20260201000000003', '20260201000000004'];

test('a follower meets types that change: it reads the snapshot, and says so', () => {
	const folder = join(room, 'changed');
	cpSync(CHANGED, folder, { recursive: true });
	const follower = new Follower(folder);
	const announce = (one: string) => writeFileSync(join(folder, ANNOUNCED), one);
	announce(FIRST);
	assert.is(follower.look().kind, 'version');
	announce(SECOND);
	const look = follower.look();
	assert.is(look.kind === 'version' && look.how, 'snapshot');
	assert.match(
		(look.kind === 'version' && look.why) || '',
		/the type MapOfStringToInteger is another than before/,
	);
	assert.is(text((look as { state: State }).state, SECOND), text(load(folder, SECOND, SECOND), SECOND));
});

test('what deltas led to and does not hold together is read again from a snapshot, once, and is refused only then', async () => {
	const folder = mkdtempSync(join(room, 'stale-'));
	const publisher = await openPublisher({ folder, keep: 0, log: keptLog().log });
	for (let n = 1; n <= 4; n++) await publisher.publish(cycleAt(n));
	await publisher.close();
	const announce = (n: number) => writeFileSync(join(folder, ANNOUNCED), version(n));
	announce(1);
	const { log, lines } = keptLog();
	const stopping = new AbortController();
	const events: string[] = [];
	// Version 2 is stale when deltas led there; version 3 is however it was read; version 4 is well again.
	const show = async (at: string, state: State) => {
		const n = Number(BigInt(at) - BigInt(version(0)));
		const isStale = n === 3 || (n === 2 && !events.includes('tried 2'));
		events.push(`${isStale ? 'tried' : 'shown'} ${n}`);
		if (isStale) for (const table of state.tables.values()) table.current.words.fill(0);
		if (isStale) state.tables.get('MetricsState')!.current.add(0);
		tryOut(linePieces(state, at, 1e9));
	};
	const refuse = (at: string) => events.push(`refused ${BigInt(at) - BigInt(version(0))}`);
	let waits = 0;
	const wait = async () => (++waits < 4 ? announce(waits + 1) : stopping.abort());
	await follow({ folder, watch: { renew: () => {}, wait }, signal: stopping.signal, log, show, refuse });
	assert.equal(events, ['shown 1', 'tried 2', 'shown 2', 'tried 3', 'tried 3', 'refused 3', 'shown 4']);
	assert.match(lines.join('\n'), /which is not there; the snapshot is read/);
});

const isBroken = (error: Error) => error instanceof BlobError;
const PARTED = golden('optional-parts');
const WHOLE = '20260101000000075';

test('optional parts are read with the blob that they belong to', () => {
	const state = load(PARTED, WHOLE, WHOLE);
	const { Big } = JSON.parse(text(state, WHOLE)).roots;
	assert.is(Big.length, 50);
	assert.equal(Big[49].m, { k0: 4, k1: 3, k2: 1 });
	const whole = readFileSync(join(PARTED, snapshotName(WHOLE)));
	const [part] = partsOf(PARTED, snapshotName(WHOLE)) as [Uint8Array];
	assert.throws(() => text(readSnapshot(whole), WHOLE), /which is not there/);
	assert.throws(() => readSnapshot(whole, [part, part]), /another type than \w+ again/);
	const stranger = Buffer.from(part);
	stranger[12]! ^= 1;
	assert.throws(() => readSnapshot(whole, [stranger]), /not of one with other tags/);
	for (let length = 0; length < part.length; length++)
		assert.throws(() => readSnapshot(whole, [part.subarray(0, length)]), isBroken);
});

test.run();
