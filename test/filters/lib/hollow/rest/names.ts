import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
	addressBelow,
	apiBase,
	cycleVersionOf,
	isDataset,
	isStep,
} from '../../../../../filters/lib/hollow/rest/names.ts';
import { versionAt } from '../../../../../filters/lib/hollow/version.ts';

const test = suite('names');

test('a producer URL, however it is spelt', () => {
	for (const tail of ['', '/', '/api', '/api/', '//api//', '/api/api', '/api/api/'])
		assert.is(String(apiBase(`http://h:7001${tail}`, '-p')), 'http://h:7001/api');
	assert.is(String(apiBase('https://h/x/apis', '-p')), 'https://h/x/apis/api');
	const base = apiBase('http://[::1]:1/x/api/', '-p');
	assert.is(String(addressBelow(base, 'a/b', '...')), 'http://[::1]:1/x/api/a%2Fb/...');
	for (const name of ['', '.', '..']) assert.not(isStep(name));
	for (const bad of ['h:7001', 'x', '', 'ftp://h', 'http://u:p@h', 'http://h?x', 'http://h#x'])
		assert.throws(() => apiBase(bad, '-p'), /^-p: |no user and password/);
});

test('names of data sets are names of folders', () => {
	for (const good of ['ebpf_metrics', 'A-1', 'a.b', '_', '0', 'x'.repeat(100)])
		assert.ok(isDataset(good), good);
	for (const bad of [
		'',
		'.',
		'..',
		'.a',
		'-a',
		'a..b',
		'a/b',
		'a\\b',
		'a b',
		'é',
		'a\0',
		'a\n',
		'x'.repeat(101),
	])
		assert.not(isDataset(bad), bad);
});

test('a version of milliseconds is the same instant in 17 digits', () => {
	assert.is(cycleVersionOf(1763712000123), '20251121080000123');
	assert.is(cycleVersionOf('1763712000123'), '20251121080000123');
	assert.is(cycleVersionOf('20251121080000123'), '20251121080000123');
	for (const bad of [
		0,
		-1,
		1.5,
		2 ** 54,
		'',
		'176371200012',
		'17637120001234',
		'2025112108000012x',
		null,
		{},
		[1763712000123],
	])
		assert.is(cycleVersionOf(bad), undefined, String(bad));
	fc.assert(
		fc.property(fc.integer({ min: 1_000_000_000_000, max: 9_999_999_999_999 }), (ms) => {
			assert.is(cycleVersionOf(ms), versionAt(ms));
		}),
	);
});

test.run();
