// Our publisher and the real Hollow library on one folder: its consumer follows us, and each continues the other's chain.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { checksum, hex } from '../../filters/lib/hollow/blob/state.ts';
import { announcedIn } from '../../filters/lib/hollow/folder/announcement.ts';
import { contentsOf } from '../../filters/lib/hollow/folder/contents.ts';
import { loadAlong } from '../../filters/lib/hollow/folder/loader.ts';
import { routeTo } from '../../filters/lib/hollow/folder/route.ts';
import { type Cycle, linesOf } from '../../filters/lib/hollow/metrics/cycle.ts';
import type { Version } from '../../filters/lib/hollow/version.ts';
import { random, textOf, versions } from '../data/versions.ts';
import { until } from '../harness/supervised.ts';
import { testWith } from '../parts.ts';
import { bundleOf, cleanEnv, run } from '../program.ts';
import { endJava, java, javaLacks } from '../servers/java.ts';

const test = suite('hollow, the real library');
const lacks = javaLacks();

let dir: string;
test.before.each(() => {
	dir = mkdtempSync(join(tmpdir(), 'hollow-java-'));
});
test.after.each(() => {
	endJava();
	rmSync(dir, { recursive: true });
});

const linesFor = (cycles: Cycle[]): string =>
	cycles.flatMap((cycle) => [...linesOf(cycle)].map((line) => `${line}\n`)).join('');
const publish = async (cycles: Cycle[]): Promise<void> => {
	const { status, stderr } = await run('hollow-publish', [dir, '--keep', '0'], linesFor(cycles));
	assert.is(status, 0, stderr);
};
const publishWithJava = async (cycles: Cycle[]): Promise<void> => {
	const producer = java('Produce', dir);
	producer.child.stdin!.write(linesFor(cycles));
	assert.equal(
		await producer.end(),
		cycles.map(({ version }) => version),
	);
};
const ourChecksum = (version: Version, from?: Version): string =>
	hex(checksum(loadAlong(dir, routeTo(contentsOf(dir), version, from)))).padStart(8, '0');

/** The real consumer goes to each version in turn; it must see what was published, by one snapshot and deltas alone. */
const consumerSees = async (way: Cycle[]): Promise<void> => {
	const consumer = java('Consume', dir);
	for (const [step, cycle] of way.entries()) {
		consumer.say(cycle.version);
		const [version, sum, snapshots, deltas] = (await consumer.next()).split(' ');
		assert.equal(await consumer.upTo('.'), textOf(cycle), `the records of ${cycle.version}`);
		assert.equal([version, snapshots, deltas], [cycle.version, '1', String(step)]);
		assert.is(sum, ourChecksum(cycle.version), `the checksum of ${cycle.version}`);
	}
	assert.equal(await consumer.end(), []);
};
const thereAndBack = (cycles: Cycle[]): Cycle[] => [...cycles, ...cycles.slice(0, -1).reverse()];

testWith(test, lacks, 'a consumer follows 50 versions by deltas, forward and back', async () => {
	const cycles = versions(50, 1);
	await publish(cycles);
	assert.is(announcedIn(dir), cycles.at(-1)!.version);
	await consumerSees(thereAndBack(cycles));
	for (const { version } of [cycles[9]!, cycles[30]!])
		assert.is(ourChecksum(version, cycles[20]!.version), ourChecksum(version, version));
});

testWith(test, lacks, 'Longs, and numbers beyond 2^53', async () => {
	const cycles = versions(6, 2, true);
	await publish(cycles);
	await consumerSees(thereAndBack(cycles));
});

testWith(test, lacks, 'we continue a chain of the Java producer, and it continues ours', async () => {
	const cycles = versions(20, 3);
	await publish(cycles.slice(0, 5));
	await publishWithJava(cycles.slice(5, 10));
	await publish(cycles.slice(10, 15));
	await publishWithJava(cycles.slice(15));
	await consumerSees(thereAndBack(cycles));
});

testWith(test, lacks, 'a chain that Java began', async () => {
	const cycles = versions(8, 4);
	await publishWithJava(cycles.slice(0, 3));
	await publish(cycles.slice(3));
	await consumerSees(thereAndBack(cycles));
});

