// parse-histogram: the options as settings, and the program on every shape and oddity of its input

import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { settingsOf } from '../../filters/parse-histogram.ts';
import { bpftraceLacks, testWith } from '../parts.ts';
import { cases, goldenSuite, outcome, ROOT, run, start } from '../program.ts';

const NAME = 'parse-histogram';
const ROW = `[0]                    5 |${'@'.repeat(52)}|\n`;

const pure = suite(`${NAME}: options`);
pure('nothing given', () => {
	const { host, ...rest } = settingsOf({});
	assert.ok(host);
	assert.equal(rest, { unit: '1', temporality: 'cumulative', attributes: {}, gauges: new Set() });
});
pure('maps as a script has them', () => {
	const { maps } = settingsOf({ maps: join(ROOT, 'bpftrace', 'kea-dhcp4.bt') });
	assert.equal(maps!.get('memory_usage'), { unit: 'By', keys: ['kind'], kind: 'gauge' });
	assert.throws(
		() => settingsOf({ maps: '/no/such' }),
		(error: { code?: string }) => error.code === 'ENOENT',
	);
});
pure('all given', () => {
	const given = {
		metric: 'a=x,@b=y',
		keys: 'comm,disk',
		attribute: ['dc=1', 'team=z'],
		gauge: ['@m,n', 'o'],
	};
	const { metric, keys, attributes, gauges } = settingsOf(given);
	assert.equal(
		[...(metric as Map<string, string>)],
		[
			['a', 'x'],
			['b', 'y'],
		],
	);
	assert.equal(keys, ['comm', 'disk']);
	assert.equal(attributes, { dc: '1', team: 'z' });
	assert.equal([...gauges], ['m', 'n', 'o']);
});
for (const given of [
	{ metric: '' },
	{ metric: 'a,b' },
	{ metric: 'a=x,b=x' },
	{ metric: 'a=' },
	{ keys: '' },
	{ keys: 'a,a' },
	{ keys: 'dc', attribute: ['dc=1'] },
	{ attribute: ['dc'] },
	{ attribute: ['key1=x'] },
	{ temporality: 'sum' },
]) {
	pure(`refused: ${JSON.stringify(given)}`, () => {
		assert.throws(
			() => settingsOf(given),
			(error: { code?: number }) => error.code === 64,
		);
	});
}
pure.run();

goldenSuite(NAME);

const program = suite(`${NAME}: program`);

program(
	"--maps: units, keys and kinds are the script's, and what grows in a map of notices is one",
	async () => {
		const script = join(mkdtempSync(join(tmpdir(), 'maps-')), 'x.bt');
		const lines = [
			'@time[message, answer]   ns           how long it took',
			'@kept[kind]              By gauge     memory',
			'@odd[what]               1 notice     what has no partner',
			'@packets                 {packet}     how many',
		];
		writeFileSync(script, `/*\n${lines.map((line) => ` *   ${line}\n`).join('')} */\n`);
		const input = [
			'#!ts 1\n@time[DISCOVER, OFFER]:\n[2, 4) 1 |@|\n\n@kept[heap]: 7\n@odd[none]: 2\n@packets: 4\n',
			'#!ts 2\n@odd[none]: 2\n@odd[other]: 1\n#!ts 3\n@odd[none]: 5\n#!ts 4\n@odd[none]: 1\n',
		].join('');
		const { stdout } = await run(NAME, ['--maps', script, '--host', 'h', '--unit', 'us'], input);
		const records = stdout.split('\n').filter((line) => line.startsWith('{'));
		assert.equal(
			records.map((line) => {
				const { type, ts, metric, unit, attributes, kind, count, detail } = JSON.parse(line);
				return type === 'notice' ? [ts, kind, count, detail] : [ts, type, metric, unit, attributes];
			}),
			[
				[1000, 'histogram', 'time', 'ns', { message: 'DISCOVER', answer: 'OFFER' }],
				[1000, 'gauge', 'kept', 'By', { kind: 'heap' }],
				[1000, 'odd', 2, 'none'],
				[1000, 'sum', 'packets', '{packet}', {}],
				[2000, 'odd', 1, 'other'],
				[3000, 'odd', 3, 'none'],
				[4000, 'odd', 1, 'none'],
			],
		);
	},
);

