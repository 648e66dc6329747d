import {
	appendFileSync,
	copyFileSync,
	mkdtempSync,
	renameSync,
	rmSync,
	truncateSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createLog } from '../../../../filters/lib/log.ts';
import type { Finding } from '../../../../filters/lib/tail/chain.ts';
import { follow } from '../../../../filters/lib/tail/follow.ts';
import { type LogPosition, logPosition } from '../../../../filters/lib/tail/position.ts';
import { nothingYet } from '../../../../filters/lib/tail/reading.ts';
import { createWatch } from '../../../../filters/lib/tail/watch.ts';
import { type Manner, writerOf } from '../../../data/log-writer.ts';

const PACE = { poll: 10, quiet: 6, rotate: 15, sure: 5000 };
const TICK_MS = 11;
const SEED = 20251121;
const RUNS = Number(process.env.FOLLOW_RUNS ?? 100);

/** What the tail printed: lines, and findings where they were printed. */
type Printed = (string | Finding)[];

/** A tail in this process that can be stopped at any moment and started again from its last barrier. */
const tailOf = (path: string) => {
	const printed: Printed = [];
	const faults: string[] = [];
	const delivered = new Set<string>();
	let marked = 0;
	let from: LogPosition | undefined;
	let stop = new AbortController();
	let running: Promise<void> = Promise.resolve();

	/** A sink would acknowledge this at once: what was before it must not come again. */
	const barrier = (position: LogPosition) => {
		from = position;
		for (const item of printed.slice(marked)) if (typeof item === 'string') delivered.add(item);
		marked = printed.length;
	};
	const text = (lines: string) => {
		if (stop.signal.aborted) return;
		assert.is(lines.at(-1), '\n');
		// A few NULs at the start of a line are a hole too short to be taken out; readers step over them.
		for (const line of lines.slice(0, -1).replace(/^\0+/gm, '').split('\n')) {
			if (line.startsWith('#!pos ')) barrier(logPosition(JSON.parse(line.slice(6)), 'a.log', 'ack'));
			if (line.startsWith('#')) continue;
			if (delivered.has(line)) faults.push(`again: ${line}`);
			printed.push(line);
		}
	};
	const begin = () => {
		stop = new AbortController();
		const { signal } = stop;
		const write = (line: string) => faults.push(line);
		const watch = createWatch(path, signal, (why) => faults.push(why));
		const bytes = (lines: Buffer) => text(lines.toString('latin1'));
		running = follow({
			path,
			fromStart: true,
			once: false,
			barriers: true,
			from,
			output: { text, bytes, room: async () => {} },
			log: createLog({ name: 'tail', level: 'error', format: 'text', priorities: false, write }),
			count: () => {},
			found: (finding) => signal.aborted || printed.push(finding),
			signal,
			watch,
			pace: PACE,
		}).finally(watch.close);
	};
	const end = async () => {
		stop.abort();
		await running;
	};
	begin();
	return {
		printed,
		faults,
		end,
		/** Start again from the last barrier, `down` ms later, and on a disk that has another number since. */
		restart: async (down = 0, isMoved = false) => {
			await end();
			await sleep(down);
			if (from && isMoved) from = { ...from, dev: '99' };
			begin();
		},
		/** Wait until `line` was printed, or for as long as nothing new can be expected. */
		until: async (line: string, ms = 1500) => {
			const deadline = performance.now() + ms;
			while (!printed.includes(line) && performance.now() < deadline) await sleep(2);
		},
	};
};

const small = fc.nat({ max: 3 });
const rotation = {
	late: small,
	recreate: fc.boolean(),
	pause: fc.nat({ max: 6 }),
	between: small,
	after: fc.nat({ max: 80 }),
};
const op = <const Op extends string, Arguments extends object>(
	name: Op,
	args: { [Key in keyof Arguments]: fc.Arbitrary<Arguments[Key]> },
) => fc.record({ op: fc.constant(name), ...args }) as fc.Arbitrary<{ op: Op } & Arguments>;

