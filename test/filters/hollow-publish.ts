import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EXIT, Failure } from '../../filters/lib/failure.ts';
import { ValueError } from '../../filters/lib/hollow/blob/bytes/errors.ts';
import { applyDelta, readSnapshot } from '../../filters/lib/hollow/blob/reader.ts';
import { checksum, hex, type State } from '../../filters/lib/hollow/blob/state.ts';
import { announcedIn } from '../../filters/lib/hollow/folder/announcement.ts';
import { deltaName } from '../../filters/lib/hollow/folder/blob-name.ts';
import { contentsOf } from '../../filters/lib/hollow/folder/contents.ts';
import { routeTo } from '../../filters/lib/hollow/folder/route.ts';
import { createPacer } from '../../filters/lib/hollow/publish/pacer.ts';
import type { Outcome, Publisher } from '../../filters/lib/hollow/publish/publisher.ts';
import type { Version } from '../../filters/lib/hollow/version.ts';
import { cycleAt, keptLog, stateAt, sumAt, textOf, version } from '../data/published.ts';
import { commandsLack, isRoot, testWith } from '../parts.ts';
import { bundleOf, cleanEnv, outcome, run, start } from '../program.ts';
import { endAnyway, until } from '../servers/carbon.ts';

const room = mkdtempSync(join(tmpdir(), 'hollow-publish-'));
let folders = 0;
const fresh = () => join(room, `f${folders++}`);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const upTo = (n: number, from = 1) => Array.from({ length: n - from + 1 }, (_, at) => cycleAt(from + at));
const barrier = (at: number) => `#!pos {"at":${at}}\n`;

const pure = suite('hollow-publish: the pace');

/** A publisher that writes nowhere; `answer` says what becomes of a cycle. */
const paced = (intervalMs: number, answer: (cycle: { version: Version }) => Outcome | Promise<Outcome>) => {
	const [published, counts, settled, bad]: [Version[], string[], unknown[], string[]] = [[], [], [], []];
	const publisher: Publisher = {
		announced: () => published.at(-1),
		publish: async (cycle) => {
			const done = await answer(cycle);
			if (done.kind === 'published') published.push(cycle.version);
			return done;
		},
		close: async () => {},
	};
	const { log, lines } = keptLog();
	const pacer = createPacer({
		publisher,
		intervalMs,
		retryMs: 30,
		log,
		count: (what) => counts.push(what),
		bad: (what) => bad.push(what),
		onSettled: (position) => settled.push(position),
		onFailure: (error) => bad.push(`fatal ${(error as Error).message}`),
	});
	return { pacer, published, counts, settled, bad, lines };
};
const phases = { populate: 0, write: 0, check: 0, announce: 0 };
const fine = ({ version: at }: { version: Version }): Outcome => ({
	kind: 'published',
	version: at,
	snapshot: 1,
	phases,
});

pure('the first cycle at once, then the newest of each interval; a barrier waits for it', async () => {
	const { pacer, published, counts, settled } = paced(60, fine);
	await pacer.offer(cycleAt(1));
	pacer.barrier({ at: 1 });
	assert.equal(settled, [{ at: 1 }]);
	await pacer.offer(cycleAt(2));
	pacer.barrier({ at: 2 });
	await pacer.offer(cycleAt(3));
	assert.equal(published, [version(1)]);
	assert.is(settled.length, 1);
	await until(() => published.length > 1);
	assert.equal(published, [version(1), version(3)]);
	assert.equal(settled, [{ at: 1 }, { at: 2 }]);
	await pacer.offer(cycleAt(4));
	await pacer.offer(cycleAt(5));
	await pacer.finish();
	assert.equal(published, [1, 3, 5].map(version));
	assert.equal(counts, ['published', 'superseded', 'published', 'superseded', 'published']);
});

