// board in a real terminal: what it shows at several sizes, how it is spoken to, and that it leaves all as it was.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { commandsLack, testWith } from '../parts.ts';
import { bundleOf, matches } from '../program.ts';
import { openTerminal, type Terminal } from '../servers/terminal.ts';

const test = suite('board in a terminal');
const LACK = commandsLack('tmux');
const folder = mkdtempSync(join(tmpdir(), 'board-'));
test.after(() => rmSync(folder, { recursive: true }));

const END = 1_763_712_000_000;
const SECONDS = 280;

/** Counts of one series up to a second: two modes, a wave of load, and a lone slow event now and then. */
const bucketsAt = (series: number, second: number): [number, number, number][] =>
	Array.from({ length: 12 }, (_, row): [number, number, number] => {
		const near = Math.max(0, 5 - Math.abs(row - 3 - series)) + (row === 8 ? 2 : 0);
		const wave = second + 20 * Math.sin(second / 40 + series);
		const lone = row === 11 ? Math.floor(second / 90) : 0;
		return [2 ** row, 2 ** (row + 1), Math.floor(near * wave * (3 - series)) + lone];
	});
const record = (second: number, more: object) =>
	JSON.stringify({ ...more, ts: END - (SECONDS - second) * 1000, host: 'web1' });
const histogram = (comm: string, series: number, second: number) => {
	const { type, ...rest } = {
		type: 'histogram',
		metric: 'cpu-lat',
		unit: 'us',
		attributes: { comm },
		temporality: 'cumulative',
		buckets: bucketsAt(series, second),
	};
	return record(second, { type, ...rest });
};
const COMMS = ['nginx', 'postgres', 'node'];
const lines: string[] = [];
for (let second = 0; second <= SECONDS; second++) {
	// Nobody looked for a while.
	if (second > 150 && second < 175) continue;
	lines.push(...COMMS.map((comm, at) => histogram(comm, at, second)));
	const value = Math.round(5e8 + 1e8 * Math.sin(second / 30));
	lines.push(record(second, { type: 'gauge', metric: 'memory', unit: 'By', attributes: {}, value }));
}
const FILE = join(folder, 'records');
writeFileSync(FILE, `${lines.join('\n')}\n`);
const BOARD = `${process.execPath} ${bundleOf('board')}`;
/** The records, and then silence that keeps the input open. */
const HELD = `(cat ${FILE}; sleep 60) | ${BOARD}`;

/** The screen without its first line, whose age of the data depends on the day, and with it where it is cut. */
const dateless = (screen: string): string => screen.replace(/^.* old.*$/m, '(how many, and how old)');

const inTerminal = async (
	[width, height]: [number, number],
	body: (terminal: Terminal) => Promise<void>,
	env: Record<string, string> = {},
) => {
	const terminal = await openTerminal(width, height, env);
	try {
		await body(terminal);
	} finally {
		terminal.end();
	}
};

const FULL = /cpu-lat[\s\S]*16 µs[\s\S]*\d\d:\d\d[\s\S]*q quit/;

for (const [name, size, env] of [
	['80x24', [80, 24], {}],
	['200x60', [200, 60], {}],
	['80x24-no-colour', [80, 24], { NO_COLOR: '1' }],
	['40x12', [40, 12], {}],
] as const)
	testWith(test, LACK, name, () =>
		inTerminal(
			[...size],
			async (terminal) => {
				terminal.type(HELD);
				await terminal.until(name === '40x12' ? /cpu-lat[\s\S]*memory/ : FULL);
				await sleep(1200);
				matches('board-screen', `${name}.txt`, dateless(terminal.screen()));
				if (name === '80x24') matches('board-screen', `${name}-colours.txt`, dateless(terminal.screen(true)));
				assert.equal(terminal.state(), { hasCursor: false, isAlternate: true });
			},
			env,
		),
	);

testWith(test, LACK, 'resized in flight it is what it would have been', () =>
	inTerminal([200, 60], async (terminal) => {
		terminal.type(HELD);
		await terminal.until(FULL);
		terminal.resize(80, 24);
		await sleep(2500);
		const golden = join(import.meta.dirname, '..', 'golden', 'board-screen', '80x24.txt');
		assert.is(dateless(terminal.screen()), readFileSync(golden, 'utf8'));
		terminal.resize(100, 30);
		await terminal.until(FULL);
	}),
);

