import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
	ascending,
	isAbove,
	isAhead,
	isCycleVersion,
	isVersion,
	LATEST_MS,
	millisOf,
	versionAt,
} from '../../../../filters/lib/hollow/version.ts';

const test = suite('hollow version');
const TS = Date.UTC(2025, 10, 21, 8);

test('a version has up to 19 digits, one of a cycle 17 and no leading zero', () => {
	for (const digits of ['0', '1', '20251121080000000', '9'.repeat(19)]) assert.ok(isVersion(digits), digits);
	for (const other of ['', '-1', '1.0', '1x', ' 1', '1\n', '9'.repeat(20), undefined])
		assert.not(isVersion(other), String(other));
	assert.ok(isCycleVersion('20251121080000000'));
	for (const other of [
		'2025112108000000',
		'202511210800000000',
		'02025112108000000',
		20251121080000000,
		null,
	])
		assert.not(isCycleVersion(other), String(other));
});

test('versions of any length are in the order of their numbers', () => {
	const versions = ['10', '9', '20251121080000001', '20251121080000000', '010', '9'.repeat(19)];
	const sorted = ['9', '010', '10', '20251121080000000', '20251121080000001', '9'.repeat(19)];
	assert.equal([...versions].sort(ascending), sorted);
	assert.is(ascending('9', '9'), 0);
	assert.ok(isAbove('10', '9'));
	assert.not(isAbove('9', '9'));
	assert.not(isAbove('010', '10'));
});

test('a version is the time that it is made of, and one more where it would not be above the last', () => {
	assert.is(versionAt(TS), '20251121080000000');
	assert.is(versionAt(TS, '20251121080000000'), '20251121080000001');
	assert.is(versionAt(TS, '99991231235959998'), '99991231235959999');
	assert.is(versionAt(0), '19700101000000000');
	assert.is(versionAt(LATEST_MS), '99991231235959999');
	fc.assert(
		fc.property(fc.nat({ max: LATEST_MS }), (ms) => {
			assert.is(millisOf(versionAt(ms)), ms);
			assert.ok(isCycleVersion(versionAt(ms)));
		}),
	);
});

test('versions always grow, whatever the times do', () => {
	fc.assert(
		fc.property(fc.array(fc.nat({ max: LATEST_MS - 1000 })), (times) => {
			let last = '0';
			for (const ms of times) {
				const version = versionAt(ms, last);
				assert.ok(isCycleVersion(version));
				assert.ok(isAbove(version, last));
				last = version;
			}
		}),
	);
});

test('digits that are no time stand for none', () => {
	for (const version of ['1', '20251399000000000', '20250230000000000', '2025112108000000', '0'.repeat(17)])
		assert.ok(Number.isNaN(millisOf(version)), version);
});

test('ahead is more than a day after a clock that can be right', () => {
	const DAY_MS = 86_400_000;
	assert.not(isAhead(versionAt(TS + DAY_MS), TS));
	assert.ok(isAhead(versionAt(TS + DAY_MS + 1), TS));
	assert.not(isAhead('9', TS));
	assert.not(isAhead(versionAt(TS), 0));
});

test.run();