pure('what may pass is tried again, with the newest cycle; what may not is fatal', async () => {
	let fails = 2;
	const { pacer, published, settled, lines, bad } = paced(0, (cycle) => {
		if (fails-- > 0) throw new Failure(EXIT.unavailable, 'no space');
		return fine(cycle);
	});
	await pacer.offer(cycleAt(1));
	pacer.barrier({ at: 1 });
	await pacer.offer(cycleAt(2));
	assert.equal([published, settled], [[], []]);
	await until(() => published.length > 0);
	assert.equal([published, settled], [[version(2)], [{ at: 1 }]]);
	assert.match(lines[0]!, /no space; trying again every 0.03 s/);
	assert.equal(bad, []);
	const worse = paced(0, () => {
		throw new Failure(EXIT.again, 'changed');
	});
	try {
		await worse.pacer.offer(cycleAt(1));
		assert.unreachable();
	} catch (error) {
		assert.match((error as Error).message, /changed/);
	}
});

pure('a cycle that cannot be stored is bad input, and its barrier passes', async () => {
	const { pacer, bad, settled } = paced(0, () => {
		throw new ValueError('a.b', 'too large');
	});
	await pacer.offer(cycleAt(1));
	pacer.barrier({ at: 1 });
	assert.equal(bad, [`cycle ${version(1)} is left out: a.b: too large`]);
	assert.equal(settled, [{ at: 1 }]);
});

pure('a cycle that comes while another is on its way is not taken for that one', async () => {
	const gates: (() => void)[] = [];
	const { pacer, published, settled } = paced(0, async (cycle) => {
		await new Promise<void>((resolve) => gates.push(resolve));
		return fine(cycle);
	});
	const first = pacer.offer(cycleAt(1));
	const second = pacer.offer(cycleAt(2));
	pacer.barrier({ at: 2 });
	gates[0]!();
	await first;
	assert.equal([published, settled], [[version(1)], []]);
	gates[1]!();
	await second;
	assert.equal([published, settled], [[1, 2].map(version), [{ at: 2 }]]);
});

pure.run();

const test = suite('hollow-publish: the program');
test.after(() => {
	rmSync(room, { recursive: true });
	endAnyway();
});

test('cycles become versions; barriers are acked; stdout stays empty', async () => {
	const folder = fresh();
	const ack = join(room, 'ack1');
	const input = `#!ts 1763712000\n${textOf(...upTo(3))}${barrier(3)}${textOf(cycleAt(4))}`;
	const { status, stdout, stderr } = await run('hollow-publish', [folder, '-i', '0', '--ack', ack], input);
	assert.is(status, 0);
	assert.is(stdout, '');
	assert.match(
		stderr,
		new RegExp(`^hollow-publish: published ${version(1)}, 2 sources snapshot=\\d+ populate=.*\\n$`),
	);
	assert.is(readFileSync(ack, 'utf8'), '{"at":3}\n');
	assert.is(announcedIn(folder), version(4));
	assert.is(sumAt(folder, version(4), version(1)), sumAt(folder, version(4)));
});

test('-i: what waits is superseded by newer cycles and published at the end, by end of input and by TERM', async () => {
	for (const how of ['eof', 'term']) {
		const folder = fresh();
		const ack = join(room, `ack-${how}`);
		const child = start('hollow-publish', [folder, '-i', '60s', '--ack', ack]);
		const done = outcome(child);
		child.stdin!.write(`${textOf(...upTo(2))}${barrier(2)}${textOf(...upTo(5, 3))}`);
		await until(() => existsSync(join(folder, 'announced.version')));
		await pause(200);
		assert.is(announcedIn(folder), version(1));
		assert.not.ok(existsSync(ack));
		if (how === 'eof') child.stdin!.end();
		else child.kill('SIGTERM');
		const { status, stderr } = await done;
		assert.is(status, 0);
		assert.match(stderr, /: 3 cycles were left out: newer ones came within the interval \(superseded\)\n/);
		assert.equal(contentsOf(folder).snapshots, [version(1), version(5)]);
		assert.is(readFileSync(ack, 'utf8'), '{"at":2}\n');
	}
});

