// Every stage, present and future, against everything that a stage owes to those around it;
// and for each of these duties a program that breaks it, which must be caught.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bundle } from '../build.ts';
import { DUTIES, type Duty, subjectOf } from './harness/duties.ts';
import { bundleOf, ROOT } from './program.ts';
import { PLACES, type Start, startsIn } from './starts.ts';

const test = suite('contract');
/** `node --import tsx test/contract.ts STAGE ...` runs these alone. */
const asked = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'bpfpipe-contract-'));
test.after(() => rmSync(folder, { recursive: true }));

const starts = await startsIn(folder);
const stages = readdirSync(join(ROOT, 'filters'))
	.filter((file) => file.endsWith('.ts'))
	.map((file) => basename(file, '.ts'))
	.filter((name) => asked.length === 0 || asked.includes(name));

for (const name of stages) {
	const start = starts[name];
	if (!start) {
		test(name, () => {
			throw new Error(`${name} has no place in test/starts.ts`);
		});
		continue;
	}
	const subject = subjectOf(name, join(ROOT, 'filters', `${name}.ts`), bundleOf(name), start);
	for (const { name: duty, isFor, check } of Object.values(DUTIES))
		if (isFor(subject)) test(`${name}: ${duty}`, () => check(subject));
}

test.run();

const faults = suite('contract: faults');
const built = mkdtempSync(join(tmpdir(), 'bpfpipe-faults-'));
faults.after(() => rmSync(built, { recursive: true }));

const fixture = async (path: string, place?: Start['place']) => {
	const source = join(ROOT, 'test', 'fixtures', `${path}.ts`);
	await bundle(source, built);
	const name = basename(path);
	return subjectOf(name, source, join(built, `${name}.cjs`), {
		idle: [],
		empty: [],
		...(place && { place }),
	});
};

/** What each program in fixtures/faults/ does wrong: the place of the duty that it breaks, as DUTIES has it. */
const FAULTS: Record<string, Duty> = {
	'helps-on-stderr': DUTIES.help,
	'takes-any-option': DUTIES.unknownOption,
	'blames-its-reader': DUTIES.closedReader,
	'fails-at-term': DUTIES.term,
	'ends-at-hup': DUTIES.hup,
	'silent-at-usr1': DUTIES.counters,
	'ends-at-int': DUTIES.interrupt,
	'forgets-at-term': DUTIES.flush,
	'turns-types-round': DUTIES.order,
	'drops-unknown-types': DUTIES.counted,
	'drops-unknown-keys': DUTIES.keys,
	'swallows-broken-lines': DUTIES.broken,
	'reads-lines-of-any-length': DUTIES.longest,
	'takes-chunks-for-lines': DUTIES.torn,
	'hurries-barriers': DUTIES.barriers,
	'acks-early': DUTIES.barriers,
	'writes-half-windows': DUTIES.windows,
	'stamps-late': DUTIES.times,
};

faults('each duty has a program that breaks it, and each program its duty', () => {
	const files = readdirSync(join(ROOT, 'test', 'fixtures', 'faults')).map((file) => basename(file, '.ts'));
	assert.equal(Object.keys(FAULTS).sort(), files.sort());
	assert.equal(new Set(Object.values(FAULTS)), new Set(Object.values(DUTIES)));
});

for (const [name, duty] of Object.entries(FAULTS))
	faults(`${name} is caught: ${duty.name}`, async () => {
		const subject = await fixture(`faults/${name}`, PLACES[name]);
		assert.ok(duty.isFor(subject), 'the duty is not for such a program');
		const fault = await duty.check(subject).then(
			() => undefined,
			(error: Error) => error,
		);
		assert.instance(fault, Error, 'it passed');
	});

for (const duty of Object.values(DUTIES))
	faults(`holds-one, which holds as it should: ${duty.name}`, async () => {
		const subject = await fixture('holds-one');
		if (duty.isFor(subject)) await duty.check(subject);
	});

faults.run();
