import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { writeAck } from '../../../../filters/lib/disk/ack.ts';
import { openSums, type Sum } from '../../../../filters/lib/remote-write/sums.ts';

const test = suite('remote-write: sums beside the ack file');
const folder = mkdtempSync(join(tmpdir(), 'sums-'));
test.after(() => rmSync(folder, { recursive: true }));

const sum = (value: number): Sum[] => [{ key: 'a', ts: 1, since: null, value, buckets: [] }];
let made = 0;
const fresh = () => {
	const ack = join(folder, `ack-${made++}`);
	return { ack, path: `${ack}.sums` };
};

test('whichever of the two barriers the ack file has, its sums are there', () => {
	const { ack, path } = fresh();
	const sums = openSums(path, ack);
	assert.equal(sums.restored, []);
	for (const at of [1, 2, 3]) {
		sums.confirm({ at }, sum(at));
		// The program died between the two files.
		if (at > 1) assert.equal(openSums(path, ack).restored, sum(at - 1), `${at}`);
		writeAck(ack, { at });
		assert.equal(openSums(path, ack).restored, sum(at));
	}
	const next = openSums(path, ack);
	next.confirm({ at: 4 }, sum(4));
	assert.equal(openSums(path, ack).restored, sum(3));
});

test('sums of another position are none; where no ack file is wanted the newest count', () => {
	const { ack, path } = fresh();
	openSums(path, ack).confirm({ at: 1 }, sum(1));
	assert.equal(openSums(path, '').restored, sum(1));
	assert.equal(openSums(path, ack).restored, [], 'the ack file was taken away');
	writeAck(ack, { at: 77 });
	assert.equal(openSums(path, ack).restored, []);
});

test('no file where nothing is added up, or none is wanted', () => {
	const { ack, path } = fresh();
	openSums(path, ack).confirm({ at: 1 }, []);
	assert.not(existsSync(path));
	openSums('', ack).confirm({ at: 1 }, sum(1));
	assert.not(existsSync(path));
	const sums = openSums(path, ack);
	sums.confirm({ at: 1 }, sum(1));
	sums.confirm({ at: 2 }, []);
	assert.match(readFileSync(path, 'utf8'), /^\[\{"position":\{"at":2\},"series":\[\]\}/);
});

test('a file of something else is refused', () => {
	const { ack, path } = fresh();
	for (const text of ['', '{}', '[1]', '[{"position":null}]', 'x']) {
		writeFileSync(path, text);
		assert.throws(
			() => openSums(path, ack),
			(error: Error & { code?: number }) =>
				error.code === 78 && /holds no sums; remove it/.test(error.message),
			text,
		);
	}
});

test.run();
