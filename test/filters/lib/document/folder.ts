import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createFolder } from '../../../../filters/lib/document/folder.ts';

const test = suite('lib/document/folder');
const dir = mkdtempSync(join(tmpdir(), 'document-folder-'));
test.after(() => rmSync(dir, { recursive: true }));

const TS = Date.parse('2025-11-21T08:00:00Z');
const textAt = (ts: number, more = '') =>
	`{"metadata":{"timestamp":"${new Date(ts).toISOString()}"${more}}}\n`;
let folders = 0;
const opened = (options: { keep?: number; keepMs?: number } = {}) => {
	folders += 1;
	const folder = join(dir, String(folders));
	const removed: string[] = [];
	const put = createFolder({
		folder,
		keep: options.keep,
		keepMs: options.keepMs,
		onRemoved: (name) => removed.push(name),
	});
	return {
		folder,
		removed,
		put: (ts: number, more?: string) => put(ts, textAt(ts, more)),
		names: () => readdirSync(folder).sort(),
	};
};

test('a file is named by its time in UTC, and written again for the same time', () => {
	const { folder, put, names } = opened();
	put(TS);
	put(TS, ',"more":1');
	assert.equal(names(), ['metrics_20251121_080000.json']);
	assert.is(readFileSync(join(folder, names()[0]!), 'utf8'), textAt(TS, ',"more":1'));
});

test('a second one of the same second has a name of its own, also when both are written again', () => {
	const { folder, put, names } = opened();
	for (const more of ['', ',"again":1']) {
		put(TS + 3, more);
		put(TS + 503, more);
		put(TS + 504, more);
	}
	assert.equal(names(), [
		'metrics_20251121_080000.json',
		'metrics_20251121_080000_503.json',
		'metrics_20251121_080000_504.json',
	]);
	assert.is(readFileSync(join(folder, names()[0]!), 'utf8'), textAt(TS + 3, ',"again":1'));
});

test('what has another name is never removed', () => {
	const { folder, put, names, removed } = opened({ keep: 2 });
	const others = ['metrics_x.json', 'metrics_20251121_080000.txt', 'metrics_20251121_080000.json.bak', 'a'];
	for (const name of others) writeFileSync(join(folder, name), '');
	for (let second = 0; second < 4; second += 1) put(TS + second * 1000);
	assert.equal(removed, ['metrics_20251121_080000.json', 'metrics_20251121_080001.json']);
	assert.equal(names(), [...others, 'metrics_20251121_080002.json', 'metrics_20251121_080003.json'].sort());
});

test('age is measured from the newest, so a log that is read again keeps what it writes', () => {
	const { put, names } = opened({ keepMs: 2000 });
	for (const second of [0, 1, 2, 3]) put(TS + second * 1000);
	assert.equal(names().length, 3);
	put(TS + 3_600_000);
	assert.equal(names(), ['metrics_20251121_090000.json']);
});

test.run();