testWith(test, LACK, 'keys: another line, an attribute, a filter, help, freezing', () =>
	inTerminal([100, 30], async (terminal) => {
		terminal.type(HELD);
		await terminal.until(/> cpu-lat/);
		terminal.press('j');
		await terminal.until(/> memory[\s\S]*─ memory[\s\S]*now \d+ MiB/);
		terminal.press('a');
		await terminal.until(/comm=nginx[\s\S]*comm=postgres[\s\S]*comm=node/);
		terminal.press('/', 'p', 'o', 's', 't', 'Enter');
		await terminal.until(/> cpu-lat comm=postgres/);
		assert.not.match(terminal.screen(), /comm=nginx/);
		terminal.press('Escape');
		await terminal.until(/comm=nginx/);
		terminal.press(' ');
		await terminal.until(/FROZEN/);
		terminal.press(' ', '?');
		await terminal.until(/What the keys do/);
		terminal.press('x');
		await terminal.until(/> cpu-lat/);
	}),
);

/** The shell goes on as before: its cursor, its lines, its echo. */
const isAsBefore = async (terminal: Terminal): Promise<void> => {
	await terminal.until(/^before$/m);
	await terminal.until(/ready>$/m);
	assert.equal(terminal.state(), { hasCursor: true, isAlternate: false });
	terminal.type('stty -a | grep -o -e "-echo " -e "-icanon" ; echo asked');
	assert.not.match(await terminal.until(/^asked$/m), /^-(echo|icanon)/m);
};

for (const [how, end] of [
	['q', async (terminal) => terminal.press('q')],
	['Ctrl-C', async (terminal) => terminal.press('C-c')],
	['TERM', async (_, pidFile) => void process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGTERM')],
	['a bug', async (_, pidFile) => void process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGUSR2')],
] as [string, (terminal: Terminal, pidFile: string) => Promise<void>][])
	testWith(test, LACK, `whatever ends it, the terminal is as before: ${how}`, () =>
		inTerminal([80, 24], async (terminal) => {
			const pidFile = join(folder, `pid-${how.replace(' ', '-')}`);
			// An uncaught error, as a bug would be.
			const hook = join(folder, 'hook.cjs');
			writeFileSync(hook, "process.on('SIGUSR2', () => { throw new Error('as a bug'); });");
			terminal.type('echo before');
			await terminal.until(/^before$/m);
			const program = `sh -c 'echo $$ > ${pidFile}; exec ${process.execPath} -r ${hook} ${bundleOf('board')}'`;
			terminal.type(`(cat ${FILE}; sleep 5) | ${program}`);
			await terminal.until(/> cpu-lat/);
			await sleep(300);
			await end(terminal, pidFile);
			await sleep(how === 'Ctrl-C' ? 500 : 5500);
			await isAsBefore(terminal);
		}),
	);

testWith(test, LACK, 'after the end of its input it stays, and keys still need no Enter', () =>
	inTerminal([80, 24], async (terminal) => {
		// A program of ours before it puts the terminal back to lines with echo when it ends.
		terminal.type(`cat ${FILE} | ${process.execPath} ${bundleOf('every')} 1s --event-time | ${BOARD}`);
		await terminal.until(/INPUT ENDED/);
		await sleep(1500);
		terminal.press('j');
		await terminal.until(/> memory/);
		assert.not.match(terminal.screen(), /^j/m);
		terminal.press('q');
		await terminal.until(/^ready>$/m);
	}),
);

testWith(test, LACK, 'stopped and brought back', () =>
	inTerminal([80, 24], async (terminal) => {
		terminal.type(HELD);
		await terminal.until(/> cpu-lat/);
		terminal.press('C-z');
		await terminal.until(/Stopped/);
		assert.equal(terminal.state(), { hasCursor: true, isAlternate: false });
		terminal.type('fg');
		await terminal.until(FULL);
		assert.equal(terminal.state(), { hasCursor: false, isAlternate: true });
	}),
);

testWith(test, LACK, 'what is wrong with the input is told in the last line, and again when it is over', () =>
	inTerminal([100, 24], async (terminal) => {
		terminal.type(`(cat ${FILE}; echo nonsense; sleep 60) | ${BOARD}`);
		await terminal.until(/not a record: "nonsense"/);
		assert.match(terminal.screen(), /> cpu-lat/);
		terminal.press('q');
		await terminal.until(/^board: warning: <stdin>:\d+: not a record: "nonsense"/m);
	}),
);

test.run();
