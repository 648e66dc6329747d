// Programs that are run for alerts: what they are given, how many at once, and how long.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AlertRecord } from '../../../../../filters/lib/alert/alert-record.ts';
import { createCommand } from '../../../../../filters/lib/alert/deliver/command.ts';
import { fingerprintOf } from '../../../../../filters/lib/alert/deliver/fingerprint.ts';
import { Mailbox } from '../../../../../filters/lib/alert/deliver/mailbox.ts';
import { createLog } from '../../../../../filters/lib/log.ts';

const test = suite('lib/alert/deliver: command');
const folder = mkdtempSync(join(tmpdir(), 'command-'));
test.after(() => rmSync(folder, { recursive: true }));

const alertOf = (n: string, state: 'firing' | 'resolved' = 'firing'): AlertRecord => ({
	type: 'alert',
	ts: 1000,
	host: 'web1',
	metric: 'temp',
	alert: 'A',
	state,
	labels: { alertname: 'A', n, hostile: '$(touch never); `touch never`\n"\'' },
	annotations: {},
	value: 0.5,
	starts_at: 1000,
});

const having = (script: string, { timeoutMs = 5000, most = 4 } = {}) => {
	const place = mkdtempSync(join(folder, 'case-'));
	const program = join(place, 'program');
	writeFileSync(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
	const lost: string[] = [];
	const said: string[] = [];
	const counts: Record<string, number> = {};
	const mailbox = new Mailbox({
		groupOf: ({ labels }) => fingerprintOf(labels),
		repeatMs: 1e9,
		most: 100,
		now: Date.now,
		onLost: () => {},
	});
	let settled = 0;
	const receiver = createCommand({
		command: [program, place, 'a b', '$HOME'],
		mailbox,
		timeoutMs,
		most,
		log: createLog({
			name: 't',
			level: 'info',
			format: 'text',
			priorities: false,
			write: (text) => said.push(text),
		}),
		count: (name, by = 1) => {
			counts[name] = (counts[name] ?? 0) + by;
		},
		onLost: (_, why) => lost.push(why.replace(program, 'program')),
		onSettled: () => {
			settled += 1;
		},
		onFailure: (error) => {
			throw error;
		},
	});
	let number = 0;
	const put = (...alerts: AlertRecord[]) => {
		for (const alert of alerts) mailbox.put(alert, ++number);
		receiver.start();
	};
	const until = async (holds: () => boolean) => {
		for (const deadline = performance.now() + 10_000; !holds(); await sleep(10))
			if (performance.now() > deadline) throw new Error(`not in time: ${lost} ${said}`);
	};
	return { place, lost, said, counts, mailbox, receiver, put, until, settled: () => settled };
};

test('the alert on stdin, arguments and environment as they are, and no shell in between', async () => {
	const { place, put, until, settled, counts, lost } = having(
		'cat > "$1/in"; printf "%s|" "$2" "$3" "$ALERT_NAME" "$ALERT_STATE" "$ALERT_HOST" "$ALERT_METRIC" "$ALERT_VALUE" > "$1/out"',
	);
	put(alertOf('1'));
	await until(() => settled() === 1);
	assert.equal(JSON.parse(readFileSync(join(place, 'in'), 'utf8')), alertOf('1'));
	assert.is(readFileSync(join(place, 'out'), 'utf8'), 'a b|$HOME|A|firing|web1|temp|0.5|');
	assert.not(existsSync(join(place, 'never')));
	assert.equal([counts, lost], [{ delivered: 1 }, []]);
});

test('its exit code and what it says are told, and it is not run again for that', async () => {
	const { put, until, settled, counts, lost, said, mailbox } = having('echo "no route" >&2; exit 3');
	put(alertOf('1'));
	await until(() => settled() === 1);
	assert.equal(lost, ['program: ended with 3: no route']);
	assert.match(said.join(''), /A \(firing\): .*ended with 3: no route/);
	assert.equal([counts.failed, mailbox.due()], [1, []]);
});

test('one that cannot be started is told', async () => {
	const { put, until, settled, lost } = having('exit 0');
	const none = having('');
	rmSync(join(none.place, 'program'));
	none.put(alertOf('1'));
	put(alertOf('1'));
	await until(() => settled() === 1 && none.settled() === 1);
	assert.equal([lost.length, none.lost.length], [0, 1]);
	assert.match(none.lost[0]!, /ENOENT/);
});

test('one that takes too long is ended, with all that it started, even where it hears no TERM', async () => {
	const { put, until, settled, lost, place } = having(
		'trap "" TERM; (sleep 4; touch "$1/survived") & sleep 60',
		{ timeoutMs: 200 },
	);
	const began = performance.now();
	put(alertOf('1'));
	await until(() => settled() === 1);
	assert.match(lost[0]!, /did not end within 0.2 s/);
	assert.ok(performance.now() - began < 4000);
	await sleep(4500 - (performance.now() - began));
	assert.not(existsSync(join(place, 'survived')));
});

test('so many at once and no more, a free place is taken at once, and one alert is told in order', async () => {
	const script =
		'touch "$1/run-$$"; ls "$1" | grep -c run- >> "$1/most"; cat >> "$1/order"; sleep 0.2; rm "$1/run-$$"';
	const { put, until, settled, place } = having(script, { most: 2 });
	put(...['1', '2', '3', '4', '5'].map((n) => alertOf(n)));
	await until(() => settled() >= 1);
	put(alertOf('1', 'resolved'));
	await until(() => settled() === 6);
	const most = readFileSync(join(place, 'most'), 'utf8').trim().split('\n').map(Number);
	assert.is(Math.max(...most), 2);
	const lines = readFileSync(join(place, 'order'), 'utf8').trim().split('\n');
	const first = lines.map((line) => JSON.parse(line) as AlertRecord).filter(({ labels }) => labels.n === '1');
	assert.equal(
		first.map(({ state }) => state),
		['firing', 'resolved'],
	);
	assert.equal(
		readdirSync(place).filter((name) => name.startsWith('run-')),
		[],
	);
});

test('the end of the stage ends it, and what it was to tell still waits', async () => {
	const { put, receiver, mailbox, lost } = having('sleep 60');
	put(alertOf('1'));
	await sleep(100);
	await receiver.stop();
	assert.equal([mailbox.waiting().length, lost], [1, []]);
});

test.run();