test('-i: by the clock', async () => {
	const folder = fresh();
	const child = start('hollow-publish', [folder, '-i', '300ms']);
	const done = outcome(child);
	for (let n = 1; n <= 40; n++) {
		child.stdin!.write(textOf(cycleAt(n)));
		await pause(25);
	}
	child.kill('SIGUSR1');
	await pause(50);
	child.stdin!.end();
	const { status, stderr } = await done;
	assert.is(status, 0);
	const { snapshots } = contentsOf(folder);
	assert.ok(snapshots.length >= 3 && snapshots.length <= 7, `${snapshots.length} versions in a second`);
	assert.is(snapshots.at(-1), version(40));
	assert.match(stderr, /in \d+, published \d+, superseded \d+/);
});

test('a barrier within a cycle waits for the end of that cycle', async () => {
	const folder = fresh();
	const ack = join(room, 'ack-within');
	const lines = textOf(cycleAt(1)).trimEnd().split('\n');
	const child = start('hollow-publish', [folder, '-i', '0', '--ack', ack]);
	const done = outcome(child);
	child.stdin!.write(`${barrier(0)}${lines.slice(0, 3).join('\n')}\n${barrier(1)}`);
	await until(() => existsSync(ack));
	await pause(200);
	assert.is(readFileSync(ack, 'utf8'), '{"at":0}\n');
	child.stdin!.write(`${lines.slice(3).join('\n')}\n`);
	await until(() => readFileSync(ack, 'utf8') !== '{"at":0}\n');
	assert.is(readFileSync(ack, 'utf8'), '{"at":1}\n');
	assert.is(announcedIn(folder), version(1));
	child.stdin!.write(lines[0]!);
	child.stdin!.end();
	const { status, stderr } = await done;
	assert.is(status, 0);
	assert.match(stderr, /the input ended within a cycle, which is left out/);
});

test('old cycles are skipped and said once; broken ones and strangers are reported', async () => {
	const folder = fresh();
	await run('hollow-publish', [folder, '-i', '0'], textOf(...upTo(3)));
	const part = textOf(cycleAt(5)).split('\n').slice(1).join('\n');
	const input = `${textOf(...upTo(3))}${part}not json\n{"type":"sum","ts":1,"host":"a","metric":"m","unit":"1","attributes":{},"temporality":"delta","monotonic":true,"value":1}\n${textOf(cycleAt(6))}`;
	const { status, stderr } = await run('hollow-publish', [folder, '-i', '0'], input);
	assert.is(status, 0);
	assert.match(
		stderr,
		/warning: cycle 20251121000000003 is not newer than the announced 20251121000000003: skipped .* \(and 2 more like it\)|warning: cycle 20251121000000001 is not newer than the announced 20251121000000003: skipped \(read again, or the clock was set back\)\n/,
	);
	assert.match(
		stderr,
		/cycle 20251121000000005 is left out: the state of web1 has \d of its \d metrics; skipped/,
	);
	assert.match(stderr, /not a record: "not json"/);
	assert.match(stderr, /a record of type sum is no part of a cycle: ignored/);
	assert.equal(contentsOf(folder).snapshots, [1, 2, 3, 6].map(version));
	const strict = await run('hollow-publish', [folder, '--strict'], part);
	assert.is(strict.status, 65);
});

test('a number that is too large for an Integer: the cycle is bad, the others are published', async () => {
	const folder = fresh();
	const states = [
		{ source: 's', timestamp: 't', metrics: [], aggregates: [['a', 3e9]] as [string, number][] },
	];
	const input = textOf(cycleAt(1), cycleAt(2, { states }), cycleAt(3));
	const { status, stderr } = await run('hollow-publish', [folder, '-i', '0'], input);
	assert.is(status, 0);
	assert.match(
		stderr,
		/cycle 20251121000000002 is left out: MetricsState of [a-z0-9]+\.aggregates\.a.*; skipped/,
	);
	assert.equal(contentsOf(folder).snapshots, [version(1), version(3)]);
	const strict = await run('hollow-publish', [fresh(), '-i', '0', '--strict'], input);
	assert.is(strict.status, 65);
});

