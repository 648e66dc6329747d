// reader: the same records however the input is cut, printed or damaged, and no line unaccounted for

import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { exact, faultIn, type Histogram, parseRecord } from '../../../../filters/lib/record.ts';
import { settingsOf } from '../../../../filters/parse-histogram.ts';
import { asJson, asTable, asText, type Model, model, textStyle } from '../../../data/print-histograms.ts';
import { accounted, essence, read } from '../../../harness/read-histograms.ts';
import { cases } from '../../../program.ts';

const pieces = (...texts: string[]) => texts.map((text) => Buffer.from(text));
const optionsOf = (args: string[]) => {
	const given: Record<string, string | string[]> = {};
	for (let at = 0; at < args.length; at += 2) {
		const name = args[at] === '-m' ? 'metric' : args[at]!.replace(/^--/, '');
		given[name] = name === 'attribute' || name === 'gauge' ? [args[at + 1]!] : args[at + 1]!;
	}
	return given;
};

const cut = suite('reader: pieces');

for (const { name, args, input } of cases('parse-histogram')) {
	// Options that are refused never get as far as a reader; --strict only changes what happens at bad input.
	if (args.some((arg) => ['--strict', 'a,a', 'sum', 'a=x,b=x'].includes(arg))) continue;
	const settings = settingsOf(optionsOf(args));

	cut(`${name}: cut in two anywhere`, () => {
		const whole = essence(read([input], { settings }));
		for (let at = 0; at <= input.length; at++) {
			const torn = essence(read([input.subarray(0, at), input.subarray(at)], { settings }));
			if (torn !== whole) assert.is(torn, whole, `cut at ${at}`);
		}
	});
	cut(`${name}: one byte at a time, and without short cuts`, () => {
		const whole = essence(read([input], { settings }));
		const bytes = Array.from(input, (byte) => Buffer.from([byte]));
		assert.is(essence(read(bytes, { settings })), whole);
		assert.is(essence(read([input], { settings, fast: false })), whole);
	});
	cut(`${name}: every line is counted once, every record is whole`, () => {
		const reading = read([input], { settings });
		const lines = input.toString('latin1').split('\n').length - (input.at(-1) === 10 ? 1 : 0);
		assert.is(accounted(reading), lines);
		for (const line of reading.out.split('\n').slice(0, -1)) {
			if (!line.startsWith('#!')) assert.is(faultIn(parseRecord(line)!), '', line);
		}
	});
}
cut.run();

const stop = suite('reader: stop and short cut');

const ROW = `[0]                    5 |${'@'.repeat(52)}|\n`;
stop('TERM inside a histogram leaves a notice instead of a part of it', () => {
	const { out } = read(pieces('#!ts 5\n@h:\n', ROW), { end: 'term' });
	const [, notice] = out.split('\n');
	assert.equal(JSON.parse(notice!).kind, 'torn_block');
	assert.not.match(out, '"type":"histogram"');
});
stop('TERM between histograms loses nothing', () => {
	const { out } = read(pieces(`#!ts 5\n@h:\n${ROW}\n`), { end: 'term' });
	assert.match(out, '"buckets":[[0,1,5]]');
	assert.not.match(out, 'notice');
});
stop('a header learnt in one map is not taken for another', () => {
	const one = `@a:\n${ROW}@b:\n${ROW}\n@a:\n${ROW}\n@b:\n${ROW}\n`;
	const metrics = read(pieces(one))
		.out.match(/"metric":"."/g)!
		.join();
	assert.is(metrics, '"metric":"a","metric":"b","metric":"a","metric":"b"');
});
stop('a record of a type that nobody knows yet passes as it stands; a message of bpftrace does not', () => {
	const records = '{"type":"yak"}\n{"type":"zebra","n":  1.0,"é":"\\u0001"}\n';
	const messages = '{"type": "yak"}\n{"type":"printf","data":"text"}\n{"type": "join", "data": "text"}\n';
	assert.is(read(pieces(records, messages)).out, records);
});
stop('a control character in a record of our own says nothing about the counts of bpftrace', () => {
	const record = '{"type":"notice","ts":5,"host":"h","kind":"x","detail":"\\u0001"}\n';
	const histogram = '{"type": "hist", "data": {"@h": [{"min": 2, "max": 3, "count": 10}]}}\n';
	assert.match(read(pieces('#!ts 5\n', record, histogram)).out, '"buckets":[[2,4,10]]');
	const text = '{"type": "printf", "data": "\\u0001"}\n';
	assert.match(read(pieces('#!ts 5\n', text, histogram)).out, 'suspect_hexadecimal');
});
stop('a header that is known, with no rows behind it, ends no map and no table', () => {
	const table = (count: number) => `     usecs               : count     distribution
         4 -> 7          : ${count}        |**********                              |
`;
	const text = `@h[b]:\n\n#!ts 1763712000\n${table(3)}\n@h[b]:\n^C${table(32)}`;
	assert.is(essence(read(pieces(text))), essence(read(pieces(text), { fast: false })));
	assert.match(read(pieces(text)).out, '2 tables of one print that no label tells apart');
});
stop('a header learnt from a good histogram makes no bad one good', () => {
	const good = `@a:\n${ROW}\n`;
	const rows = [
		ROW.replace('[0]   ', '[4, 8)') + ROW,
		ROW + ROW,
		ROW + ROW.replace('[0]     ', '(..., 0)'),
		ROW.replace('[0]      ', '[0, ...)') + ROW.replace('[0]   ', '[4, 8)'),
		ROW.replace(' 5 ', '05 '),
		ROW.replace(' 5 ', '-5 '),
		ROW.replace('@|', 'x|'),
		ROW.replace('@@@@@@@@|', '@@@ @@@@|'),
		ROW.replace('@@|', '@ |').replace(' |', ' :'),
		ROW.replace('|\n', '|\r\n'),
		ROW.slice(0, -1),
	];
	for (const text of rows) {
		const input = pieces(good, `@a:\n${text}\n`, good);
		assert.is(essence(read(input)), essence(read(input, { fast: false })), text);
	}
});
stop.run();

