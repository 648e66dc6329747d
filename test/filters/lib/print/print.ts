// print: no series twice at one time, nothing lost and nothing counted twice, however maps are printed and cut

import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseRecord } from '../../../../filters/lib/record.ts';
import { createReader } from '../../../../filters/lib/tracer/reader.ts';
import { asText, type Model } from '../../../data/print-histograms.ts';
import { essence, read, SETTINGS } from '../../../harness/read-histograms.ts';

const STYLE = { scaled: true, blankBehindColon: false, singles: false, crlf: false };
const RUNS = { numRuns: 300 };

type Record = {
	type: string;
	ts: number;
	metric: string;
	attributes: { key?: string };
	buckets: [number, number, number][];
	value: number;
};
const recordsIn = (out: string): Record[] =>
	out
		.split('\n')
		.filter((line) => line.startsWith('{'))
		.map((line) => parseRecord(line) as unknown as Record);
const seriesOf = ({ ts, metric, attributes }: Record) => JSON.stringify([ts, metric, attributes]);
const assertOnce = (out: string) => {
	const all = recordsIn(out).map(seriesOf);
	assert.is(new Set(all).size, all.length, out);
};

/** Counts of the rows [2^n, 2^(n+1)) of each key that one print shows; a name may be there several times. */
type Key = { name: string; counts: number[] };
const print: fc.Arbitrary<Key[]> = fc.array(
	fc.record({
		name: fc.constantFrom('a', 'b', 'c', 'd, e'),
		counts: fc.array(fc.nat(50), { minLength: 1, maxLength: 4 }),
	}),
	{ minLength: 1, maxLength: 8 },
);
const totalOf = ({ counts }: Key) => counts.reduce((all, n) => all + n, 0);
const edge = (at: number) => 2n ** BigInt(at + 1);
const ascending = (keys: Key[]) => [...keys].sort((a, b) => totalOf(a) - totalOf(b));

const histograms = (map: string, keys: Key[]): string =>
	ascending(keys)
		.map(({ name, counts }): Model => {
			const buckets = counts.map((n, at): Model['buckets'][number] => [edge(at), edge(at + 1), BigInt(n)]);
			return { map, keys: [name], buckets };
		})
		.map((model) => asText(model, STYLE))
		.join('');
const scalars = (map: string, keys: Key[]): string =>
	ascending(keys)
		.map((key) => `@${map}[${key.name}]: ${totalOf(key)}\n`)
		.join('');
const totals = (keys: Key[]) => {
	const all = new Map<string, number>();
	for (const key of keys) all.set(key.name, (all.get(key.name) ?? 0) + totalOf(key));
	return [...all].sort();
};
const nameIn = ({ attributes: { key, ...parts } }: Record) => key ?? Object.values(parts).join(', ');
const totalsIn = (records: Record[]) =>
	records
		.map((record): [string, number] => [
			nameIn(record),
			record.type === 'histogram' ? record.buckets.reduce((all, [, , n]) => all + n, 0) : record.value,
		])
		.sort();

const test = suite('print');

test('keys that look alike are added up, by the short cut and by the long way, however it is cut', () => {
	fc.assert(
		fc.property(fc.array(print, { minLength: 1, maxLength: 4 }), fc.nat(), (prints, where) => {
			const text = prints
				.map((keys, at) => `#!ts ${at + 1}\n${histograms('h', keys)}${scalars('n', keys)}`)
				.join('');
			const bytes = Buffer.from(text);
			const at = where % bytes.length;
			const reading = read([bytes.subarray(0, at), bytes.subarray(at)]);
			assertOnce(reading.out);
			for (const [index, keys] of prints.entries()) {
				for (const metric of ['h', 'n']) {
					const records = recordsIn(reading.out).filter(
						(record) => record.ts === (index + 1) * 1000 && record.metric === metric,
					);
					assert.equal(totalsIn(records), totals(keys), text);
				}
			}
			assert.is(essence(read([bytes], { fast: false })), essence(read([bytes])));
		}),
		RUNS,
	);
});
test('text and JSON agree on keys that look alike', () => {
	fc.assert(
		fc.property(print, (keys) => {
			const list = ({ counts }: Key) =>
				counts.map((count, at) => ({ min: Number(edge(at)), max: Number(edge(at + 1)) - 1, count }));
			const members = ascending(keys).map(
				(key) => `${JSON.stringify(key.name.replace(', ', ','))}: ${JSON.stringify(list(key))}`,
			);
			const json = `#!ts 1\n{"type": "hist", "data": {"@h": {${members.join(', ')}}}}\n`;
			const text = `#!ts 1\n${histograms('h', keys)}`;
			assert.is(read([Buffer.from(json)]).out, read([Buffer.from(text)]).out);
		}),
		RUNS,
	);
});