test('names that are too long, in a cycle and of a data set: one short line, the others are published', async () => {
	const folder = fresh();
	const name = 'n'.repeat(900_000);
	const states = [{ ...stateAt(2), aggregates: [[name, 3e9]] as [string, number][] }];
	const input = textOf(
		cycleAt(1),
		cycleAt(2, { states }),
		cycleAt(3, { dataset: 'd'.repeat(70_000) }),
		cycleAt(4),
	);
	const { status, stderr } = await run('hollow-publish', [folder], input);
	assert.is(status, 0);
	assert.match(
		stderr,
		/cycle 20251121000000002 is left out: MetricsState of web1\.aggregates\.n{10,80}\.\.\.\S*: /,
	);
	assert.match(stderr, /a data set has a name of at most 1000 characters, not 70000; its cycle is left out/);
	for (const line of stderr.split('\n')) assert.ok(line.length < 500, line);
	assert.equal(contentsOf(folder).snapshots, [version(1), version(4)]);
	const push = await run('hollow-push', ['--local', fresh(), '-d', 'd'.repeat(70_000)], textOf(cycleAt(1)));
	assert.is(push.status, 64);
	assert.match(push.stderr, /--dataset-name: a name of at most 1000 characters, not 70000/);
});

test('sample data are marked, and said', async () => {
	const folder = fresh();
	const { stderr } = await run('hollow-publish', [folder], textOf(cycleAt(1, { synthetic: true })));
	assert.match(stderr, /published 20251121000000001, 2 sources, sample data /);
	const { tags } = readSnapshot(readFileSync(join(folder, `snapshot-${version(1)}`)));
	assert.is(new Map(tags).get('bpfpipe.synthetic'), 'true');
});

test('two writers: the second one ends at once with 75, also right after a kill', async () => {
	const folder = fresh();
	const first = start('hollow-publish', [folder, '-i', '0']);
	const done = outcome(first);
	first.stdin!.write(textOf(cycleAt(1)));
	await until(() => existsSync(join(folder, 'announced.version')));
	const second = await run('hollow-publish', [folder], textOf(cycleAt(2)));
	assert.is(second.status, 75);
	assert.match(second.stderr, new RegExp(`has a writer already: process ${first.pid} on `));
	first.kill('SIGKILL');
	await done;
	const third = await run('hollow-publish', [folder], textOf(cycleAt(2)));
	assert.is(third.status, 0, third.stderr);
	assert.equal(contentsOf(folder).snapshots, [version(1), version(2)]);
});

test('another data set in the folder ends it with 78, a folder that cannot be made with 69', async () => {
	const folder = fresh();
	await run('hollow-publish', [folder], textOf(cycleAt(1)));
	const other = await run('hollow-publish', [folder], textOf(cycleAt(2, { dataset: 'other' })));
	assert.is(other.status, 78);
	assert.match(
		other.stderr,
		/holds the data set ebpf_metrics, and cycle 20251121000000002 is of other: take another/,
	);
	const nowhere = await run('hollow-publish', [join(folder, 'a', 'b')], '');
	assert.is(nowhere.status, 69);
	assert.match(nowhere.stderr, /a\/b: no such file or directory/);
	const broken = fresh();
	mkdirSync(broken);
	writeFileSync(join(broken, 'announced.version'), 'x');
	const what = await run('hollow-publish', [broken], '');
	assert.is(what.status, 65);
	assert.match(
		what.stderr,
		/announced\.version: "x" is no version; mend it, move it away, or begin a new chain in it with hollow-publish --new-chain/,
	);
	assert.is((await run('hollow-publish', [broken, '--new-chain'], textOf(cycleAt(3)))).status, 0);
});

