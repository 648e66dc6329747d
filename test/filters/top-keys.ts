import { once } from 'node:events';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { goldenSuite, outcome, run, start } from '../program.ts';
import { until } from '../servers/carbon.ts';

goldenSuite('top-keys');

const sum = (ts: number, comm: string, value: number, more: object = {}) =>
	`${JSON.stringify({ type: 'sum', ts, host: 'web1', metric: 'calls', unit: '1', attributes: { comm }, temporality: 'delta', monotonic: true, value, ...more })}\n`;
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
/** The sums in what was printed, as `NAME VALUE`. */
const sumsIn = (text: string): string[] =>
	text
		.split('\n')
		.filter((line) => line.startsWith('{"type":"sum"'))
		.map((line) => JSON.parse(line))
		.map(({ attributes, value }) => `${attributes.comm} ${value}`);

const live = suite('top-keys: silence and signals');

live('a print is written after --linger, and a barrier behind it goes on', async () => {
	const child = start('top-keys', ['1', '--linger', '300ms']);
	let text = '';
	child.stdout!.on('data', (chunk) => {
		text += chunk;
	});
	const done = outcome(child);
	child.stdin!.write(`${sum(1, 'a', 1)}${sum(1, 'b', 2)}${sum(1, 'c', 3)}#!pos {"at":1}\n`);
	await until(() => text.includes('#!pos {"at":1}'), 5000);
	assert.equal(sumsIn(text), ['c 3', 'other 3']);
	child.stdin!.end(`${sum(2, 'a', 1)}#!end\n`);
	const { status, stdout, stderr } = await done;
	assert.is(status, 0);
	assert.is(stderr, '');
	assert.equal(sumsIn(stdout), ['c 3', 'other 3', 'a 1']);
});

live('records that keep coming are no silence', async () => {
	const child = start('top-keys', ['1', '--linger', '700ms']);
	const done = outcome(child);
	for (let at = 0; at < 15; at++) {
		child.stdin!.write(sum(1, `c${at % 3}`, 1 + (at % 3)));
		await wait(100);
	}
	child.stdin!.end();
	assert.equal(sumsIn((await done).stdout), ['c2 15', 'other 15']);
});

live('nor is a reader downstream that stands still', async () => {
	const child = start('top-keys', ['5000', '--linger', '300ms']);
	const many = (ts: number, comm: string) =>
		Array.from({ length: 1500 }, (_, at) => sum(ts, `${comm}${'x'.repeat(150)}${at}`, 1)).join('');
	// Nobody listens on stdout yet: the pipe fills up with the first print, in the middle of the second.
	child.stdin!.write(many(1, 'a') + many(2, 'b'));
	await wait(1500);
	const done = outcome(child);
	child.stdin!.end(many(2, 'b'));
	const sums = sumsIn((await done).stdout);
	assert.is(sums.length, 3000);
	assert.ok(sums.slice(1500).every((one) => one.endsWith(' 2')));
});

live(
	'TERM and the end of input write what is held, unless barriers were seen; #!end always does',
	async () => {
		for (const how of ['SIGTERM', 'end'] as const)
			for (const [before, behind, wanted] of [
				['', '', ['a 1']],
				['#!pos {"at":1}\n', '', []],
				['', '#!pos {"at":2}\n', []],
				['#!pos {"at":1}\n', '#!end\n', ['a 1']],
			] as const) {
				const child = start('top-keys', ['1', '--linger', '1h']);
				const done = outcome(child);
				child.stdin!.write(`#!other\n${before}${sum(1, 'a', 1)}${behind}`);
				await once(child.stdout!, 'data');
				await wait(100);
				if (how === 'end') child.stdin!.end();
				else child.kill(how);
				const { status, stdout } = await done;
				assert.is(status, 0);
				assert.equal(sumsIn(stdout), wanted);
				assert.not(stdout.includes('"at":2'));
			}
	},
);

const options = suite('top-keys: options');

options('broken records are reported, and fatal under --strict', async () => {
	const input = '{"type":"sum","ts":-1}\n';
	const { status, stdout, stderr } = await run('top-keys', ['1'], input);
	assert.is(status, 0);
	assert.is(stdout, '');
	assert.match(stderr, /^top-keys: warning: <stdin>:1: .*; skipped\n$/);
	assert.is((await run('top-keys', ['1', '--strict'], input)).status, 65);
});

options('the counters', async () => {
	const child = start('top-keys', ['1']);
	const done = outcome(child);
	child.stdin!.write(sum(1, 'a', 1) + sum(1, 'b', 2) + sum(1, 'c', 2) + sum(2, 'a', 1));
	await wait(500);
	child.kill('SIGUSR1');
	await wait(200);
	child.stdin!.end();
	assert.match((await done).stderr, /in 4, out 3, folded 2\n/);
});

options('a print is folded again to itself', async () => {
	await fc.assert(
		fc.asyncProperty(
			fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.constantFrom('a', 'b', 'c', 'other'), fc.nat(5))),
			async (records) => {
				const input = records
					.sort(([a], [b]) => a - b)
					.map((one) => sum(...one))
					.join('');
				const first = await run('top-keys', ['1'], input);
				const second = await run('top-keys', ['1'], first.stdout);
				assert.equal(sumsIn(second.stdout), sumsIn(first.stdout));
			},
		),
		{ numRuns: 10 },
	);
});

options('usage', async () => {
	for (const args of [[], ['0'], ['-1'], ['1.5'], ['ten'], ['1', '2'], ['1', '--linger', '0s']]) {
		const { status, stdout, stderr } = await run('top-keys', args);
		assert.is(status, 64, args.join(' '));
		assert.is(stdout, '');
		assert.match(stderr, /^top-keys: /);
	}
});

live.run();
options.run();
