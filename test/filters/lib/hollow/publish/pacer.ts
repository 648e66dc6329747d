import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EXIT, Failure } from '../../../../../filters/lib/failure.ts';
import { ValueError } from '../../../../../filters/lib/hollow/blob/bytes/errors.ts';
import { createPacer } from '../../../../../filters/lib/hollow/publish/pacer.ts';
import { createLog } from '../../../../../filters/lib/log.ts';
import { cycleNumber, versionNumber } from '../../../../servers/receiver.ts';

const test = suite('pacer');

const NUMBERS = new Map([1, 2, 3, 4].map((at) => [versionNumber(at), String(at)]));
/** Versions as the numbers that they were made of. */
const short = (text: string): string => text.replaceAll(/\d{17}/g, (version) => NUMBERS.get(version) ?? '?');

/** A pacer before a publisher that fails as it is told, and all that can be seen of it, in order. */
const pacing = (intervalMs: number, retryMs = 20) => {
	const seen: string[] = [];
	const so: { fault?: Error } = {};
	const publish = async ({ version }: { version: string }) => {
		if (so.fault) throw so.fault;
		seen.push(short(`publish ${version}`));
		const phases = { populate: 0, write: 0, check: 0 };
		return { kind: 'published', version, snapshot: 1, phases };
	};
	const log = createLog({
		name: 'p',
		level: 'info',
		format: 'text',
		priorities: false,
		write: (line) => seen.push(short(line.trim())),
	});
	const pacer = createPacer({
		publisher: { publish, close: async () => {} } as never,
		intervalMs,
		retryMs,
		log,
		count: (name) => seen.push(`count ${name}`),
		bad: (what) => seen.push(short(`bad ${what}`)),
		onPublished: () => seen.push('new'),
		onSettled: ({ at }) => seen.push(`settled ${at}`),
		onFailure: (error) => seen.push(`failure ${(error as Error).message}`),
	});
	const take = () => seen.splice(0);
	return { pacer, so, take };
};
const said = (lines: string[], what: RegExp) => lines.filter((line) => what.test(line)).length;

test('without an interval each cycle at once; only the first says so', async () => {
	const { pacer, take } = pacing(0);
	for (const at of [1, 2]) {
		await pacer.offer(cycleNumber(at));
		pacer.barrier({ at });
	}
	const lines = take();
	assert.equal(
		lines.filter((line) => !line.startsWith('p: ')),
		['publish 1', 'count published', 'new', 'settled 1', 'publish 2', 'count published', 'new', 'settled 2'],
	);
	assert.is(said(lines, /^p: published 1, 1 source/), 1);
	assert.is(said(lines, /published 2/), 0);
});

test('within the interval the newest waits; what it replaced is settled with it, and told at the end', async () => {
	const { pacer, take } = pacing(60_000);
	await pacer.offer(cycleNumber(1));
	pacer.barrier({ at: 1 });
	take();
	for (const at of [2, 3]) {
		await pacer.offer(cycleNumber(at));
		pacer.barrier({ at });
	}
	assert.equal(take(), ['count superseded']);
	await pacer.finish();
	assert.equal(take(), [
		'p: 1 cycle was left out: newer ones came within the interval (superseded)',
		'publish 3',
		'count published',
		'new',
		'settled 3',
	]);
});

test('a failure that may pass is tried again, and what came of it is said once', async () => {
	const { pacer, so, take } = pacing(0);
	await pacer.offer(cycleNumber(1));
	take();
	so.fault = new Failure(EXIT.unavailable, 'no room');
	await pacer.offer(cycleNumber(2));
	pacer.barrier({ at: 2 });
	await pacer.offer(cycleNumber(3));
	pacer.barrier({ at: 3 });
	await sleep(70);
	const failing = take();
	assert.is(said(failing, /no room; trying again every 0.02 s/), 1);
	assert.ok(said(failing, /^count failed/) >= 2);
	assert.is(said(failing, /settled|publish \d/), 0);
	so.fault = undefined;
	await sleep(70);
	const well = take();
	assert.is(
		said(
			well,
			/^p: warning: published 3, well again after 0 s; 1 cycle was left out, newer ones came meanwhile/,
		),
		1,
	);
	assert.equal([said(well, /^publish 3/), said(well, /^settled 3/)], [1, 1]);
	await pacer.offer(cycleNumber(4));
	assert.is(said(take(), /well again/), 0);
	await pacer.finish();
	assert.equal(take(), [], 'what was lost while it failed has been told');
});

test('at the end, what failed all along is told and thrown', async () => {
	const { pacer, so, take } = pacing(0, 60_000);
	so.fault = new Failure(EXIT.unavailable, 'no room');
	for (const at of [1, 2, 3]) await pacer.offer(cycleNumber(at));
	take();
	let thrown: unknown;
	await pacer.finish().catch((error) => {
		thrown = error;
	});
	assert.is(thrown, so.fault);
	assert.equal(take(), [
		'p: warning: 2 cycles were left out while nothing could be published: newer ones came',
	]);
});

test('a cycle that cannot be stored is left out and settled; any other failure is thrown', async () => {
	const { pacer, so, take } = pacing(0);
	so.fault = new ValueError('', 'too large');
	await pacer.offer(cycleNumber(1));
	pacer.barrier({ at: 1 });
	assert.equal(take(), ['bad cycle 1 is left out: too large', 'settled 1']);
	so.fault = new Failure(EXIT.again, 'changed under us');
	let thrown: unknown;
	await pacer.offer(cycleNumber(2)).catch((error) => {
		thrown = error;
	});
	assert.is(thrown, so.fault);
});

test('a failure for good while nobody waits goes to onFailure', async () => {
	const { pacer, so, take } = pacing(40);
	await pacer.offer(cycleNumber(1));
	await pacer.offer(cycleNumber(2));
	take();
	so.fault = new Failure(EXIT.again, 'changed under us');
	await sleep(100);
	assert.equal(take(), ['failure changed under us']);
});

test.run();
