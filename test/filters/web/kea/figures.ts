// The figures of the Kea tab: nothing counted is 0 where somebody looked, and no figure where nobody did.

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ColumnsAnswer, Group } from '../../../../filters/lib/history/answers.ts';
import {
	answeredOf,
	countIn,
	dropsOf,
	exchangeOf,
	gapsOf,
	isProbed,
	percentileOf,
	secondsOf,
	stagesOf,
} from '../../../../filters/web/kea/figures.ts';
import type { KeaAnswers, Split } from '../../../../filters/web/kea/questions.ts';

const test = suite('web/kea: figures');

const group = (name: string, total: number | string, isSeen = true): Group => ({
	name,
	series: 1,
	synthetic: 'none',
	columns: isSeen ? [[1, total]] : [null],
	total: [total],
});
const answer = (...groups: Group[]): ColumnsAnswer => ({
	epoch: 'e',
	now: 0,
	metric: 'm',
	unit: '1',
	type: 'sum',
	from: 0,
	step: 2000,
	rows: [],
	isOverlapping: false,
	remarks: [],
	groups,
	more: 0,
});
const split = (all: ColumnsAnswer, of: Record<string, ColumnsAnswer>): Split => ({
	all,
	of: new Map(Object.entries(of)),
});
const answers = (some: Partial<KeaAnswers>): KeaAnswers => some as KeaAnswers;

test('a message that was never seen was seen 0 times if somebody looked, and else nobody knows', () => {
	const all = answers({
		received: answer(group('DISCOVER', 5)),
		sent: answer(),
		keaSent: answer(group('offer', 4)),
	});
	const steps = exchangeOf('dhcp4', all, { received: true, sent: true });
	assert.equal(
		steps.map(({ message, probes, kea }) => [message, probes, kea]),
		[
			['DISCOVER', 5, undefined],
			['OFFER', 0, 4],
			['REQUEST', 0, undefined],
			['ACK', 0, undefined],
		],
	);
	const blind = exchangeOf('dhcp4', all, { received: true, sent: false });
	assert.is(blind[1]!.probes, undefined);
	assert.not.ok(isProbed(answers({ received: answer(group('DISCOVER', 0, false)) })));
	assert.is(countIn(answer(group('a', 0, false)), 'a'), undefined);
	assert.is(countIn(answer(group('a', '9007199254740993')), 'a'), '9007199254740993');
});

test('what is missing after a message is what became of it, not what else had the same answer', () => {
	const all = answers({
		received: answer(group('SOLICIT', 10), group('REQUEST', 8), group('RENEW', 100)),
		sent: answer(group('ADVERTISE', 9), group('REPLY', 106)),
		answered: split(answer(group('SOLICIT', 10), group('REQUEST', 8), group('RENEW', 100)), {
			SOLICIT: answer(group('ADVERTISE', 9), group('none', 1)),
			REQUEST: answer(group('REPLY', 6), group('none', 2)),
			RENEW: answer(group('REPLY', 100)),
		}),
	});
	const steps = exchangeOf('dhcp6', all, { received: true, sent: true });
	assert.equal(
		gapsOf(steps, all).map(({ probes, whole }) => [probes, whole]),
		[
			[1, 10],
			[1, 9],
			[2, 8],
		],
	);
	assert.equal(
		answeredOf(all).map(({ message }) => message),
		['RENEW', 'SOLICIT', 'REQUEST'],
	);
});

test('causes stand beside those of Kea that count the same, and each without a partner alone', () => {
	const all = answers({
		drops: split(answer(group('queue', 7), group('malformed', 3)), { queue: answer(group('DISCOVER', 7)) }),
		keaDrops: answer(group('parse-failed', 2), group('rfc-violation', 5)),
	});
	assert.equal(
		dropsOf(all, true).map(({ cause, probes, keaCause, kea }) => [cause, probes, keaCause, kea]),
		[
			['queue', 7, 'queue-full', undefined],
			['', undefined, 'rfc-violation', 5],
			['malformed', 3, 'parse-failed', 2],
		],
	);
});

test('stages come in the order of a packet, unknown ones behind; seconds are of the time looked at', () => {
	const stages = answer(group('send', 1), group('zz', 1), group('queue', 1));
	assert.equal(
		stagesOf(answers({ stages })).map(({ name }) => name),
		['queue', 'send', 'zz'],
	);
	const columns: Group['columns'] = [[0.5, 1], null, [1, 2]];
	assert.is(secondsOf(answer({ ...group('a', 3), columns })), 3);
	assert.is(secondsOf(undefined), 0);
	const histogram = { ...answer(), rows: [[0, 1] as [number, number], [1, 2] as [number, number]] };
	assert.equal(percentileOf(histogram, { total: [99, 1] }, 99), [0, 1]);
	assert.equal(percentileOf(histogram, { total: [98, 2] }, 99), [1, 2]);
	assert.is(percentileOf({ ...histogram, isOverlapping: true }, { total: [98, 2] }, 99), undefined);
});

test.run();
