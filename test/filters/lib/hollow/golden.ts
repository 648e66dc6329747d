// Every file that the real Java library wrote: read to what Java reads, and written again byte for byte.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { applyDelta, peekHeader, readSnapshot } from '../../../../filters/lib/hollow/read.ts';
import { checksum, checksumOf, hex, type State } from '../../../../filters/lib/hollow/state.ts';
import { blobsOf } from '../../../../filters/lib/hollow/write.ts';
import { ROOT } from '../../../program.ts';

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
