// Pusher and receiver against each other, through a proxy that cuts, delays and repeats, both killed now and then.
// SEED=N repeats a run as far as its timing allows.

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { announcedIn } from '../../filters/lib/hollow/folder/announcement.ts';
import { contentsOf } from '../../filters/lib/hollow/folder/contents.ts';
import { loadAlong } from '../../filters/lib/hollow/folder/loader.ts';
import { routeTo } from '../../filters/lib/hollow/folder/route.ts';
import { isSameContent, publishedCycle } from '../../filters/lib/hollow/metrics/published-cycle.ts';
import { outcome, start } from '../program.ts';
import { endAnyway } from '../servers/carbon.ts';
import { flakyProxy, randomFrom } from '../servers/flaky-proxy.ts';
import {
	cycleNumber,
	type Receiver,
	startReceiver,
	textNumber,
	until,
	versionNumber,
} from '../servers/receiver.ts';

const CYCLES = 200;
const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
const test = suite('hollow-push and hollow-receive through a bad network');
const folder = mkdtempSync(join(tmpdir(), 'hollow-push-'));
test.after(() => {
	rmSync(folder, { recursive: true });
	endAnyway();
});

// Mostly small, now and then larger than what a socket takes at once.
const bucketsOf = (at: number) => (at % 20 === 7 ? 2000 : 3);

const published = (dir: string) => join(dir, 'm');
const countIn = (dir: string): number =>
	existsSync(published(dir)) ? contentsOf(published(dir)).snapshots.length : 0;
const ackedIn = (ack: string): number => (existsSync(ack) ? JSON.parse(readFileSync(ack, 'utf8')).at : 0);

/** Every version is there, by its snapshot and along the deltas, with the content that was sent. */
const checkAll = (dir: string): void => {
	const contents = contentsOf(published(dir));
	const wanted = Array.from({ length: CYCLES }, (_, at) => versionNumber(at + 1));
	const has = new Set(contents.snapshots);
	const missing = wanted.filter((version) => !has.has(version));
	assert.is(missing.length, 0, `${missing.length} are missing, the first ${missing[0]}`);
	assert.is(contents.snapshots.length, CYCLES);
	assert.is(announcedIn(published(dir)), wanted.at(-1));
	assert.is(routeTo(contents, wanted.at(-1)!, wanted[0]).join(), wanted.join());
	for (const [index, version] of wanted.entries()) {
		const state = loadAlong(published(dir), [version]);
		const sent = cycleNumber(index + 1, bucketsOf(index + 1));
		assert.ok(isSameContent(publishedCycle(state, version, 'm'), sent), `${version} holds something else`);
	}
};

test(`${CYCLES} cycles, at least once, both ends killed in between (SEED=${seed})`, async () => {
	console.log(`seed ${seed}`);
	const random = randomFrom(seed + 1);
	const dir = join(folder, 'blobs');
	const ack = join(folder, 'ack');
	const args = [dir, '--keep', '0'];
	const logs: string[] = [];
	let receiver: Receiver = await startReceiver(args);
	const proxy = await flakyProxy(receiver.port, seed);
	let runs = 0;
	let restarts = 0;
	let nextPusherDeath = 25;
	let nextReceiverDeath = 20;

	const restartReceiver = async () => {
		restarts += 1;
		logs.push((await receiver.end('SIGKILL')).stderr);
		receiver = await startReceiver(args, receiver.port);
	};
	/** One life of the pusher: the source begins where the ack says. */
	const live = async (): Promise<number | null> => {
		runs += 1;
		const url = `http://127.0.0.1:${proxy.port}/api`;
		const child = start('hollow-push', ['-p', url, '--ack', ack, '--retry-max', '40ms', '--timeout', '2s']);
		const done = outcome(child);
		child.stdin!.on('error', () => {});
		for (let at = ackedIn(ack) + 1; at <= CYCLES; at += 1) child.stdin!.write(textNumber(at, bucketsOf(at)));
		child.stdin!.end();
		const limit = nextPusherDeath;
		while (child.exitCode === null && (limit > CYCLES || countIn(dir) < limit)) {
			await new Promise((resolve) => setTimeout(resolve, 3 + random() * 10));
			if (countIn(dir) < nextReceiverDeath) continue;
			nextReceiverDeath += 40;
			await restartReceiver();
		}
		nextPusherDeath += 35;
		if (child.exitCode === null) child.kill('SIGKILL');
		return (await done).status;
	};
	const from = performance.now();
	for (let status: number | null = null; ackedIn(ack) < CYCLES; ) {
		assert.ok(
			runs < 60 && performance.now() - from < 60_000,
			`run ${runs}, status ${status}, ack ${ackedIn(ack)}`,
		);
		status = await live();
		assert.ok(status === null || status === 0, `status ${status}`);
	}
	const { status, stderr } = await receiver.end();
	assert.is(status, 0);
	logs.push(stderr);
	const said = [...logs.join('').matchAll(/: published (\d+)/g)].map(([, version]) => version);
	const seconds = ((performance.now() - from) / 1000).toFixed(1);
	console.log(
		`${seconds} s, ${runs} lives of the pusher, ${restarts + 1} of the receiver, ${JSON.stringify(proxy.tally)}`,
	);
	assert.is(new Set(said).size, said.length, 'a version was published twice');
	const { cutThere, cutBack, repeated } = proxy.tally;
	assert.ok(cutThere > 5 && cutBack > 5 && repeated > 5, 'the network was not bad enough');
	checkAll(dir);
	await proxy.close();
});

test('the proxy lets everything pass when it is told to', async () => {
	const dir = join(folder, 'calm');
	const receiver = await startReceiver([dir]);
	const proxy = await flakyProxy(receiver.port, seed);
	proxy.calm();
	const child = start('hollow-push', ['-p', `http://127.0.0.1:${proxy.port}`]);
	const done = outcome(child);
	child.stdin!.end(textNumber(1) + textNumber(2));
	const { status, stderr } = await done;
	assert.is(stderr, '');
	assert.is(status, 0);
	await until(() => countIn(dir) === 2);
	await receiver.end();
	await proxy.close();
});

test.run();