const step = fc.oneof(
	{ weight: 6, arbitrary: op('append', { n: fc.integer({ min: 1, max: 60 }) }) },
	{ weight: 2, arbitrary: op('partial', {}) },
	{ weight: 3, arbitrary: op('rename', rotation) },
	{ weight: 3, arbitrary: op('copy', rotation) },
	{ weight: 1, arbitrary: op('truncate', { n: small }) },
	{ weight: 1, arbitrary: op('rewrite', { n: small }) },
	{ weight: 2, arbitrary: op('restart', { down: fc.nat({ max: 15 }), isMoved: fc.boolean() }) },
	{ weight: 4, arbitrary: op('pause', { ms: fc.nat({ max: 40 }) }) },
);
// One log is rotated in one way of copying.
const manner: fc.Arbitrary<Manner> = fc.record({
	isAlike: fc.boolean(),
	keepsOffset: fc.boolean(),
	copies: fc.constantFrom('copytruncate', 'copytruncate', 'copy', 'renamecopy'),
});

/** Lines that are missing without a finding in the gap, printed out of order, or never written. */
const complaints = (printed: Printed, written: string[]): string[] => {
	const place = new Map(written.map((line, at) => [line, at]));
	const found: string[] = [];
	let last = -1;
	let noticed = false;
	for (const item of printed) {
		if (typeof item !== 'string') {
			noticed = true;
			continue;
		}
		const at = place.get(item);
		if (at === undefined) {
			found.push(`never written: ${item}`);
			continue;
		}
		if (at > last + 1 && !noticed) found.push(`missing: ${last + 1}..${at - 1}`);
		[last, noticed] = [at, false];
	}
	return found;
};

const test = suite('tail: follow against a model');

test('any sequence of writes, rotations, truncations and restarts: every line printed, or a notice in its place', async () => {
	await fc.assert(
		fc.asyncProperty(manner, fc.array(step, { minLength: 3, maxLength: 25 }), async (how, steps) => {
			const folder = mkdtempSync(join(tmpdir(), 'follow-'));
			const path = join(folder, 'a.log');
			writeFileSync(path, '');
			const writer = writerOf(path, how);
			const tail = tailOf(path);
			let restarts = 0;
			writer.append(1);
			await tail.until(writer.last());
			/** What no barrier speaks of yet can be truncated without a trace; nobody could tell. */
			const settled = async () => {
				await tail.until(writer.last());
				await sleep(4 * PACE.quiet);
			};
			for (const it of steps) {
				// File times tick every few ms; which of two files of one tick is older, nobody can tell.
				if (!['append', 'partial', 'pause', 'restart'].includes(it.op)) await sleep(TICK_MS);
				if (it.op === 'append') writer.append(it.n);
				if (it.op === 'partial') writer.partial();
				if (it.op === 'rename') await writer.rename(it);
				if (it.op === 'copy') await writer.copy(it);
				if (it.op === 'pause') await sleep(it.ms);
				if (it.op === 'truncate') await settled().then(() => writer.truncate(it.n));
				if (it.op === 'rewrite') await settled().then(() => writer.rewrite(it.n));
				if (it.op === 'restart') {
					await tail.restart(it.down, it.isMoved);
					restarts += 1;
				}
			}
			writer.append(1);
			await tail.until(writer.lines.at(-1)!);
			await tail.end();
			rmSync(folder, { recursive: true });
			const seen = tail.printed.filter((item) => typeof item === 'string');
			assert.is(tail.printed.at(-1), writer.lines.at(-1), 'the last line came last');
			assert.is(complaints(tail.printed, writer.lines).join(), '');
			assert.is(tail.faults.join('\n'), '');
			const missing = writer.lines.filter((line) => !seen.includes(line));
			assert.is(
				missing.filter((line) => !writer.mayMiss.has(line)).join(),
				'',
				'what could be read was read',
			);
			if (restarts === 0) assert.is(new Set(seen).size, seen.length, 'no line came twice');
		}),
		{ numRuns: RUNS, seed: Number(process.env.SEED ?? SEED), includeErrorInReport: true },
	);
});

/** A tail that has read all of `content` and then seen the log empty, in a folder of its own. */
const caughtUp = async (body: (path: string, tail: ReturnType<typeof tailOf>) => Promise<void>) => {
	const folder = mkdtempSync(join(tmpdir(), 'follow-'));
	const path = join(folder, 'a.log');
	writeFileSync(path, '');
	const tail = tailOf(path);
	await sleep(60);
	try {
		await body(path, tail);
	} finally {
		await tail.end();
		rmSync(folder, { recursive: true });
	}
	assert.equal(tail.faults, []);
};

test('an empty log that is filled, copied and truncated between two looks is read in its copy', () =>
	caughtUp(async (path, tail) => {
		appendFileSync(path, 'one\n');
		copyFileSync(path, `${path}.1`);
		truncateSync(path);
		appendFileSync(path, 'two\n');
		await tail.until('two');
		const kinds = tail.printed.map((item) => (typeof item === 'string' ? item : item.kind));
		assert.equal(kinds, ['one', 'lost_window', 'two']);
	}));