test('usage', async () => {
	for (const args of [
		[],
		['a', 'b'],
		[room, '--keep', '1'],
		[room, '--keep', 'x'],
		[room, '-i', 'soon'],
		[room, '-r', '0'],
	]) {
		const { status, stdout } = await run('hollow-publish', args);
		assert.is(status, 64, args.join(' '));
		assert.is(stdout, '');
	}
});

testWith(
	test,
	isRoot ? '' : 'mounting a tmpfs needs root',
	'a full disk is waited for: nothing is acked until there is room',
	async () => {
		const folder = fresh();
		const ack = join(room, 'ack-full');
		mkdirSync(folder);
		assert.is(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'tmpfs', folder]).status, 0);
		try {
			const fill = join(folder, 'other-data');
			const child = start('hollow-publish', [folder, '-i', '0', '-r', '100ms', '--ack', ack]);
			const done = outcome(child);
			child.stdin!.write(`${textOf(cycleAt(1))}${barrier(1)}`);
			await until(() => existsSync(ack));
			spawnSync('dd', ['if=/dev/zero', `of=${fill}`, 'bs=1k', 'count=1000']);
			child.stdin!.write(`${textOf(...upTo(3, 2))}${barrier(3)}`);
			await pause(300);
			assert.is(readFileSync(ack, 'utf8'), '{"at":1}\n');
			assert.is(announcedIn(folder), version(1));
			rmSync(fill);
			await until(() => readFileSync(ack, 'utf8') === '{"at":3}\n');
			assert.is(announcedIn(folder), version(3));
			assert.is(sumAt(folder, version(3), version(1)), sumAt(folder, version(3)));
			spawnSync('dd', ['if=/dev/zero', `of=${fill}`, 'bs=1k', 'count=1000']);
			child.stdin!.write(`${textOf(cycleAt(4))}${barrier(4)}`);
			child.stdin!.end();
			const { status, stderr } = await done;
			assert.is(status, 0);
			assert.match(
				stderr,
				/cycle 2025112100000000[23] is not published: \S+: no space left on the device; trying again every 0.1 s/,
			);
			assert.match(
				stderr,
				/cycle 20251121000000004 .* no space left on the device; the next run reads it again\n/,
			);
			assert.is(readFileSync(ack, 'utf8'), '{"at":3}\n');
			const without = await run('hollow-publish', [folder, '-i', '0'], textOf(cycleAt(4)));
			assert.is(without.status, 69);
		} finally {
			assert.is(spawnSync('umount', ['-l', folder]).status, 0);
		}
	},
);

/** A consumer as Java's: it takes what is announced, by deltas where it can, and compares with the snapshot. */
const follower = (folder: string) => {
	let own: { version: Version; state: State } | undefined;
	let [steps, starts] = [0, 0];
	const bytes = (name: string) => readFileSync(join(folder, name));
	const follow = (announced: Version) => {
		const next = contentsOf(folder).next;
		for (let at = own!.version; at !== announced; ) {
			const to = next.get(at);
			assert.ok(to, `no delta from ${at}, ${announced} is announced`);
			applyDelta(own!.state, bytes(deltaName(at, to)));
			[at, own!.version] = [to, to];
			steps += 1;
		}
	};
	const look = () => {
		const announced = announcedIn(folder);
		const fromSnapshot = readSnapshot(bytes(`snapshot-${routeTo(contentsOf(folder), announced)[0]}`));
		if (own) follow(announced);
		else {
			own = { version: announced, state: readSnapshot(bytes(`snapshot-${announced}`)) };
			starts += 1;
		}
		const sum = hex(checksum(own.state));
		assert.is(sum, hex(checksum(fromSnapshot)), announced);
		assert.is(new Map(own.state.tags).get('bpfpipe.checksum')?.split('.')[0], sum);
	};
	return { look, steps: () => steps, starts: () => starts, at: () => own?.version };
};