/** A map that only grows, printed several times; values that differ, so that its order says where a print begins. */
const growing = fc
	.array(fc.uniqueArray(fc.integer({ min: 1, max: 1000 }), { minLength: 3, maxLength: 3 }), {
		minLength: 1,
		maxLength: 5,
	})
	.map((steps) => {
		const sums = [0, 0, 0];
		return steps.map((step) =>
			['a', 'b', 'c'].map((name, at): Key => {
				sums[at]! += step[at]!;
				return { name, counts: [sums[at]!] };
			}),
		);
	})
	.filter((prints) =>
		prints.every((keys, at) => {
			const [first] = ascending(keys);
			const last = at > 0 ? ascending(prints[at - 1]!).at(-1) : undefined;
			return last === undefined || totalOf(first!) < totalOf(last);
		}),
	);
for (const [what, before] of [
	['without #!ts', ''],
	['behind one #!ts', '#!ts 1\n'],
] as const) {
	test(`a file of prints ${what}: each has a time of its own, none is added to another`, () => {
		fc.assert(
			fc.property(growing, fc.boolean(), (prints, hasOther) => {
				const other = hasOther ? '@other: 5\n' : '';
				const text = before + prints.map((keys) => histograms('h', keys) + other).join('');
				const { out } = read([Buffer.from(text)]);
				assertOnce(out);
				const times = [...new Set(recordsIn(out).map(({ ts }) => ts))];
				assert.equal(
					times.map((ts) => totalsIn(recordsIn(out).filter((one) => one.ts === ts && one.metric === 'h'))),
					prints.map(totals),
					text,
				);
			}),
			RUNS,
		);
	});
}

test('keys that look alike in the second and third print of one run, with a key that is new and comes first', () => {
	const prints = [
		['a 5', 'b 9'],
		['c 1', 'a 6', 'c 7', 'b 10'],
		['d 2', 'c 3', 'a 8', 'd 9', 'b 9', 'c 10'],
	];
	const lines = prints.flat().map((text) => `@n[${text.replace(' ', ']: ')}\n`);
	const { out } = read([Buffer.from(`#!ts 1\n${lines.join('')}`)]);
	const times = prints.map((_print, at) => recordsIn(out).filter(({ ts }) => ts === 1000 + at));
	assert.equal(times.map(totalsIn), [
		[
			['a', 5],
			['b', 9],
		],
		[
			['a', 6],
			['b', 10],
			['c', 8],
		],
		[
			['a', 8],
			['b', 9],
			['c', 13],
			['d', 11],
		],
	]);
});