const back = suite('reader: printed and read back');

const expected = ({ map, keys, buckets }: Model) => {
	const names = keys.length === 1 ? ['key'] : keys.map((_key, at) => `key${at + 1}`);
	const whole = (value: bigint | null) => (value === null ? null : exact(value));
	return {
		metric: map,
		attributes: Object.fromEntries(keys.map((key, at) => [names[at]!, key])),
		buckets: buckets.map(([lower, upper, count]) => [whole(lower), whole(upper), whole(count)]),
	};
};
const histogramsIn = (out: string) =>
	out
		.split('\n')
		.map((line) => (line === '' ? undefined : parseRecord(line)))
		.filter((record): record is Histogram => record?.type === 'histogram')
		.map(({ metric, attributes, buckets }) => ({ metric, attributes, buckets }));

const models = fc.array(model, { minLength: 1, maxLength: 4 });
const RUNS = { numRuns: 300 };

back('bpftrace text of every style', () => {
	fc.assert(
		fc.property(models, textStyle, (maps, style) => {
			// Printed twice, so that the second print takes the short cut.
			const text = maps.map((map) => asText(map, style)).join('');
			const reading = read(pieces(text, text));
			assert.equal(histogramsIn(reading.out), [...maps, ...maps].map(expected));
			assert.equal(reading.bad, []);
			assert.is(essence(read(pieces(text, text), { fast: false })), essence(reading));
		}),
		RUNS,
	);
});
back('bpftrace JSON, before and from 0.24 on', () => {
	fc.assert(
		fc.property(models, fc.boolean(), (maps, isNew) => {
			const { out, bad } = read(pieces(maps.map((map) => asJson(map, isNew)).join('')));
			assert.equal(histogramsIn(out), maps.map(expected));
			assert.equal(bad, []);
		}),
		RUNS,
	);
});
back('tables of bcc and of Inspektor Gadget', () => {
	const counts = fc.array(fc.bigInt(0n, 2n ** 63n), { minLength: 2, maxLength: 40 });
	fc.assert(
		fc.property(counts, fc.boolean(), (slots, isGadget) => {
			const { out, bad } = read(pieces(asTable(slots, 'usecs', isGadget)));
			const edge = (at: number) => (at === 0 ? 0n : 2n ** BigInt(isGadget ? at - 1 : at));
			const buckets = slots.map((n, at) => [exact(edge(at)), exact(edge(at + 1)), exact(n)]);
			assert.equal(histogramsIn(out), [{ metric: 'unnamed', attributes: {}, buckets }]);
			assert.equal(bad, []);
		}),
		RUNS,
	);
});
back('a row cut in two behind its label is no row, on the short cut either', () => {
	for (const cut of ['\n', '\r', '\t', '\0']) {
		const row = `[0]              ${'3'.padStart(7)} |${'@'.repeat(52)}|\n`;
		const text = `@a: \n${row}\n@a: \n${row.replace('[0] ', `[0]${cut}`)}\n`;
		const quick = essence(read([Buffer.from(text)]));
		assert.is(quick, essence(read([Buffer.from(text)], { fast: false })), JSON.stringify(cut));
	}
});
back('the short cut and the long way agree on cut and damaged text', () => {
	const damage = fc.array(
		fc.tuple(fc.nat(), fc.constantFrom('@', ' ', '|', '\n', '0', '[', ')', 'K', '\r')),
		{
			maxLength: 3,
		},
	);
	fc.assert(
		fc.property(models, textStyle, damage, fc.nat(), (maps, style, strokes, where) => {
			const text = maps.map((map) => asText(map, style)).join('');
			const bytes = Buffer.from(text + text);
			for (const [at, character] of strokes) bytes[at % bytes.length] = character.charCodeAt(0);
			const at = where % bytes.length;
			const long = essence(read([bytes], { fast: false }));
			assert.is(essence(read([bytes])), long);
			assert.is(essence(read([bytes.subarray(0, at), bytes.subarray(at)])), long);
		}),
		{ numRuns: 1500 },
	);
});
back.run();

