// bench/chain: the whole main job over a log, from bpftrace-tail to Graphite lines, stage by stage and together
// usage:  node --import tsx test/bench/chain.ts [MEGABYTES] [ROUNDS]
//
// The peers: mawk doing in one program what the chain does in four, the last print of each 15 s as Graphite lines; and
// Telegraf tailing the same log, a line for each row. Then each stage alone, over what it reads, in MB of that.

import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasCommand } from '../parts.ts';
import { bundleOf, cleanEnv } from '../program.ts';
import { telegrafLacks, telegrafOver } from '../servers/telegraf.ts';
import { generate } from './parts/input.ts';
import { sizes } from './parts/sizes.ts';

const [MEGABYTES, ROUNDS] = sizes([200, 5], [5, 1]) as [number, number];
const MB = 1e6;

const node = (name: string, args = '') => `"${process.execPath}" "${bundleOf(name)}" ${args}`;
const TAIL = (path: string) => node('bpftrace-tail', `--once "${path}"`);
const PARSE = node('parse-histogram', '--host h --metric cpu-lat --unit us');
const EVERY = node('every', '15s --event-time');
const LINE = node('graphite-line');

const AWK = `
function number(text,   unit) {
	unit = index("KMGTPE", substr(text, length(text)))
	return unit ? sprintf("%.0f", substr(text, 1, length(text) - 1) * 1024 ^ unit) : text
}
function flush(   i) { for (i = 0; i < n; i++) print "h.cpu-lat." lower[i], count[i], step }
/^#!ts/ { at = $2; next_step = at % 15 ? at - at % 15 + 15 : at; if (next_step != step && n) flush(); step = next_step; next }
/^@/ { n = 0; next }
/^[[(]/ {
	end = match($0, /[])]/)
	label = substr($0, 2, end - 2)
	if (!(label in known)) { comma = index(label, ","); known[label] = number(comma ? substr(label, 1, comma - 1) : label) }
	lower[n] = known[label]
	count[n++] = substr($0, end + 1) + 0
}
END { flush() }`;

const seconds = (command: string) => (): Promise<number> =>
	new Promise((resolve, reject) => {
		const from = performance.now();
		const shell = spawn('sh', ['-c', command], { stdio: ['ignore', 'ignore', 'inherit'], env: cleanEnv() });
		shell.on('error', reject);
		shell.on('exit', (code) => {
			if (code === 0) resolve((performance.now() - from) / 1000);
			else reject(new Error(`exit code ${code}: ${command}`));
		});
	});
const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]!;

/** The median time of each, all taken in turns. */
const inTurns = async (contenders: Record<string, () => Promise<number>>): Promise<Map<string, number>> => {
	const times = new Map(Object.keys(contenders).map((name): [string, number[]] => [name, []]));
	for (let round = 0; round < ROUNDS; round++)
		for (const [name, measure] of Object.entries(contenders)) times.get(name)!.push(await measure());
	return new Map([...times].map(([name, list]) => [name, median(list)]));
};

/** Rows of histograms in a log. */
const rowsIn = (path: string): number =>
	Number(execFileSync('grep', ['-c', '^[[(]', path], { encoding: 'utf8' }));

const alone = async (folder: string, log: string) => {
	const [records, stepped] = [join(folder, 'records'), join(folder, 'stepped')];
	await seconds(`${PARSE} < "${log}" > "${records}"`)();
	await seconds(`${EVERY} < "${records}" > "${stepped}"`)();
	const times = await inTurns({
		every: seconds(`${EVERY} < "${records}"`),
		'to-hollow': seconds(`${node('to-hollow')} < "${records}"`),
		'graphite-line': seconds(`${LINE} < "${stepped}"`),
	});
	for (const [name, time] of times) {
		const bytes = statSync(name === 'graphite-line' ? stepped : records).size / MB;
		console.log(
			`${`${name} alone`.padEnd(22)} ${(bytes / time).toFixed(0).padStart(4)} MB/s of ${bytes.toFixed(0)} MB of records`,
		);
	}
};

const folder = mkdtempSync(join(tmpdir(), 'bpfpipe-bench-'));
try {
	const path = join(folder, 'log');
	const lines = generate(path, MEGABYTES * MB);
	const size = statSync(path).size / MB;
	const contenders: Record<string, () => Promise<number>> = {
		tail: seconds(`${TAIL(path)}`),
		'tail | parse': seconds(`${TAIL(path)} | ${PARSE}`),
		'tail | parse | every': seconds(`${TAIL(path)} | ${PARSE} | ${EVERY}`),
		'the whole chain': seconds(`${TAIL(path)} | ${PARSE} | ${EVERY} | ${LINE}`),
		...(hasCommand('mawk') ? { 'cat | mawk': seconds(`cat "${path}" | mawk '${AWK}'`) } : {}),
		...(telegrafLacks() ? {} : { Telegraf: () => telegrafOver(path, rowsIn(path)) }),
	};
	if (telegrafLacks()) console.log(`skipped: ${telegrafLacks()}`);
	const times = await inTurns(contenders);
	console.log(`${size.toFixed(0)} MB, ${lines} lines, median of ${ROUNDS}`);
	const against = (time: number) =>
		['cat | mawk', 'Telegraf']
			.filter((peer) => times.has(peer))
			.map((peer) => `, ${(times.get(peer)! / time).toFixed(2)} x ${peer.replace('cat | ', '')}`)
			.join('');
	for (const [name, time] of times) {
		console.log(
			`${name.padEnd(22)} ${(size / time).toFixed(0).padStart(4)} MB/s, ${(lines / time / 1e6).toFixed(2)} million lines/s${against(time)}`,
		);
	}
	await alone(folder, path);
} finally {
	rmSync(folder, { recursive: true });
}
