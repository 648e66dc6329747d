// Stages that take histograms as bytes: what they print does not depend on whether a line is in the form that is scanned.

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { random } from '../../../data/versions.ts';
import { cases, run } from '../../../program.ts';

const test = suite('histograms as bytes');

/** The same records in a form that has to be read. */
const otherwise = (input: string): string => input.replaceAll('"buckets":[', '"buckets": [');

/** How many lines were printed, in both forms the same. */
const same = async (name: string, args: string[], input: string, what: string): Promise<number> => {
	const [plain, other] = await Promise.all([run(name, args, input), run(name, args, otherwise(input))]);
	assert.is(plain.stdout, other.stdout, what);
	assert.is(plain.status, other.status, what);
	return plain.stdout.split('\n').length;
};

/** Prints of a few series, with everything about them that a stage may stumble over. */
const stream = (seed: number): string => {
	const below = random(seed);
	const lines: string[] = [];
	for (let print = 0; print < 120; print++) {
		const ts = 1763712000000 + print * 700 - (below(20) === 0 ? 5000 : 0);
		if (below(10) === 0) lines.push(`#!pos {"at":${print}}`);
		for (let series = 0; series < 3; series++) {
			if (below(8) === 0) continue;
			const odd = below(30);
			const first = odd === 0 ? 'null' : '0';
			const large = odd === 1 ? 3_000_000_000 : below(1000);
			const temporality = odd === 2 ? 'delta' : 'cumulative';
			const synthetic = odd === 3 ? '"synthetic":true,' : '';
			const buckets = [
				`[${first},1,${large}]`,
				`[1,2,${below(2) * print}]`,
				`[2,${odd === 4 ? 3 : 4},${print}]`,
			];
			if (odd === 5) buckets.length = 0;
			const attributes = JSON.stringify({ a: ['é', '"', '\\'][series] });
			lines.push(
				`{"type":"histogram","ts":${ts},"host":"h${series % 2}","metric":"m${series}","unit":"us","attributes":${attributes},${synthetic}"temporality":"${temporality}","buckets":[${buckets.join(',')}]}`,
			);
		}
	}
	return `${lines.join('\n')}\n`;
};

for (const [name, args] of [
	['every', ['5s', '--event-time']],
	['to-hollow', []],
	['to-hollow', ['--wide', '--source', 's']],
] as const) {
	test(`${name} ${args.join(' ')}: random prints`, async () => {
		for (let seed = 1; seed <= 6; seed++) {
			const lines = await same(name, [...args], stream(seed), `seed ${seed}`);
			assert.ok(lines > 100, `${lines} lines`);
		}
	});
}
for (const name of ['every', 'to-hollow']) {
	test(`${name}: the golden inputs`, async () => {
		for (const one of cases(name)) await same(name, one.args, one.input.toString(), one.name);
	});
}

test.run();