test('killed at random moments: what is announced can be loaded and followed at any time, and the chain goes on', async () => {
	const folder = fresh();
	const { look, steps, starts, at } = follower(folder);
	let n = 0;
	const feed = (child: ChildProcess) => {
		for (const until = n + 400; n < until; ) child.stdin!.write(textOf(cycleAt(++n)));
	};
	let looks = 0;
	for (let round = 0; round < 12; round++) {
		const child = start('hollow-publish', [folder, '-i', '0', '--keep', '1000']);
		child.stdin!.on('error', () => {});
		const done = outcome(child);
		feed(child);
		// A random time, and then as long as a busy machine needs to get anywhere.
		const deadline = performance.now() + 120 + Math.random() * 250;
		const enough = steps() + 5;
		const isOver = () =>
			performance.now() > deadline && (steps() >= enough || performance.now() > deadline + 10_000);
		try {
			while (!isOver()) {
				await pause(5);
				if (!existsSync(join(folder, 'announced.version'))) continue;
				look();
				looks += 1;
			}
		} finally {
			child.kill('SIGKILL');
		}
		const { stderr } = await done;
		assert.not.match(stderr, /bug|error|broken/);
		n = Number(BigInt(announcedIn(folder)) - 20251121000000000n);
		look();
	}
	assert.is(starts(), 1);
	assert.ok(steps() > 50 && looks > 50, `${steps()} steps, ${looks} looks`);
	const { snapshots } = contentsOf(folder);
	assert.is(sumAt(folder, at()!, snapshots[0]), sumAt(folder, at()!));
});

// The calls that change the folder, in turn: the kill comes as the call is entered, before it does anything.
const CALLS: [string, number][] = [
	['rename', 6],
	['fsync', 8],
	['unlink', 5],
	['write', 9],
];

testWith(
	test,
	commandsLack('strace'),
	'killed at each call that changes the folder: nothing announced is ever lost',
	async () => {
		const folder = fresh();
		const args = [bundleOf('hollow-publish'), folder, '-i', '0', '--keep', '3'];
		assert.is(
			(await run('hollow-publish', [folder, '-i', '0', '--keep', '3'], textOf(...upTo(4)))).status,
			0,
		);
		const { look } = follower(folder);
		look();
		let n = 4;
		let kills = 0;
		for (const [call, most] of CALLS) {
			for (let when = 1; when <= most; when++) {
				const inject = `inject=${call}:signal=KILL:when=${when}`;
				const strace = ['-f', '-qq', '-o', '/dev/null', '-e', `trace=${call}`, '-e', inject];
				const before = announcedIn(folder);
				const child = spawn('strace', [...strace, process.execPath, ...args], {
					stdio: 'pipe',
					env: cleanEnv(),
				});
				child.stdin.on('error', () => {});
				const done = outcome(child);
				child.stdin.end(textOf(cycleAt(n + 1)));
				const { signal, status, stderr } = await done;
				if (signal === 'SIGKILL' || status === 137) kills += 1;
				else assert.is(status, 0, stderr);
				const now = announcedIn(folder);
				assert.ok(now === before || now === version(n + 1), `${call} ${when}: ${before} became ${now}`);
				look();
				n += 1;
			}
		}
		console.log(kills);
		assert.ok(kills >= 24, `${kills} kills`);
		const end = await run('hollow-publish', [folder, '-i', '0', '--keep', '3'], textOf(cycleAt(n + 1)));
		assert.is(end.status, 0, end.stderr);
		look();
		assert.is(contentsOf(folder).snapshots.length, 3);
		assert.is(readdirSync(folder).filter((file) => file.endsWith('.tmp')).length, 0);
	},
);

test.run();
