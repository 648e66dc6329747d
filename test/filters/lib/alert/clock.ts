// Silence, and clocks that are set, with clocks that a test moves.

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createClock } from '../../../../filters/lib/alert/clock.ts';
import { alerting, gauge, ruleText, START } from '../../../harness/alerting.ts';

const test = suite('lib/alert/clock');

const GRACE_MS = 5000;
const run = (text: string, startMs = START) => {
	const all = alerting(text);
	let [wall, monotonic, quietMs] = [startMs, 0, 0];
	const clock = createClock({
		engine: all.engine,
		graceMs: GRACE_MS,
		isBlocked: () => false,
		wall: () => wall,
		monotonic: () => monotonic,
	});
	return {
		...all,
		clock,
		/** So many seconds of silence. */
		silence: (seconds: number) => {
			for (let second = 1; second <= seconds; second++) {
				wall += 1000;
				monotonic += 1000;
				quietMs += 1000;
				clock.quiet(quietMs);
			}
		},
		set: (seconds: number) => {
			wall += seconds * 1000;
		},
		comes: (second: number, value: number) => {
			quietMs = 0;
			clock.heard();
			const record = gauge(second, 'temp', value);
			all.engine.take(record, clock.believed(record.ts));
		},
	};
};

test('silence fires without any record, even where none ever came', () => {
	const { silence, said } = run(ruleText('absent_over_time(temp[1m])'));
	silence(60);
	assert.equal(said(), []);
	silence(15);
	assert.equal(
		said(),
		['60 firing'],
		'a minute after it began, at the next look, as soon as that is past the grace',
	);
});

test('silence begins after the last record, and ends with the next', () => {
	const { silence, comes, said } = run(ruleText('absent_over_time(temp[1m])'));
	comes(0, 1);
	silence(64);
	assert.equal(said(), []);
	silence(2);
	assert.equal(said(), ['60 firing']);
	comes(66, 1);
	silence(15);
	assert.equal(said(), ['75 resolved']);
});

test('silence is what resolves an alert whose series is gone, and lets pending ones fire', () => {
	const { silence, comes, said } = run(ruleText('temp > 30', { for: '30s' }));
	comes(0, 31);
	silence(40);
	assert.equal(said(), ['0 pending', '30 firing']);
	silence(300);
	assert.equal(said(), ['300 resolved']);
});

for (const [what, seconds] of [
	['forward by a day (or the machine slept)', 86_400],
	['back by a day', -86_400],
] as const)
	test(`the clock is set ${what}: ages stay, nothing fires for it`, () => {
		const { silence, set, comes, said, counted } = run(ruleText('absent_over_time(temp[1m])', { for: '1m' }));
		comes(0, 1);
		silence(20);
		set(seconds);
		silence(40);
		assert.equal(
			said().filter((line) => !line.includes('notice clock')),
			[],
		);
		assert.is(counted('clock'), 1);
		silence(100);
		const [first = '', second = ''] = said().map((line) => {
			const [at, ...rest] = line.split(' ');
			return `${Math.round((Number(at) - seconds) / 60)} ${rest.join(' ')}`;
		});
		assert.equal([first, second], ['1 pending', '2 firing']);
	});

test('records go on in the new time after the clock was set, and nothing is late or absent', () => {
	for (const by of [7200, -7200]) {
		const { set, comes, silence, said } = run(ruleText('absent_over_time(temp[1m]) or temp > 30'));
		comes(0, 1);
		silence(10);
		comes(10, 1);
		set(by);
		comes(10 + by, 1);
		silence(30);
		comes(40 + by, 31);
		silence(30);
		assert.equal(said().filter((line) => !line.includes('clock')).length, 1, String(by));
	}
});

test('a record from the future is of now: it does not end the time of all others', () => {
	const { comes, said, silence } = run(ruleText('temp > 30'));
	comes(0, 1);
	comes(86_400, 1);
	silence(5);
	comes(5, 31);
	silence(20);
	comes(25, 31);
	silence(5);
	comes(30, 1);
	silence(20);
	assert.equal(said(), ['15 firing', '30 resolved']);
});

test('whoever reads old records is not moved by the clock of this machine', () => {
	const { comes, set, counted } = run(ruleText('temp > 30'), START + 1e9);
	comes(0, 1);
	set(-86_400);
	comes(1, 1);
	assert.is(counted('clock'), 0);
});

test.run();