const fuzz = suite('reader: a million lines');

const LINES = 1_000_000;
const BATCH = 2000;
// The seed is printed, so that a failure can be had again.
const SEED = Number(process.env.SEED ?? randomInt(2 ** 31));

/** A small generator of numbers, the same for the same seed (mulberry32). */
const generator = (seed: number) => {
	let state = seed;
	return (below: number): number => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return (((mixed ^ (mixed >>> 14)) >>> 0) % below) | 0;
	};
};

const seeds = cases('parse-histogram')
	.filter(({ name }) => name !== 'json-nested-too-deep')
	.map(({ input }) => input.toString('latin1').split('\n'));
const ODD = [
	'\0',
	'\x1b[H',
	'\xff',
	'\xed\xa0',
	'999999999999999999999999',
	'{',
	'"',
	'\\u001b',
	']: ',
	'@',
	'|',
];

const mutated = (line: string, pick: (below: number) => number): string => {
	const at = pick(line.length + 1);
	const odd = ODD[pick(ODD.length)]!;
	switch (pick(8)) {
		case 0:
			return line.slice(0, at);
		case 1:
			return line.slice(at);
		case 2:
			return line.slice(0, at) + odd + line.slice(at);
		case 3:
			return line.slice(0, at) + odd + line.slice(at + 1 + pick(4));
		case 4:
			return line.slice(0, at) + line.slice(pick(line.length + 1));
		default:
			return line;
	}
};

/** A run of lines as they stand in some golden input, most of them whole, some damaged, some left out. */
const batchOf = (pick: (below: number) => number): string => {
	const lines: string[] = [];
	while (lines.length < BATCH) {
		const from = seeds[pick(seeds.length)]!;
		const start = pick(from.length);
		for (const line of from.slice(start, start + 1 + pick(40))) {
			if (pick(50) === 0) continue;
			lines.push(pick(12) === 0 ? mutated(line, pick) : line);
		}
	}
	return lines
		.slice(0, BATCH)
		.map((line) => line.replaceAll('\n', ''))
		.join('\n');
};

fuzz(`seed ${SEED}: no crash, no broken record, no line lost`, () => {
	console.log(`SEED=${SEED}`);
	const pick = generator(SEED);
	for (let done = 0; done < LINES; done += BATCH) {
		const bytes = Buffer.from(`${batchOf(pick)}\n`, 'latin1');
		const cutAt = pick(bytes.length);
		const reading = read([bytes.subarray(0, cutAt), bytes.subarray(cutAt)]);
		assert.is(accounted(reading), BATCH);
		for (const line of reading.out.split('\n')) {
			if (line === '' || line.startsWith('#!')) continue;
			const record = parseRecord(line);
			const fault = record ? faultIn(record) : 'not a record';
			if (fault) assert.unreachable(`${fault}: ${line}`);
		}
		if (done % (20 * BATCH) === 0) assert.is(essence(read([bytes], { fast: false })), essence(reading));
	}
});
fuzz('lines at the limit of length', () => {
	const long = (text: string) => text.repeat(Math.floor(1_000_000 / text.length));
	const lines = [
		'@',
		'[',
		'@a[',
		']: ',
		'\\',
		'{"type": "',
		'a = ',
		'(',
		'@a[1]: ',
		'\xff',
		', ',
		' ',
		'1',
	].map(long);
	lines.push(
		`{"type": "map", "data": {"@m": {"${long('a,')}": 1}}}`,
		`@m[${long('a, ')}]: 1`,
		`@m[${long('(')}]: 1`,
	);
	lines.push(`@m[${long('@x[')}]: 1`, `{"type": "map", "data": {"@m": ${long('1')}}}`);
	const from = performance.now();
	const bytes = Buffer.from(`${lines.join('\n')}\n`, 'latin1');
	assert.is(accounted(read([bytes])), lines.length);
	// No line may take time that grows with the square of its length.
	assert.ok(performance.now() - from < 20_000);
});
fuzz.run();
