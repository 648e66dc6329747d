import {
	appendFileSync,
	copyFileSync,
	existsSync,
	mkdtempSync,
	readdirSync,
	renameSync,
	rmSync,
	statSync,
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
import { createWatch } from '../../../../filters/lib/tail/watch.ts';

const PACE = { poll: 10, quiet: 6, rotate: 15, sure: 5000 };
const TICK_MS = 11;
const SEED = 20251121;
const RUNS = Number(process.env.FOLLOW_RUNS ?? 60);

/** What the tail printed: lines, and findings where they were printed. */
type Printed = (string | Finding)[];

/** A tail in this process that can be stopped at any moment and started again from its last barrier. */
const tailOf = (path: string) => {
	const printed: Printed = [];
	const faults: string[] = [];
	let from: LogPosition | undefined;
	let stop = new AbortController();
	let running: Promise<void> = Promise.resolve();

	const text = (lines: string) => {
		if (stop.signal.aborted) return;
		assert.is(lines.at(-1), '\n');
		for (const line of lines.slice(0, -1).split('\n')) {
			if (line.startsWith('#!pos ')) from = logPosition(JSON.parse(line.slice(6)), 'a.log', 'ack');
			else if (!line.startsWith('#!')) printed.push(line);
		}
	};
	const begin = () => {
		stop = new AbortController();
		const { signal } = stop;
		const write = (line: string) => faults.push(line);
		const watch = createWatch(path, signal, (why) => faults.push(why));
		const output = { line: () => {}, text, count: () => 0, blocked: () => false } as const;
		running = follow({
			path,
			fromStart: true,
			once: false,
			barriers: true,
			from,
			output: { ...output, room: async () => {}, finish: async () => {} },
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
		restart: async () => {
			await end();
			begin();
		},
		/** Wait until `line` was printed, or for as long as nothing new can be expected. */
		until: async (line: string, ms = 1500) => {
			const deadline = performance.now() + ms;
			while (!printed.includes(line) && performance.now() < deadline) await sleep(2);
		},
	};
};

// Six digits that differ from line to line come first, so that two contents never begin alike.
const lineText = (n: number): string =>
	`${String((n * 611_953) % 1_000_000).padStart(6, '0')} ${n} ${'.'.repeat((n * 37) % 90)}`;

/** A writer and a rotation as a model: it knows which lines can be lost, and where each line went. */
const writerOf = (path: string) => {
	let next = 0;
	let half = '';
	const target = path;
	const lines: string[] = [];
	const mayMiss = new Set<string>();

	const put = (text: string) => appendFileSync(target, text);
	const line = () => {
		const text = lineText(next++);
		lines.push(text);
		return text;
	};
	const finish = () => {
		if (half !== '') put(`${half}\n`);
		half = '';
	};
	const shift = () => {
		const numbers = readdirSync(join(path, '..')).flatMap((file) => /^a\.log\.(\d+)$/.exec(file)?.[1] ?? []);
		for (const n of numbers.map(Number).sort((a, b) => b - a)) renameSync(`${path}.${n}`, `${path}.${n + 1}`);
	};
	return {
		lines,
		mayMiss,
		append: (count: number) => {
			finish();
			let text = '';
			for (let n = 0; n < count; n++) {
				if (n % 4 === 0) text += `#!ts ${1763712000 + next}\n`;
				text += `${line()}\n`;
			}
			put(text);
		},
		partial: () => {
			finish();
			const text = line();
			put(text.slice(0, 8));
			half = text.slice(8);
		},
		/** As logrotate `create` does, with `late` lines that the writer still puts into the renamed file. */
		rename: async (late: number, recreate: boolean, pause: number) => {
			finish();
			if (!existsSync(path)) return;
			shift();
			renameSync(path, `${path}.1`);
			if (recreate) writeFileSync(path, '');
			for (let n = 0; n < late; n++) {
				await sleep(pause);
				appendFileSync(`${path}.1`, `${line()}\n`);
			}
		},
		/** As logrotate `copytruncate` does, with `between` lines that come after the copy. */
		copyTruncate: (between: number) => {
			finish();
			if (!existsSync(path)) return;
			shift();
			// Of a file that was empty when copied, what follows leaves no trace.
			const traced = statSync(path).size > 0 ? between : 0;
			copyFileSync(path, `${path}.1`);
			for (let n = 0; n < traced; n++) {
				const lost = line();
				mayMiss.add(lost);
				put(`${lost}\n`);
			}
			truncateSync(path);
		},
		truncate: (unread: number) => {
			finish();
			if (!existsSync(path) || statSync(path).size === 0) return;
			for (let n = 0; n < unread; n++) {
				const lost = line();
				mayMiss.add(lost);
				put(`${lost}\n`);
			}
			truncateSync(path);
		},
		last: () => {
			finish();
			return lines.at(-1) ?? '';
		},
	};
};

const small = fc.nat({ max: 3 });
const pause = fc.record({ op: fc.constant('pause' as const), ms: fc.nat({ max: 40 }) });
const step = fc.oneof(
	{
		weight: 6,
		arbitrary: fc.record({ op: fc.constant('append' as const), n: fc.integer({ min: 1, max: 60 }) }),
	},
	{ weight: 2, arbitrary: fc.record({ op: fc.constant('partial' as const) }) },
	{
		weight: 3,
		arbitrary: fc.record({
			op: fc.constant('rename' as const),
			late: small,
			recreate: fc.boolean(),
			pause: fc.nat({ max: 6 }),
		}),
	},
	{ weight: 2, arbitrary: fc.record({ op: fc.constant('copy' as const), n: small }) },
	{ weight: 1, arbitrary: fc.record({ op: fc.constant('truncate' as const), n: small }) },
	{ weight: 2, arbitrary: fc.record({ op: fc.constant('restart' as const) }) },
	{ weight: 4, arbitrary: pause },
);

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
		fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 25 }), async (steps) => {
			const folder = mkdtempSync(join(tmpdir(), 'follow-'));
			const path = join(folder, 'a.log');
			writeFileSync(path, '');
			const writer = writerOf(path);
			const tail = tailOf(path);
			let restarts = 0;
			writer.append(1);
			await tail.until(writer.last());
			for (const it of steps) {
				// File times tick every few ms; which of two files of one tick is older, nobody can tell.
				if (it.op === 'rename' || it.op === 'copy' || it.op === 'truncate') await sleep(TICK_MS);
				if (it.op === 'append') writer.append(it.n);
				if (it.op === 'partial') writer.partial();
				if (it.op === 'rename') await writer.rename(it.late, it.recreate, it.pause);
				if (it.op === 'copy') writer.copyTruncate(it.n);
				if (it.op === 'pause') await sleep(it.ms);
				if (it.op === 'truncate') {
					// What no barrier speaks of yet can be truncated without a trace; nobody could tell.
					await tail.until(writer.last());
					await sleep(4 * PACE.quiet);
					writer.truncate(it.n);
				}
				if (it.op === 'restart') {
					await tail.restart();
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
			assert.equal(tail.faults, []);
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

test('the same, while nobody was looking at all', () =>
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
