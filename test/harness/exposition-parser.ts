// exposition-parser: a strict reader of Prometheus' text format and of OpenMetrics, written from their specifications
// It refuses whatever either does not allow, and the order of buckets and counts too, at which promtool does not look.

import * as assert from 'uvu/assert';

export type Sample = { name: string; labels: Record<string, string>; value: string; time?: string };
export type ParsedFamily = { type: string; help: string; unit?: string; samples: Sample[] };
export type Parsed = Map<string, ParsedFamily>;

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*/;
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|\})/;
const END = /^ (-?\d+(?:\.\d+)?(?:e[+-]\d+)?)(?: (-?\d+(?:\.\d+)?))?$/;
const SUFFIX = /_(?:bucket|count|sum|total|created)$/;

const unescaped = (text: string): string =>
	text.replace(/\\(.)/g, (_all, character) => (character === 'n' ? '\n' : character));

/** A line that is a sample. */
export const parseSample = (line: string): Sample => {
	const name = NAME.exec(line)?.[0];
	assert.ok(name, `no name: ${line}`);
	let rest = line.slice(name!.length);
	const labels: [string, string][] = [];
	if (rest.startsWith('{')) {
		rest = rest.slice(1);
		for (let more = true; more; ) {
			const label = LABEL.exec(rest);
			assert.ok(label, `no label at ${rest}`);
			labels.push([label![1]!, unescaped(label![2]!)]);
			rest = rest.slice(label![0].length);
			more = label![3] === ',';
		}
	}
	assert.is(new Set(labels.map(([key]) => key)).size, labels.length, `a label twice: ${line}`);
	const end = END.exec(rest);
	assert.ok(end, `no value: ${line}`);
	const time = end![2];
	return { name: name!, labels: Object.fromEntries(labels), value: end![1]!, ...(time && { time }) };
};

const keyOf = ({ name, labels }: Sample): string => JSON.stringify([name, Object.entries(labels).sort()]);

// Any number of decimals that a unit may need.
const PLACES = 60;

/** A bound as a whole number of a very small unit, so that any two can be compared. */
const boundOf = (le: string): bigint => {
	const [, sign, whole, decimals = ''] = /^(-?)(0|[1-9]\d*)(?:\.(\d*[1-9]))?$/.exec(le)!;
	return BigInt(`${sign}${whole}${decimals.padEnd(PLACES, '0')}`);
};

/** Buckets of one histogram in the order of their lines: ascending, never falling, +Inf last and equal to the count. */
const checkHistogram = (rows: Sample[], counts: Sample[], isOpenMetrics: boolean) => {
	let before: { le: bigint; count: bigint } | undefined;
	const where = JSON.stringify(rows[0]);
	for (const { labels, value } of rows.slice(0, -1)) {
		// A whole number ends in .0 there.
		if (isOpenMetrics) assert.match(labels.le!, /\./, where);
		const le = isOpenMetrics ? labels.le!.replace(/\.0$/, '') : labels.le!;
		assert.match(le, /^(0|-?[1-9]\d*|-?(0|[1-9]\d*)\.\d*[1-9])$/, where);
		const row = { le: boundOf(le), count: BigInt(value) };
		if (before) assert.ok(row.le > before.le && row.count >= before.count, where);
		before = row;
	}
	assert.is(rows.at(-1)!.labels.le, '+Inf', where);
	assert.ok(BigInt(rows.at(-1)!.value) >= (before?.count ?? 0n), where);
	if (!isOpenMetrics) assert.equal([counts.length, counts[0]!.value], [1, rows.at(-1)!.value], where);
	else assert.is(counts.length, 0, 'a count without a sum');
};

const checkFamily = (name: string, { type, samples }: ParsedFamily, isOpenMetrics: boolean) => {
	const allowed: Record<string, string[]> = {
		gauge: [''],
		counter: isOpenMetrics ? ['_total', '_created'] : [''],
		histogram: ['_bucket', '_count', '_created'],
	};
	for (const sample of samples)
		assert.ok(
			allowed[type]!.some((suffix) => `${name}${suffix}` === sample.name),
			`${sample.name} is not of ${name}`,
		);
	if (type !== 'histogram') return;
	const bySeries = new Map<string, Sample[]>();
	let last = '';
	for (const sample of samples) {
		const { le: _le, ...labels } = sample.labels;
		const key = JSON.stringify(Object.entries(labels).sort());
		if (key !== last) assert.not(bySeries.has(key), `${key} of ${name} is in pieces`);
		last = key;
		bySeries.set(key, [...(bySeries.get(key) ?? []), sample]);
	}
	for (const all of bySeries.values()) {
		const of = (suffix: string) => all.filter((sample) => sample.name === `${name}${suffix}`);
		checkHistogram(of('_bucket'), of('_count'), isOpenMetrics);
	}
};

/** A whole exposition. Throws for anything that its format does not allow. */
export const parseExposition = (text: string): Parsed => {
	const isOpenMetrics = text.endsWith('# EOF\n');
	assert.ok(text === '' || text.endsWith('\n'), 'no newline at the end');
	assert.is(/[\ud800-\udfff]/.test(text.replace(/[\ud800-\udbff][\udc00-\udfff]/g, '')), false);
	const families: Parsed = new Map();
	const seen = new Set<string>();
	let open: ParsedFamily | undefined;
	for (const line of text.split('\n').slice(0, isOpenMetrics ? -2 : -1)) {
		const meta = /^# (HELP|TYPE|UNIT) (\S+) (.*)$/s.exec(line);
		if (!meta) {
			if (line.startsWith('#')) assert.ok(!isOpenMetrics && !/^#\s*(HELP|TYPE)/.test(line), line);
			else {
				const sample = parseSample(line);
				assert.ok(open && !seen.has(keyOf(sample)), `a sample twice, or without a family: ${line}`);
				seen.add(keyOf(sample));
				open!.samples.push(sample);
			}
			continue;
		}
		const [, word, name, rest] = meta;
		if (word === 'HELP') {
			assert.not(families.has(name!), `${name} begins twice`);
			open = { type: '', help: rest!, samples: [] };
			families.set(name!, open);
		}
		assert.ok(open && families.get(name!) === open && open.samples.length === 0, line);
		if (word === 'TYPE') open!.type = rest!;
		if (word === 'UNIT') {
			open!.unit = rest!;
			assert.ok(name!.replace(/_total$/, '').endsWith(`_${rest}`), line);
		}
	}
	for (const [name, family] of families) checkFamily(name, family, isOpenMetrics);
	return families;
};

/** The expositions that the program printed one after the other. */
export const expositionsIn = (stdout: string): string[] =>
	stdout.includes('# EOF\n')
		? stdout.split(/(?<=^# EOF\n)/m).filter((part) => !part.startsWith('#!'))
		: stdout
				.split(/^(?=# exposition of )/m)
				.map((part) => part.replace(/^#!.*\n/gm, ''))
				.filter(Boolean);

/** Every sample by its line without its value, over all families. */
export const valuesIn = (text: string): Map<string, string> =>
	new Map(
		[...parseExposition(text).values()]
			.flatMap(({ samples }) => samples)
			.map((one) => [keyOf(one), one.value]),
	);

/** The family name of a sample, whichever its kind. */
export const baseOf = (name: string): string => name.replace(SUFFIX, '');