test('a log that is written anew and then removed is read to its end, by who has it open', () =>
	caughtUp(async (path, tail) => {
		appendFileSync(path, 'one\n');
		await tail.until('one');
		await sleep(4 * PACE.quiet);
		writeFileSync(path, 'another\ncontent\n');
		rmSync(path);
		writeFileSync(path, 'two\n');
		await tail.until('two');
		const kinds = tail.printed.map((item) => (typeof item === 'string' ? item : item.kind));
		assert.equal(kinds, ['one', 'truncated', 'another', 'content', 'two']);
	}));

test('a log that is filled, copied and truncated while nobody was looking is read in its copy', () =>
	caughtUp(async (path, tail) => {
		await tail.end();
		await sleep(TICK_MS);
		appendFileSync(path, 'one\n');
		copyFileSync(path, `${path}.1`);
		truncateSync(path);
		appendFileSync(path, 'two\n');
		await tail.restart();
		await tail.until('two');
		assert.ok(
			tail.printed.indexOf('one') === 0 && tail.printed.at(-1) === 'two',
			JSON.stringify(tail.printed),
		);
	}));

test.run();

const turns = suite('tail: follow, turn by turn');

/** Follow a log with a watch and an output of the test's own; what was printed, lines and findings, as they come. */
const stepped = async (
	content: string | undefined,
	options: {
		once?: boolean;
		barriers?: boolean;
		quiet?: number;
		rotate?: number;
		from?: LogPosition | undefined;
	},
	{ wait, room }: { wait?: (ms: number, path: string) => Promise<void>; room?: (path: string) => void },
	stop: AbortController,
): Promise<string> => {
	const folder = mkdtempSync(join(tmpdir(), 'follow-'));
	const path = join(folder, 'a.log');
	if (content !== undefined) writeFileSync(path, content);
	const text = (lines: string) => {
		printed += lines;
	};
	const output = { line: () => {}, text, count: () => 0, blocked: () => false, finish: async () => {} };
	const watch = { wait: async (ms: number) => wait?.(ms, path), renew: () => {}, close: () => {} };
	printed = '';
	counted = {};
	await follow({
		path,
		fromStart: true,
		once: options.once === true,
		barriers: options.barriers !== false,
		from: options.from,
		output: { ...output, bytes: (bytes) => text(bytes.toString('latin1')), room: async () => room?.(path) },
		log: createLog({ name: 'tail', level: 'error', format: 'text', priorities: false, write: () => {} }),
		count: (what, by = 1) => {
			counted[what] = (counted[what] ?? 0) + by;
		},
		found: ({ kind }) => text(`${kind}\n`),
		signal: stop.signal,
		watch,
		pace: { poll: 1e6, quiet: options.quiet ?? 40, rotate: options.rotate ?? 1e6, sure: 1e6 },
	});
	rmSync(folder, { recursive: true });
	return printed;
};
let printed = '';
let counted: Record<string, number> = {};
const barriersIn = (text: string) => text.split('\n').filter((line) => line.startsWith('#!pos ')).length;

turns('silence is waited for before a barrier is set, and then the next look is far away', async () => {
	const stop = new AbortController();
	const waits: [ms: number, barriers: number][] = [];
	const wait = async (ms: number) => {
		waits.push([ms, barriersIn(printed)]);
		if (waits.length === 1) await sleep(ms + 1);
		else stop.abort();
	};
	// A barrier is set at once for the start of the run.
	await stepped('one\ntwo\n', {}, { wait }, stop);
	const [[first, before], [second, after]] = waits as [[number, number], [number, number]];
	assert.ok(first > 0 && first <= 40, `${first} ms`);
	assert.is(second, 1e6);
	assert.is(after, before + 1);
});

turns('half a line at the end is no place for a barrier, however long nothing comes', async () => {
	const stop = new AbortController();
	let looks = 0;
	let [owing, before] = [0, 0];
	const wait = async (ms: number, path: string) => {
		looks += 1;
		// Nothing is owed yet by the first look; then comes the half line, long silence, and its end.
		if (looks === 1) appendFileSync(path, 'two\nthr');
		if (looks === 2) before = barriersIn(printed);
		if (looks === 2 || looks === 3) {
			assert.is(ms, 1e6);
			await sleep(50);
		}
		if (looks === 4) {
			owing = barriersIn(printed);
			appendFileSync(path, 'ee\n');
		}
		if (looks > 4 && (ms === 1e6 || looks > 20)) stop.abort();
		else if (looks > 4) await sleep(ms + 1);
	};
	await stepped('one\n', {}, { wait }, stop);
	assert.is(owing, before, 'no barrier while half a line waits');
	assert.is(barriersIn(printed), before + 1, 'one barrier behind it');
});

