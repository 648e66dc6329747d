// What users write, and what they are told when it cannot be meant.

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
	byteSize,
	duration,
	hostPort,
	oneOf,
	pairs,
	positiveDuration,
	whole,
} from '../../../filters/lib/options.ts';

const test = suite('options');

const GOOD: [unknown, unknown][] = [
	[duration('500ms', 'x'), 500],
	[duration('15', 'x'), 15_000],
	[duration('1.5m', 'x'), 90_000],
	[duration('0s', 'x'), 0],
	[duration('2d', 'x'), 172_800_000],
	[byteSize('4096', 'x'), 4096],
	[byteSize('64k', 'x'), 65_536],
	[byteSize('2G', 'x'), 2_147_483_648],
	[whole('-3', 'x', -5, 5), -3],
	[oneOf('b', 'x', ['a', 'b']), 'b'],
	[
		[...pairs(['a=1,b=2', 'c=x=y'], 'x')],
		[
			['a', '1'],
			['b', '2'],
			['c', 'x=y'],
		],
	],
	[hostPort('h', 'x', 2003), { host: 'h', port: 2003 }],
	[hostPort('h.example:1', 'x', 2003), { host: 'h.example', port: 1 }],
	[hostPort('[::1]:2', 'x', 2003), { host: '::1', port: 2 }],
];
test('what can be meant is understood', () => {
	for (const [actual, expected] of GOOD) assert.equal(actual, expected);
});

const BAD: [() => unknown, RegExp][] = [
	[() => duration('soon', '--every'), /^--every: "soon" is not a duration; write for example/],
	[() => duration('-1s', '--every'), /is not a duration/],
	[() => duration('1e9d', '--every'), /is not a duration/],
	[() => duration('', '--every'), /"" is not a duration/],
	[() => positiveDuration('0s', '--every'), /is not a duration above zero/],
	[() => byteSize('1X', '--max-size'), /is not a size; write for example 64K/],
	[() => byteSize('99999999999999999999', '--max-size'), /is not a size/],
	[() => whole('1.5', '--keep', 0, 9), /is not a whole number from 0 to 9/],
	[() => whole('10', '--keep', 0, 9), /is not a whole number from 0 to 9/],
	[() => oneOf('c', '--protocol', ['a', 'b']), /is not one of a, b/],
	[() => pairs(['a'], '--attribute'), /is not of the form name=value/],
	[() => pairs(['a=1', 'a=2'], '--attribute'), /"a" is given twice/],
	[() => hostPort('h:0', '--uri', 1), /is not a HOST or HOST:PORT/],
	[() => hostPort('h:99999', '--uri', 1), /is not a HOST or HOST:PORT/],
	[() => hostPort('http://h', '--uri', 1), /is not a HOST or HOST:PORT/],
	[() => hostPort('', '--uri', 1), /is not a HOST or HOST:PORT$/],
	[() => hostPort('h:1:2', '--uri', 1), /is not a HOST or HOST:PORT$/],
	[() => hostPort('::1', '--uri', 1), /HOST:PORT; write an IPv6 address in brackets: \[::1\]$/],
	[() => hostPort('fe80::1%eth0', '--uri', 1), /in brackets: \[fe80::1%eth0\]$/],
	[() => hostPort('2001:db8::7', '--uri', 1), /in brackets: \[2001:db8::7\]$/],
];
test('what cannot be meant is refused with 64 and what to write', () => {
	for (const [attempt, expected] of BAD) {
		try {
			attempt();
			assert.unreachable(String(expected));
		} catch (error) {
			assert.match((error as Error).message, expected);
			assert.is((error as { code?: number }).code, 64);
		}
	}
});

test.run();
