import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
	deltaName,
	headerName,
	isPartOf,
	parseBlobName,
	snapshotName,
} from '../../../../../filters/lib/hollow/folder/blob-name.ts';

const test = suite('hollow blob-name');

test('a name comes apart as it was put together', () => {
	const [old, young] = ['9', '10'];
	const parse = (file: string) => parseBlobName(file)!;
	assert.equal(parse(snapshotName(old)), { file: 'snapshot-9', kind: 'snapshot', from: '9', to: '9' });
	assert.equal(parse(headerName(old)), { file: 'header-9', kind: 'header', from: '9', to: '9' });
	const forward = { file: 'delta-9-10', kind: 'delta', from: '9', to: '10' };
	assert.equal(parse(deltaName(old, young)), forward);
	const back = { file: 'reversedelta-10-9', kind: 'reversedelta', from: '10', to: '9' };
	assert.equal(parse(deltaName(young, old)), back);
});

test('other files are no blobs', () => {
	for (const file of [
		'announced.version',
		'snapshot',
		'snapshot-',
		'snapshot-1-2',
		'header-1-2',
		'delta-1',
		'reversedelta-1',
		'delta-1-2-3',
		'snapshot-x',
		`snapshot-${'1'.repeat(20)}`,
		'snapshot_part-1',
		'.snapshot-1.tmp',
		'snapshot-1.tmp',
	])
		assert.is(parseBlobName(file), undefined, file);
});

test('a part belongs to one blob', () => {
	assert.ok(isPartOf('snapshot_text-10', 'snapshot-10'));
	assert.ok(isPartOf('delta_text-9-10', 'delta-9-10'));
	for (const file of ['snapshot-10', 'snapshot_text-110x', 'delta_text-10', 'reversedelta_text-9-10'])
		assert.not(isPartOf(file, 'snapshot-10'), file);
});

test.run();