test('what comes before a barrier, and what a new run reads behind it, is all there is', () => {
	const piece = fc.oneof(
		print.map((keys) => histograms('h', keys)),
		print.map((keys) => scalars('n', keys)),
		fc.constant('@u: 5\n'),
	);
	const step = fc.array(piece, { minLength: 1, maxLength: 3 }).map((pieces) => [...new Set(pieces)].join(''));
	const steps = fc.array(step, { minLength: 1, maxLength: 3 });
	const where = fc.infiniteStream(fc.boolean());
	fc.assert(
		fc.property(steps, where, (prints, barriers) => {
			const whole = prints.map((text, at) => `#!ts ${at + 1}\n${text}`).join('');
			// As the tail puts them: behind lines that end something.
			const text = whole
				.split(/(?<=\n\n|: \d+\n)/)
				.map((line, at) => line + (barriers.next().value ? `#!pos {"at":${at}}\n` : ''))
				.join('');
			const all = read([Buffer.from(`${text}#!end\n`)]).out;
			for (const match of all.matchAll(/^#!pos \{"at":\d+\}\n/gm)) {
				const at = text.indexOf(match[0]);
				const time = [...text.slice(0, at).matchAll(/^#!ts \d+\n/gm)].at(-1)![0];
				const behind = text.slice(at + match[0].length);
				const rest = read([Buffer.from(`${time}${behind}#!end\n`)]).out;
				const there = new Set([...all.slice(0, match.index).split('\n'), ...rest.split('\n')]);
				for (const record of all.split('\n').filter((line) => line.startsWith('{')))
					assert.ok(there.has(record) || isReprint(record), `${record}\n${text}`);
			}
		}),
		RUNS,
	);
});
// A map printed again behind one `#!ts` gets a later time; a new run begins to count them anew.
const isReprint = (line: string) => (parseRecord(line)!.ts as number) % 1000 !== 0;

test('TERM: what is held leaves, unless it will be read again', () => {
	const text = '#!ts 1\n@n[a]: 5\n@n[b]: 6\n';
	assert.is(recordsIn(read([Buffer.from(text)], { end: 'term' }).out).length, 2);
	const resumed = read([Buffer.from(`#!pos {"at":1}\n${text}#!pos {"at":2}\n`)], { end: 'term' });
	assert.is(resumed.out, '#!pos {"at":1}\n#!ts 1\n');
	// So when the source is stopped; a finite one says that it was at its end.
	const begun = `#!pos {"at":1}\n${text}`;
	assert.is(recordsIn(read([Buffer.from(begun)]).out).length, 0);
	assert.is(recordsIn(read([Buffer.from(`${begun}#!end\n`)]).out).length, 2);
});
test('a barrier between two that were added up is left out', () => {
	const held = read([
		Buffer.from('#!ts 1\n@n[a]: 5\n#!pos {"at":1}\n@n[b]: 6\n#!pos {"at":2}\n@n[b]: 7\n#!end\n'),
	]);
	assert.match(held.out, '#!pos {"at":1}');
	assert.not.match(held.out, '#!pos {"at":2}');
});
test('--strict: what was good and held leaves before the error', () => {
	let out = '';
	const sink = {
		text: (text: string) => {
			out += text;
		},
		bad: () => {
			throw new Error('bad');
		},
		count: () => {},
		warn: () => {},
	};
	const reader = createReader(SETTINGS, sink, {});
	assert.throws(() => reader.take(Buffer.from('#!ts 1\n@n[a]: 5\n@n[b]: 6\n[3,\n')));
	assert.is(recordsIn(out).length, 2);
});

/** A reader without `#!ts` lines, on a clock that the test turns. */
const onClock = () => {
	let [out, time] = ['', 5000];
	const sink = {
		text: (text: string) => {
			out += text;
		},
		bad: () => {},
		count: () => {},
		warn: () => {},
	};
	const reader = createReader(SETTINGS, sink, { now: () => time });
	return {
		...reader,
		text: (text: string) => reader.take(Buffer.from(text)),
		turn: (ms: number) => {
			time += ms;
		},
		times: () => recordsIn(out).map(({ metric, ts }) => `${metric} ${ts}`),
	};
};
const clock = suite('print: the clock');

clock('one reading holds for all that comes without a pause', () => {
	const { text, turn, quiet, times } = onClock();
	for (const map of ['a', 'b', 'c']) {
		text(`@${map}: 1\n`);
		turn(90);
	}
	quiet(250);
	text('@d: 1\n');
	assert.equal(times(), ['a 5000', 'b 5000', 'c 5000', 'd 5270']);
});
clock('a map that is printed again has a reading of its own, later than the one before', () => {
	const { text, turn, times } = onClock();
	text('@a: 1\n@b: 1\n@a: 2\n');
	turn(50);
	text('@b: 2\n@b: 3\n');
	assert.equal(times(), ['a 5000', 'b 5000', 'a 5001', 'b 5001', 'b 5050']);
});
clock('a clock that is set back is followed', () => {
	const { text, turn, times } = onClock();
	text('@a: 1\n');
	turn(-3_600_000);
	text('@a: 2\n@a: 3\n');
	assert.equal(times(), ['a 5000', 'a -3595000', 'a -3594999']);
});
clock('a stream that neither pauses nor repeats itself does not keep one time for ever', () => {
	const { text, turn, times } = onClock();
	for (const map of ['a', 'b', 'c', 'd']) {
		text(`@${map}: 1\n`);
		turn(400);
	}
	assert.equal(times(), ['a 5000', 'b 5000', 'c 5000', 'd 6200']);
});
clock('a pause inside a histogram, or a key, is none', () => {
	const { text, turn, quiet, holds, times } = onClock();
	const row = `[0]                    5 |${'@'.repeat(52)}|\n`;
	text(`@a: 1\n@h:\n${row}`);
	turn(300);
	quiet(250);
	text(`\n@b: 1\n@n[\n    f+1\n`);
	turn(300);
	quiet(250);
	text(`]: 5\n@c: 1\n`);
	turn(300);
	assert.ok(holds());
	quiet(1000);
	assert.not(holds());
	text('@d: 1\n');
	assert.equal(times(), ['a 5000', 'h 5000', 'b 5000', 'n 5000', 'c 5000', 'd 5900']);
});

const bounds = suite('print: bounds');
bounds(
	'more keys than are held leave early; one that comes again then is a notice, and no second record',
	() => {
		const long = 'x'.repeat(4000);
		const lines = Array.from({ length: 6000 }, (_, at) => `@n[${long}${at}]: ${at}\n`);
		const { out, warnings } = read([
			Buffer.from(`#!ts 1\n${lines.join('')}@n[${long}7]: 9000\n@n[${long}5999]: 9000\n`),
		]);
		const records = recordsIn(out);
		assert.is(records.filter(({ type }) => type === 'sum').length, 6000);
		assert.is(records.filter(({ type }) => type === 'notice').length, 1);
		assert.is(
			records.find(({ attributes, type }) => type === 'sum' && attributes.key === `${long}5999`)!.value,
			14_999,
		);
		assert.is(warnings.length, 2);
	},
);
bounds('more series than one print may have are two prints', () => {
	const lines = Array.from({ length: 120_000 }, (_, at) => `@n[${at}]: ${at}\n`);
	const { out } = read([Buffer.from(`#!ts 1\n${lines.join('')}`)]);
	assertOnce(out);
	assert.is(recordsIn(out).length, 120_000);
	assert.equal([...new Set(recordsIn(out).map(({ ts }) => ts))], [1000, 1001]);
});

test.run();
clock.run();
bounds.run();
