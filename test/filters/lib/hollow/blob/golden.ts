// Every file that the real Java library wrote: read to what Java reads, and written again byte for byte.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { blobsOf } from '../../../../../filters/lib/hollow/blob/blobs.ts';
import { continueFrom, createDataSet } from '../../../../../filters/lib/hollow/blob/data-set.ts';
import { applyDelta, peekHeader, readSnapshot } from '../../../../../filters/lib/hollow/blob/reader.ts';
import { checksum, checksumOf, hex, type State } from '../../../../../filters/lib/hollow/blob/state.ts';
import {
	parseSchemas,
	schemaHash,
	schemaText,
} from '../../../../../filters/lib/hollow/blob/type/schema-text.ts';
import { stateText } from '../../../../../filters/lib/hollow/view/json.ts';
import { ROOT } from '../../../../program.ts';

type Expected = {
	stateTag: string;
	checksum: string;
	types: Record<string, { numShards: number; checksum: string; count: number }>;
};

const sameBytes = (ours: Buffer, theirs: Buffer, what: string): void => {
	const at = ours.findIndex((byte, index) => byte !== theirs[index]);
	assert.is(ours.equals(theirs), true, `${what}: ${ours.length} of ${theirs.length} bytes, differ at ${at}`);
};

for (const set of ['metrics', 'alltypes']) {
	const test = suite(`hollow golden: ${set}`);
	const folder = join(ROOT, 'test/golden/hollow', set);
	const blob = (name: string) => readFileSync(join(folder, name));
	const versions = readdirSync(folder).flatMap((file) => /^snapshot-(\d+)$/.exec(file)?.[1] ?? []);

	const matches = (state: State, version: string): void => {
		const expected: Expected = JSON.parse(blob(`expected-${version}.json`).toString());
		assert.is(String(state.tag), expected.stateTag);
		for (const [name, type] of Object.entries(expected.types)) {
			const table = state.tables.get(name)!;
			assert.is(table.current.size(), type.count, name);
			assert.is(table.shards, type.numShards, name);
			assert.is(hex(checksumOf(table)), type.checksum, name);
		}
		assert.is(hex(checksum(state)), expected.checksum);
	};

	test('each snapshot', () => {
		for (const version of versions) matches(readSnapshot(blob(`snapshot-${version}`)), version);
	});

	test('each delta and reverse delta', () => {
		const state = readSnapshot(blob(`snapshot-${versions[0]}`));
		for (let at = 1; at < versions.length; at++) {
			applyDelta(state, blob(`delta-${versions[at - 1]}-${versions[at]}`));
			matches(state, versions[at]!);
		}
		for (let at = versions.length - 1; at > 0; at--) {
			applyDelta(state, blob(`reversedelta-${versions[at]}-${versions[at - 1]}`));
			matches(state, versions[at - 1]!);
		}
	});

	test('written again, byte for byte', () => {
		const state = readSnapshot(blob(`snapshot-${versions[0]}`));
		sameBytes(blobsOf(state).snapshot(), blob(`snapshot-${versions[0]}`), 'first snapshot');
		sameBytes(blobsOf(state).header(), blob(`header-${versions[0]}`), 'first header');
		for (let at = 1; at < versions.length; at++) {
			const [from, to] = [versions[at - 1], versions[at]];
			applyDelta(state, blob(`delta-${from}-${to}`));
			const blobs = blobsOf(state);
			sameBytes(blobs.delta(), blob(`delta-${from}-${to}`), `delta ${to}`);
			sameBytes(blobs.reverseDelta(), blob(`reversedelta-${to}-${from}`), `reverse delta ${to}`);
			sameBytes(blobs.header(), blob(`header-${to}`), `header ${to}`);
			sameBytes(blobs.snapshot(), blob(`snapshot-${to}`), `snapshot ${to}`);
		}
	});

	test('as JSON, equal to what Java reads', () => {
		for (const version of versions) {
			const state = readSnapshot(blob(`snapshot-${version}`));
			assert.equal(
				JSON.parse(stateText(state, version, true)),
				JSON.parse(blob(`expected-${version}.json`).toString()),
			);
		}
	});

	test('the schema language, parsed and printed', () => {
		const text = blob(`schema-${versions[0]}.txt`).toString();
		const schemas = parseSchemas(text);
		assert.is(
			schemas
				.map((schema) => `${schemaText(schema)}\n\n`)
				.join('')
				.trim(),
			text.trim(),
		);
		const { tags } = peekHeader(blob(`header-${versions[0]}`));
		assert.is(schemaHash(schemas), new Map(tags).get('hollow.schema.hash'));
	});

	test('headers say what the manifest says', () => {
		const { files } = JSON.parse(blob('manifest.json').toString());
		for (const [name, file] of Object.entries<Record<string, never>>(files)) {
			const { origin, destination, schemas, tags } = peekHeader(blob(name));
			assert.is(String(origin), file.originTag, name);
			assert.is(String(destination), file.destinationTag, name);
			assert.equal(
				schemas.map((schema) => schema.name),
				file.schemas,
				name,
			);
			assert.equal(Object.fromEntries(tags), file.headerTags, name);
		}
	});

	test.run();
}

// Java filled its maps in this order; what comes first gets the lower ordinals.
const FIRST = ['run_queue_latency', 'block_io_latency', 'tcp_retransmits', 'page_faults'];
const rank = (name: string) => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);
const inOrder = (map: Record<string, unknown> | null) => {
	const pairs = Object.entries(map ?? {});
	pairs.sort(([a], [b]) => rank(a) - rank(b) || a.localeCompare(b, 'en', { numeric: true }));
	return map && new Map(pairs);
};

const own = suite('hollow golden: from plain values');

for (const restarts of [false, true]) {
	const how = restarts ? ', restarted before each' : '';
	own(`ordinals are those of the Java producer, byte for byte, over eight cycles${how}`, () => {
		const folder = join(ROOT, 'test/golden/hollow/metrics');
		const blob = (name: string) => readFileSync(join(folder, name));
		let data = createDataSet(peekHeader(blob('header-20240101000000001')).schemas);
		let before = '';
		for (let cycle = 1; cycle <= 8; cycle++) {
			const version = `2024010100000000${cycle}`;
			if (restarts && before) data = continueFrom(readSnapshot(blob(`snapshot-${before}`)));
			const { destination: tag, tags } = peekHeader(blob(`snapshot-${version}`));
			for (const root of JSON.parse(blob(`expected-${version}.json`).toString()).roots.MetricsState)
				data.add('MetricsState', {
					...root,
					metrics: inOrder(root.metrics),
					aggregates: inOrder(root.aggregates),
				});
			const blobs = data.publish({ tag, tags })!;
			sameBytes(blobs.snapshot(), blob(`snapshot-${version}`), `snapshot ${version}`);
			sameBytes(blobs.header(), blob(`header-${version}`), `header ${version}`);
			if (before) {
				sameBytes(blobs.delta(), blob(`delta-${before}-${version}`), `delta ${version}`);
				sameBytes(blobs.reverseDelta(), blob(`reversedelta-${version}-${before}`), `reverse ${version}`);
			}
			before = version;
		}
	});
}

own.run();
