// Random schemas and states over several cycles: whatever path leads to a state, it is the same state.

import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { blobsOf } from '../../../../../filters/lib/hollow/blob/blobs.ts';
import { continueFrom, createDataSet } from '../../../../../filters/lib/hollow/blob/data-set.ts';
import { applyDelta, readSnapshot } from '../../../../../filters/lib/hollow/blob/reader.ts';
import { checksum, type State } from '../../../../../filters/lib/hollow/blob/state.ts';
import type { Field, FieldType, Schema } from '../../../../../filters/lib/hollow/blob/type/schema.ts';
import { stateText } from '../../../../../filters/lib/hollow/view/json.ts';

const test = suite('hollow random');

const SCALARS: FieldType[] = ['INT', 'LONG', 'BOOLEAN', 'FLOAT', 'DOUBLE', 'STRING', 'BYTES'];
const nameOf = (type: FieldType) => type.charAt(0) + type.slice(1).toLowerCase();

const base: Schema[] = SCALARS.map((type) => ({
	kind: 'object',
	name: nameOf(type),
	key: [],
	fields: [{ name: 'value', type }],
}));
const KEYED = ['Int', 'Long', 'Boolean', 'Float', 'Double', 'String'];

const collection: fc.Arbitrary<Schema> = fc
	.record({
		kind: fc.constantFrom('list', 'set', 'map'),
		element: fc.constantFrom(...base.map(({ name }) => name)),
		value: fc.constantFrom(...base.map(({ name }) => name)),
		hasKey: fc.boolean(),
	})
	.map(({ kind, element, value, hasKey }): Schema => {
		const key = hasKey && KEYED.includes(element) ? ['value'] : [];
		const suffix = key.length > 0 ? 'ByValue' : '';
		if (kind === 'list') return { kind, name: `ListOf${element}`, element };
		if (kind === 'set') return { kind, name: `SetOf${element}${suffix}`, element, key };
		return {
			kind: 'map',
			name: `MapOf${element}To${value}${suffix}`,
			keyType: element,
			valueType: value,
			key,
		};
	});

const schemasOf = fc
	.uniqueArray(collection, { selector: ({ name }) => name, maxLength: 6 })
	.chain((collections) =>
		fc
			.array(
				fc.constantFrom<FieldType | string>(...SCALARS, ...[...base, ...collections].map(({ name }) => name)),
				{
					minLength: 1,
					maxLength: 7,
				},
			)
			.map((types): Schema[] => {
				const fields = types.map((type, at): Field => {
					const name = `f${at}`;
					return SCALARS.includes(type as FieldType)
						? { name, type: type as FieldType }
						: { name, type: 'REFERENCE', target: type };
				});
				return [...base, ...collections, { kind: 'object', name: 'Root', key: [], fields }];
			}),
	);

const scalar: Record<FieldType, fc.Arbitrary<unknown>> = {
	INT: fc.oneof(fc.integer({ min: -3, max: 3 }), fc.integer({ min: -2147483647 })),
	LONG: fc.bigInt({ min: -9223372036854775807n, max: 9223372036854775807n }),
	BOOLEAN: fc.boolean(),
	FLOAT: fc.float(),
	DOUBLE: fc.double(),
	STRING: fc.oneof(fc.string({ unit: 'binary', maxLength: 6 }), fc.constantFrom('', 'a', 'b', '\ud800')),
	BYTES: fc.uint8Array({ maxLength: 6 }),
	REFERENCE: fc.constant(null),
};

const valueFor = (schemas: Schema[], name: string): fc.Arbitrary<unknown> => {
	const schema = schemas.find((one) => one.name === name)!;
	if (schema.kind === 'list') return fc.array(valueFor(schemas, schema.element), { maxLength: 5 });
	if (schema.kind === 'set') return fc.array(present(schemas, schema.element), { maxLength: 9 });
	if (schema.kind === 'map')
		return fc.uniqueArray(fc.tuple(present(schemas, schema.keyType), valueFor(schemas, schema.valueType)), {
			selector: ([key]) => (key instanceof Uint8Array ? key.join() : key),
			maxLength: 9,
		});
	return scalar[schema.fields[0]!.type];
};
// Elements and keys that are NaN become null records, so two of them are one; they are tried elsewhere.
const present = (schemas: Schema[], name: string) =>
	valueFor(schemas, name).filter((value) => !Number.isNaN(value));

const rootOf = (schemas: Schema[]): fc.Arbitrary<Record<string, unknown>> => {
	const root = schemas.at(-1)!;
	if (root.kind !== 'object') throw new Error();
	return fc.record(
		Object.fromEntries(
			root.fields.map(({ name, type, target }) => [
				name,
				fc.option(target === undefined ? scalar[type] : valueFor(schemas, target), { freq: 4 }),
			]),
		),
	);
};

/** Cycles that share records, so that some stay, some go and some come back. */
const history = schemasOf.chain((schemas) =>
	fc.array(rootOf(schemas), { minLength: 1, maxLength: 8 }).chain((pool) =>
		fc.record({
			schemas: fc.constant(schemas),
			shards: fc.array(fc.constantFrom(1, 1, 2, 4), { minLength: 5, maxLength: 5 }),
			reshards: fc.boolean(),
			cycles: fc.array(fc.subarray(pool), { minLength: 2, maxLength: 5 }),
			restarts: fc.boolean(),
		}),
	),
);

const same = (a: State, b: State) => {
	assert.is(checksum(a), checksum(b));
	assert.is(stateText(a, 'x', true), stateText(b, 'x', true));
};

test('snapshot, delta and reverse delta lead to the same records and the same checksum', () => {
	fc.assert(
		fc.property(history, ({ schemas, shards, reshards, cycles, restarts }) => {
			let data = createDataSet(schemas);
			let follower: State | undefined;
			for (const [cycle, roots] of cycles.entries()) {
				for (const root of roots) data.add('Root', root);
				const count = shards[reshards ? cycle : 0]!;
				for (const { name } of schemas) data.shard(name, count);
				const blobs = data.publish({ tag: BigInt(cycle + 1), tags: [['cycle', String(cycle)]] });
				if (!blobs) continue;
				const snapshot = blobs.snapshot();
				const fresh = readSnapshot(snapshot);
				same(fresh, data.state);
				if (follower) {
					const before = readSnapshot(blobsOf(follower).snapshot());
					applyDelta(follower, blobs.delta());
					same(follower, fresh);
					assert.ok(blobsOf(follower).snapshot().equals(snapshot), 'the same bytes after a delta');
					applyDelta(fresh, blobs.reverseDelta());
					same(fresh, before);
				} else follower = fresh;
				if (restarts) data = continueFrom(readSnapshot(snapshot));
			}
		}),
		{ numRuns: Number(process.env.RUNS ?? 120) },
	);
});

test.run();
