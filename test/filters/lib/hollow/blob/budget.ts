// Small blobs that are huge when they are written out: refused at the bound, in little memory and time.

import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Budget } from '../../../../../filters/lib/hollow/blob/budget.ts';
import { createDataSet, type DataSet } from '../../../../../filters/lib/hollow/blob/data-set.ts';
import { readSnapshot } from '../../../../../filters/lib/hollow/blob/reader.ts';
import type { State } from '../../../../../filters/lib/hollow/blob/state.ts';
import { parseSchemas } from '../../../../../filters/lib/hollow/blob/type/schema-text.ts';
import { recordOf } from '../../../../../filters/lib/hollow/blob/values.ts';
import { recordsIn } from '../../../../../filters/lib/hollow/metrics/records.ts';
import { hasMetrics } from '../../../../../filters/lib/hollow/metrics/shape.ts';
import { compare } from '../../../../../filters/lib/hollow/view/comparison.ts';
import { diffLines, tallies } from '../../../../../filters/lib/hollow/view/diff.ts';
import { statePieces, stateText } from '../../../../../filters/lib/hollow/view/json.ts';
import { bomb, listBomb, metricsBomb, setBomb } from '../../../../data/bomb.ts';

const test = suite('hollow budget');
const LIMIT = 4_000_000;
const REFUSED = /with everything in it is more than 1,000,000 characters of text/;

/** The state in the snapshot, which is small. */
const blobState = (data: DataSet, most = 10_000): State => {
	const blob = data.publish({})!.snapshot();
	assert.ok(blob.length < most, `${blob.length}`);
	return readSnapshot(blob);
};

/** The processor's time, so that a busy machine fails nothing. */
const inTime = (ms: number, run: () => void): void => {
	const began = process.cpuUsage();
	run();
	const { user } = process.cpuUsage(began);
	assert.ok(user < ms * 1000, `${user / 1000} ms`);
};

const all = (pieces: Iterable<unknown>): number => {
	let count = 0;
	for (const _ of pieces) count++;
	return count;
};

test('what refers twice to what refers twice, 60 times over', () => {
	const state = blobState(bomb(60));
	inTime(2000, () => {
		assert.throws(() => all(statePieces(state, '1', false, new Budget(LIMIT))), REFUSED);
		assert.throws(() => recordOf(state, 'Root', 0, new Budget(LIMIT)), /more than 1,000,000 characters/);
	});
	const record = blobState(metricsBomb(60), 30_000);
	assert.ok(hasMetrics(record));
	inTime(2000, () => assert.throws(() => all(recordsIn(record, new Budget(LIMIT))), REFUSED));
});

test('one text again and again, in a list; and in a set, where all of it is held to be sorted', () => {
	const list = blobState(listBomb('x'.repeat(1000), 20_000), 100_000);
	inTime(2000, () => assert.throws(() => all(statePieces(list, '1', false, new Budget(LIMIT))), REFUSED));
	inTime(2000, () => assert.throws(() => recordOf(list, 'Root', 0, new Budget(LIMIT)), /more than/));
	const set = blobState(setBomb(100), 300_000);
	inTime(3000, () => assert.throws(() => all(statePieces(set, '1', false, new Budget(LIMIT))), REFUSED));
});

test('many records that are each within the bound are refused by the bound of all', () => {
	const data = bomb(10);
	const shared = data.table('Node').current.max();
	for (let n = 0; n < 1000; n++) {
		const ordinals = data.ordinals('Root');
		const slot = ordinals.slot();
		const root = data.table('Root');
		if (!('columns' in root)) throw new Error();
		root.columns[0]!.set(slot, shared, 'node');
		root.columns[1]!.set(slot, n, 'n');
		ordinals.commit();
	}
	const state = blobState(data, 20_000);
	inTime(2000, () =>
		assert.throws(
			() => all(statePieces(state, '1', false, new Budget(LIMIT))),
			/the records are more than 4,000,000 characters of text/,
		),
	);
});

test('a difference is found in time that the blobs need, and only its text is refused', () => {
	const [one, two] = [blobState(bomb(60, 1)), blobState(bomb(60, 2))];
	inTime(500, () => {
		assert.equal(tallies(compare(one, two)), [
			['Node', { added: 0, removed: 0, changed: 0, same: 61 }],
			['Root', { added: 1, removed: 1, changed: 0, same: 0 }],
		]);
		assert.is(all(diffLines(compare(one, one), { from: '1', to: '1' })), 0);
	});
	const both = compare(one, two, new Budget(LIMIT));
	inTime(2000, () => assert.throws(() => all(diffLines(both, { from: '1', to: '2' })), REFUSED));
});

test('a hundred thousand types that contain each other in a row', () => {
	const types = Array.from({ length: 100_000 }, (_, at) => ({
		kind: 'object' as const,
		name: `T${at}`,
		key: [],
		fields: [{ name: 'f', type: 'REFERENCE' as const, target: `T${at + 1}` }],
	}));
	const end = parseSchemas('T100000 { int n; }');
	const data = createDataSet([...types, ...end]);
	data.add('T100000', { n: 1 });
	assert.match(stateText(data.state, '1'), /"roots":\{\n {2}"T0":\[\]\n \}/);
});

test('what is taken is never less than the text, and at most a few times as much', () => {
	const record = fc.letrec((tie) => ({
		tree: fc.record({
			name: fc.oneof(fc.string(), fc.string({ unit: 'binary' })),
			many: fc.array(fc.oneof({ maxDepth: 3 }, fc.constant({ name: '', many: [] }), tie('tree')), {
				maxLength: 4,
			}),
		}),
	})).tree;
	fc.assert(
		fc.property(record, (tree) => {
			const data = createDataSet(
				parseSchemas('Root { Tree tree; } Tree { string name; Trees many; } Trees List<Tree>;'),
			);
			data.add('Root', { tree });
			const text = stateText(data.state, '1');
			const length = text.slice(text.indexOf('[') + 4, text.lastIndexOf(']') - 3).length;
			assert.throws(() => all(statePieces(data.state, '1', false, new Budget(length * 4 - 8))), /more than/);
			assert.ok(all(statePieces(data.state, '1', false, new Budget(length * 4 * 4))) > 0);
		}),
	);
});

test.run();
