import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createMoments } from '../../../../filters/lib/flow/moments.ts';
import { parseControl } from '../../../../filters/lib/record.ts';

const test = suite('flow: moments');

/** Moments of numbers; `log` is what was written and passed, in order. Writing lasts until `release` is called. */
const created = ({ isSlow = false, lingerMs = 60_000 } = {}) => {
	const log: string[] = [];
	let time: number | undefined;
	let open: string[] = [];
	let release = () => {};
	const moments = createMoments({
		isOther: (ts) => time !== undefined && time !== ts,
		isOpen: () => open.length > 0,
		write: async () => {
			const what = open;
			open = [];
			if (what.length === 0) return;
			if (isSlow)
				await new Promise<void>((resolve) => {
					release = resolve;
				});
			log.push(`${time}: ${what.join(' ')}`);
		},
		pass: (line) => log.push(line),
		lingerMs,
		isBlocked: () => false,
		fail: (error) => log.push(String(error)),
	});
	return {
		log,
		take: (ts: number, what: string) =>
			moments.take(ts, () => {
				time = ts;
				open.push(what);
			}),
		line: (line: string) => moments.control(parseControl(line), line),
		end: (isReadAgain: boolean) =>
			moments.end(
				() => isReadAgain,
				() => log.push('left'),
			),
		release: () => release(),
	};
};

test('a moment is written when another time comes, of what is gathered or of a #!ts line', async () => {
	const { log, take, line, end } = created();
	await take(1, 'a');
	await take(1, 'b');
	await line('#!ts 0.001');
	assert.equal(log, []);
	await take(2, 'c');
	await line('#!ts 0.003');
	await end(false);
	assert.equal(log, ['1: a b', '2: c']);
});

test('a barrier waits for the moment, and none with more of it behind goes on', async () => {
	const { log, take, line, end } = created();
	await line('#!pos {"n":0}');
	await take(1, 'a');
	await line('#!pos {"n":1}');
	await line('#!other');
	await take(1, 'b');
	await line('#!pos {"n":2}');
	await line('#!pos {"n":3}');
	await take(2, 'c');
	await end(true);
	assert.equal(log, ['#!pos {"n":0}', '1: a b', '#!other', '#!pos {"n":3}', 'left']);
});

test('#!end is an end', async () => {
	const { log, take, line } = created();
	await take(1, 'a');
	await line('#!end');
	assert.equal(log, ['1: a', '#!end']);
});

test('while a moment is written nothing else happens', async () => {
	const { log, take, line, release } = created({ isSlow: true });
	await take(1, 'a');
	const next = take(2, 'b') as Promise<void>;
	const passed = line('#!pos {"n":1}') as Promise<void>;
	await new Promise((resolve) => setTimeout(resolve, 5));
	assert.equal(log, []);
	release();
	await Promise.all([next, passed]);
	assert.equal(log, ['1: a']);
});

test('silence ends a moment', async () => {
	const { log, take } = created({ lingerMs: 1 });
	await take(1, 'a');
	for (let tries = 0; log.length === 0 && tries < 400; tries += 1)
		await new Promise((resolve) => setTimeout(resolve, 5));
	assert.equal(log, ['1: a']);
});

test.run();