testWith(
	test,
	lacks,
	'old versions go while a consumer follows; one that starts, and one that lags, find a way',
	async () => {
		const cycles = versions(40, 7);
		const follower = java('Follow', dir);
		const late = java('Consume', dir);
		const keeping = ['--keep', '8'];
		for (let from = 0; from < cycles.length; from += 5) {
			const some = cycles.slice(from, from + 5);
			const { status, stderr } = await run('hollow-publish', [dir, ...keeping], linesFor(some));
			assert.is(status, 0, stderr);
			const newest = some.at(-1)!;
			// It is five versions behind each time, fewer than are kept.
			late.say(newest.version);
			const [version, sum, snapshots] = (await late.next()).split(' ');
			assert.equal([version, snapshots], [newest.version, '1']);
			assert.is(sum, ourChecksum(newest.version));
			assert.equal(await late.upTo('.'), textOf(newest));
			await consumerSees([newest]);
		}
		assert.is(contentsOf(dir).snapshots.length, 8);
		follower.say('');
		const lines = await follower.end();
		assert.equal(
			lines.filter((line) => line.includes('failed')),
			[],
		);
		assert.is(lines.filter((line) => line.startsWith('snapshot')).length, 1);
		await late.end();
	},
);

const CYCLES = 200;

testWith(
	test,
	lacks,
	`KILLed at random in ${CYCLES} cycles: a consumer that follows never fails, and the chain goes on`,
	async () => {
		const cycles = versions(CYCLES, 5);
		const below = random(Date.now());
		const follower = java('Follow', dir);
		let kills = 0;
		const announced = (): number => {
			try {
				return cycles.findIndex(({ version }) => version === announcedIn(dir)) + 1;
			} catch {
				return 0;
			}
		};
		for (let done = 0; done < CYCLES; done = announced()) {
			// As a source does that begins again a little before what was acknowledged.
			const left = cycles.slice(Math.max(0, done - 2));
			const publisher = spawn(process.execPath, [bundleOf('hollow-publish'), dir, '--keep', '0'], {
				stdio: ['pipe', 'ignore', 'inherit'],
				env: cleanEnv(),
			});
			const ended = once(publisher, 'exit');
			publisher.stdin!.on('error', () => {});
			publisher.stdin!.end(linesFor(left));
			if (CYCLES - done > 3) {
				// While it starts, or at any moment of a cycle a little later.
				if (below(4) === 0) await sleep(20 + below(100));
				else await until('progress', () => announced() > done + below(4));
				await sleep(below(20));
				publisher.kill('SIGKILL');
				kills += 1;
			}
			await ended;
			// Whatever is announced can be read, from a snapshot and along the chain, at any moment.
			const at = announced();
			if (at === 0) continue;
			const { version } = cycles[at - 1]!;
			assert.is(ourChecksum(version), ourChecksum(version, cycles[0]!.version), version);
		}
		const last = cycles.at(-1)!.version;
		const sum = ourChecksum(last);
		// The watcher of the library looks once a second.
		await sleep(2500);
		follower.say('');
		const lines = await follower.end();
		console.log(`${kills} kills, ${lines.filter((line) => line.startsWith('delta')).length} deltas taken`);
		assert.equal(
			lines.filter((line) => line.includes('failed')),
			[],
		);
		assert.is(lines.filter((line) => line.startsWith('snapshot')).length, 1, 'one snapshot, the first');
		assert.is(lines.filter((line) => line.startsWith('watcher snapshot')).length, 1);
		assert.is(
			lines.filter((line) => line.startsWith('delta ') || line.startsWith('snapshot ')).at(-1),
			`delta ${last} ${sum}`,
		);
		assert.is(lines.filter((line) => line.startsWith('watcher')).at(-1), `watcher delta ${last} ${sum}`);
		await consumerSees(cycles);
	},
);

testWith(test, lacks, 'the Explorer opens it', async () => {
	const cycles = versions(3, 6);
	await publish(cycles);
	const explorer = java('Explore', dir);
	const site = `http://127.0.0.1:${await explorer.next()}`;
	const page = async (path: string) => {
		const answer = await fetch(site + path);
		assert.is(answer.status, 200, path);
		return (await answer.text()).replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');
	};
	const { version, states } = cycles.at(-1)!;
	const home = await page('/home');
	assert.match(home, new RegExp(`State Version: ${version}.* MetricsState ${states.length} `));
	const [, ordinal] = /ORDINAL:(\d+)/.exec(await page('/type?type=MetricsState'))!;
	const record = await page(`/type?type=MetricsState&ordinal=${ordinal}&display=json`);
	assert.ok(
		states.some(({ source }) => record.includes(`&quot;source&quot;: &quot;${source}&quot;`)),
		record,
	);
	const found = await page(`/query?type=String&field=value&queryValue=${states[0]!.source}`);
	assert.match(found, /MetricsState : 1 records match/);
	await explorer.end();
});

test.run();