turns('a run that is stopped in the midst of a log does not say that it has come to its end', async () => {
	for (const barriers of [true, false]) {
		const stop = new AbortController();
		let rooms = 0;
		const room = () => {
			rooms += 1;
			if (rooms === 2) stop.abort();
		};
		const text = await stepped(`${'x'.repeat(99)}\n`.repeat(6000), { once: true, barriers }, { room }, stop);
		assert.ok(text.length > 1000 && text.length < 500_000, `${text.length} bytes`);
		assert.not.match(text, '#!end');
		assert.match(text, /x\n$/, 'no part of a line');
	}
});

turns('a run that comes to the end says so, with barriers', async () => {
	const stop = new AbortController();
	const text = await stepped('one\ntw', { once: true }, {}, stop);
	assert.match(text, /^(?:#!pos .*\n)?one\n(?:#!pos .*\n)?#!end\n$/);
	assert.is(await stepped('one\ntw', { once: true, barriers: false }, {}, stop), 'one\ntw\n');
});

turns('at the end of a finite run the silence is waited for in one go', async () => {
	const waits: number[] = [];
	const wait = async (ms: number) => {
		waits.push(ms);
		await sleep(ms);
	};
	await stepped('one\n', { once: true, quiet: 100 }, { wait }, new AbortController());
	assert.ok(waits.length >= 1 && waits[0]! > 20, waits.join());
	assert.ok(waits.length < 10, waits.join());
	assert.is(barriersIn(printed), 2);
});

turns('a finite run ends though its log is never quiet', async () => {
	const stop = new AbortController();
	const from = performance.now();
	const wait = async (_ms: number, path: string) => {
		appendFileSync(path, 'more\n');
		await sleep(3);
		if (performance.now() - from > 8000) stop.abort();
	};
	await stepped('one\n', { once: true, quiet: 100 }, { wait }, stop);
	assert.not(stop.signal.aborted, 'it did not end by itself');
	assert.match(printed, /#!end\n$/);
});

turns('a finite run ends when its log is renamed away and nothing takes its place', async () => {
	const stop = new AbortController();
	let [rooms, looks] = [0, 0];
	const room = (path: string) => {
		rooms += 1;
		if (rooms === 2) renameSync(path, `${path}.1`);
		if (rooms > 1000) stop.abort();
	};
	const wait = async () => {
		looks += 1;
		await sleep(1);
	};
	await stepped('one\n', { once: true, rotate: 5 }, { room, wait }, stop);
	assert.ok(looks < 1000 && !stop.signal.aborted, 'it did not end by itself');
	assert.match(printed, /one\n/);
});

turns('a log that is not there yet has a place to begin again: before its first byte', async () => {
	for (const from of [undefined, nothingYet('a.log', Date.now())]) {
		const stop = new AbortController();
		let barriers = -1;
		const wait = async (_ms: number, path: string) => {
			if (barriers >= 0) return stop.abort();
			barriers = barriersIn(printed);
			writeFileSync(path, 'one\n');
		};
		await stepped(undefined, { from }, { wait }, stop);
		assert.is(barriers, from ? 0 : 1);
		assert.is(barriersIn(printed), barriers, 'and no other once it is there');
		assert.match(printed, /one\n/);
	}
});

turns('a hole of NULs is stepped over and counted, and where text was lost that is said', async () => {
	const [hole, few] = ['\0'.repeat(100), '\0'.repeat(9)];
	await stepped(`one\n${hole}two\n`, { once: true }, {}, new AbortController());
	assert.match(printed, /one\nlost_window\ntwo\n/);
	assert.equal(counted, { nul_bytes: 100 });
	await stepped(`${hole}two\n`, { once: true, barriers: false }, {}, new AbortController());
	assert.is(printed, 'two\n', 'what a truncation leaves at the start of a file is no loss of its own');
	assert.equal(counted, { nul_bytes: 100 });
	await stepped(`a${few}b\n`, { once: true, barriers: false }, {}, new AbortController());
	assert.is(printed, `a${few}b\n`);
	assert.equal(counted, {});
});

turns.run();