program('byte by byte through the pipe', async () => {
	for (const { name, args, input } of cases(NAME)) {
		if (
			!['hist-negative-to-022', 'crlf', 'broken-utf8-in-keys', 'json-script-prints-its-time'].includes(name)
		)
			continue;
		const whole = await run(NAME, args, input);
		assert.equal(
			await run(
				NAME,
				args,
				Array.from(input, (byte) => Buffer.from([byte])),
			),
			whole,
			name,
		);
	}
});
program('the sample in the header is what the program does', async () => {
	const { stdout: help } = await run(NAME, ['--help']);
	const sample = help
		.split('\n')
		.filter((line) => /^ {2}(?:#!ts|@|\[|\{)/.test(line))
		.map((line) => line.slice(2));
	const record = sample.find((line) => line.startsWith('{'));
	const input = sample.filter((line) => !line.startsWith('{'));
	assert.is(input.length, 4);
	const args = ['-m', 'cpu-lat', '--unit', 'us', '--host', 'web1', '--keys', 'comm'];
	const { stdout } = await run(NAME, args, `${input.join('\n')}\n\n`);
	assert.is(stdout, `#!ts 1763712000\n${record}\n`);
});
program('--strict stops at the first damaged row, with what was good before it written', async () => {
	const { status, stdout, stderr } = await run(
		NAME,
		['--strict'],
		`#!ts 5\n@g:\n${ROW}\n@h:\n[2, 4)      11 |@@@\n\n@n: 1\n`,
	);
	assert.is(status, 65);
	assert.is(stdout.split('\n').length, 3);
	assert.match(stderr, '<stdin>:6: cannot parse bucket');
});
program('two maps under one name', async () => {
	const { status, stderr } = await run(NAME, ['--metric', 'read=write'], '@read: 1\n@write: 2\n');
	assert.is(status, 64);
	assert.match(stderr, '@read and @write would both be written as "write"');
});
program('a histogram leaves after a second of silence, though nothing ended it', async () => {
	const child = start(NAME, ['--host', 'h']);
	const done = outcome(child);
	const from = performance.now();
	child.stdin!.write(`#!ts 5\n@h:\n${ROW}`);
	const [time] = await once(child.stdout!, 'data');
	const [record] = await once(child.stdout!, 'data');
	assert.is(String(time), '#!ts 5\n');
	assert.match(String(record), '"buckets":[[0,1,5]]');
	const waited = performance.now() - from;
	assert.ok(waited > 900 && waited < 5000, `${waited} ms`);
	// More rows after all: the record was a part, and downstream is told.
	child.stdin!.write(`${ROW}\n@n: 1\n`);
	child.stdin!.end();
	const { stdout, status } = await done;
	assert.is(status, 0);
	assert.match(stdout, '"kind":"bad_block"');
});
program('TERM inside a histogram', async () => {
	const child = start(NAME, ['--host', 'h']);
	const done = outcome(child);
	child.stdin!.write(`#!ts 5\n@n: 1\n@h:\n${ROW}`);
	await once(child.stdout!, 'data');
	child.kill('SIGTERM');
	const { status, stdout } = await done;
	assert.is(status, 0);
	assert.match(stdout, '"kind":"torn_block"');
	assert.not.match(stdout, '"type":"histogram"');
});
program('being stopped for longer than the silence splits no histogram', async () => {
	const child = start(NAME, ['--host', 'h']);
	const done = outcome(child);
	child.stdin!.write(`#!ts 5\n@h:\n${ROW}`);
	await once(child.stdout!, 'data');
	child.kill('SIGSTOP');
	child.stdin!.write(`${ROW.replace('[0]', '[1]')}\n`);
	await sleep(1500);
	child.kill('SIGCONT');
	await sleep(200);
	child.stdin!.end();
	const { stdout } = await done;
	assert.match(stdout, '"buckets":[[0,1,5],[1,2,5]]');
	assert.not.match(stdout, 'bad_block');
});
program('USR1 tells what became of the lines', async () => {
	const child = start(NAME, ['--host', 'h']);
	const done = outcome(child);
	child.stdin!.write(`hello\n#!ts 5\n@h:\n${ROW}\n`);
	await once(child.stdout!, 'data');
	child.kill('SIGUSR1');
	await once(child.stderr!, 'data');
	child.stdin!.end();
	const { stderr } = await done;
	for (const part of ['in 5', 'out 2', 'noise 1', 'control 1', 'headers 1', 'rows 1', 'blank 1'])
		assert.match(stderr, part);
});

const PROGRAM = `BEGIN {
	@h = hist(-1); @h = hist(3); @h = hist(3); @h = hist(1000);
	@l["a, b", 7] = lhist(4, 0, 10, 2); @l["a, b", 7] = lhist(99, 0, 10, 2);
	@n = count();
	printf("text "); print(@h); print(@l); exit()
}`;
testWith(program, bpftraceLacks(), 'bpftrace of this machine, text and JSON alike', async () => {
	const records = async (args: string[]) => {
		const { stdout, status } = spawnSync('bpftrace', [...args, '-e', PROGRAM], { timeout: 60_000 });
		assert.is(status, 0);
		const input = Buffer.concat([Buffer.from('#!ts 5\n'), stdout]);
		const result = await run(NAME, ['--host', 'h', '--keys', 'comm,cpu', '--strict'], input);
		assert.is(result.stderr, '');
		return result.stdout;
	};
	const text = await records([]);
	assert.is(await records(['-f', 'json']), text);
	assert.match(text, '"buckets":[[null,0,1],[0,1,0],[1,2,0],[2,4,2],[4,8,0]');
	assert.match(text, '"attributes":{"comm":"a, b","cpu":"7"}');
	assert.match(text, '"buckets":[[4,6,1],[6,8,0],[8,10,0],[10,null,1]]');
});
program('a line too long inside a histogram damages it, and no line number after it is wrong', async () => {
	const long = 'x'.repeat(1024 * 1024);
	const input = `#!ts 1\n@a:\n[0]   3 |@|\n${long}\n[1]  4 |@|\n\n@a:\n[0]   3 |@|\n\n[3,\n`;
	const { status, stdout, stderr } = await run(NAME, ['--host', 'h'], input);
	const [, notice, histogram] = stdout.split('\n');
	assert.match(
		notice!,
		/"kind":"bad_block","count":1,"detail":"a line of 1048577 bytes inside it is too long"/,
	);
	assert.match(histogram!, /"buckets":\[\[0,1,3\]\]/);
	assert.match(stderr, /<stdin>:10: cannot parse bucket "\[3,"/);
	assert.is(status, 0);
});
program('a hole of NULs inside a histogram damages it, one between two hides nothing', async () => {
	const hole = '\0'.repeat(3_000_000);
	const input = `#!ts 1\n@a:\n[0]   3 |@|\n${hole}[1]  4 |@|\n\n${hole}@a:\n[0]   3 |@|\n\n[3,\n`;
	const { status, stdout, stderr } = await run(NAME, ['--host', 'h'], input);
	const [, notice, histogram] = stdout.split('\n');
	assert.match(notice!, /"kind":"bad_block","count":1,"detail":"a hole of 3000000 NUL bytes is inside it"/);
	assert.match(histogram!, /"buckets":\[\[0,1,3\]\]/);
	assert.match(stderr, /a hole of 3000000 NUL bytes is stepped over/);
	assert.match(stderr, /<stdin>:9: cannot parse bucket "\[3,"/);
	assert.is(status, 0);
});

program.run();
