// The newest state of each alert, told once, and what is never told.

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AlertRecord, AlertState } from '../../../../../filters/lib/alert/alert-record.ts';
import { Mailbox } from '../../../../../filters/lib/alert/deliver/mailbox.ts';

const test = suite('lib/alert/deliver: mailbox');
const REPEAT_MS = 4 * 3_600_000;

const alertOf = (name: string, state: AlertState, starts_at: number, n = '1'): AlertRecord => ({
	type: 'alert',
	ts: starts_at,
	host: 'web1',
	alert: name,
	state,
	labels: { alertname: name, n },
	annotations: {},
	value: 1,
	starts_at,
	...(state === 'resolved' ? { ends_at: starts_at + 5 } : {}),
});

const having = (most = 100) => {
	const clock = { now: 1_000_000 };
	const lost: string[] = [];
	const mailbox = new Mailbox({
		groupOf: ({ alert }) => alert,
		repeatMs: REPEAT_MS,
		most,
		now: () => clock.now,
		onLost: (alerts, why) => {
			for (const { alert, state, labels } of alerts) lost.push(`${alert}${labels.n} ${state}: ${why}`);
		},
	});
	const open = (group: string) =>
		mailbox.open(group).map(({ alert: { state, labels, starts_at } }) => `${labels.n} ${state} ${starts_at}`);
	let number = 0;
	const put = (...of: Parameters<typeof alertOf>) => {
		number += 1;
		mailbox.put(alertOf(...of), number);
	};
	const tell = (group: string) => mailbox.settle(mailbox.open(group));
	return { clock, lost, mailbox, open, put, tell };
};

test('a group is told together, when something of it is new, and then again after the repeat interval', () => {
	const { clock, mailbox, open, put, tell } = having();
	put('A', 'firing', 1);
	put('B', 'firing', 1);
	put('A', 'firing', 2, '2');
	assert.equal(mailbox.due(), ['A', 'B']);
	assert.equal(open('A'), ['1 firing 1', '2 firing 2']);
	tell('A');
	assert.equal(mailbox.due(), ['B']);
	tell('B');
	assert.equal(mailbox.due(), []);
	clock.now += REPEAT_MS - 1;
	assert.equal(mailbox.due(), []);
	clock.now += 1;
	assert.equal(mailbox.due(), ['A', 'B']);
	clock.now -= 3 * REPEAT_MS;
	assert.equal(mailbox.due(), ['A', 'B'], 'nor does a clock that was set back keep it silent');
});

test('an end is told once, with what still fires', () => {
	const { mailbox, open, put, tell, lost } = having();
	put('A', 'firing', 1);
	put('A', 'firing', 1, '2');
	tell('A');
	put('A', 'resolved', 1);
	assert.equal(open('A').sort(), ['1 resolved 1', '2 firing 1']);
	tell('A');
	assert.equal(open('A'), ['2 firing 1']);
	assert.equal(mailbox.due(), []);
	assert.equal(lost, []);
});

test('what fired and ended while nobody could be told is told as resolved; nothing is lost', () => {
	const { open, put, lost, mailbox, tell } = having();
	put('A', 'firing', 1);
	put('A', 'resolved', 1);
	assert.equal(open('A'), ['1 resolved 1']);
	tell('A');
	assert.equal([mailbox.keep(), lost], [[], []]);
});

test('where it fires again before that, the newest is told, and the time before is lost and said to be', () => {
	const { open, put, lost } = having();
	put('A', 'firing', 1);
	put('A', 'resolved', 1);
	put('A', 'firing', 9);
	assert.equal(open('A'), ['1 firing 9']);
	assert.equal(lost, ['A1 resolved: a newer alert took its place before it was delivered']);
});

test('an end that was told is not lost when it fires again', () => {
	const { put, tell, lost } = having();
	put('A', 'firing', 1);
	tell('A');
	put('A', 'resolved', 1);
	tell('A');
	put('A', 'firing', 9);
	assert.equal(lost, []);
});

test('what comes while a body is on its way is told after it', () => {
	const { mailbox, put, open } = having();
	put('A', 'firing', 1);
	const sent = mailbox.open('A');
	put('A', 'resolved', 1);
	mailbox.settle(sent);
	assert.equal(open('A'), ['1 resolved 1']);
	assert.equal(mailbox.due(), ['A']);
});

test('what fires again while its end is on its way is told after it', () => {
	const { mailbox, put, tell, open } = having();
	put('A', 'firing', 1);
	tell('A');
	put('A', 'resolved', 1);
	const sent = mailbox.open('A');
	put('A', 'firing', 9);
	mailbox.settle(sent);
	assert.equal(open('A'), ['1 firing 9']);
	assert.equal(mailbox.due(), ['A']);
});

test('how far all are told: the lowest number that waits', () => {
	const { mailbox, put, tell } = having();
	assert.is(mailbox.firstWaiting(), Number.POSITIVE_INFINITY);
	put('A', 'firing', 1);
	put('B', 'firing', 1);
	assert.is(mailbox.firstWaiting(), 1);
	tell('A');
	assert.is(mailbox.firstWaiting(), 2);
	put('A', 'resolved', 1);
	tell('B');
	assert.is(mailbox.firstWaiting(), 3);
	put('A', 'firing', 9);
	assert.is(mailbox.firstWaiting(), 3, 'what took its place is not told either');
});

test('memory is bounded: the one that waits longest is lost, and said to be', () => {
	const { put, lost, mailbox } = having(2);
	for (const n of ['1', '2', '3']) put('A', 'firing', 1, n);
	assert.equal(lost, ['A1 firing: too many alerts wait']);
	assert.is(mailbox.waiting().length, 2);
});

test('what is kept comes back, told or not', () => {
	const { put, tell, mailbox, clock } = having();
	put('A', 'firing', 1);
	tell('A');
	put('B', 'resolved', 1);
	const next = having();
	next.clock.now = clock.now;
	next.mailbox.restore(JSON.parse(JSON.stringify(mailbox.keep())));
	assert.equal(next.mailbox.due(), ['B']);
	next.put('A', 'resolved', 1);
	assert.equal(next.open('A'), ['1 resolved 1']);
});

test.run();
