// bench/chain: the whole main job over a log, from bpftrace-tail to Graphite lines, stage by stage and together
// usage:  node --import tsx test/bench/chain.ts [MEGABYTES] [ROUNDS]
//
// The peer is mawk doing in one program what the chain does in four: the last print of each 15 s as Graphite lines.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasCommand } from '../parts.ts';
import { bundleOf, cleanEnv } from '../program.ts';
import { generate } from './input.ts';
import { sizes } from './sizes.ts';

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

const seconds = (command: string): Promise<number> =>
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

const folder = mkdtempSync(join(tmpdir(), 'bpfpipe-bench-'));
try {
	const path = join(folder, 'log');
	const lines = generate(path, MEGABYTES * MB);
	const size = statSync(path).size / MB;
	const contenders: Record<string, string> = {
		tail: `${TAIL(path)}`,
		'tail | parse': `${TAIL(path)} | ${PARSE}`,
		'tail | parse | every': `${TAIL(path)} | ${PARSE} | ${EVERY}`,
		'the whole chain': `${TAIL(path)} | ${PARSE} | ${EVERY} | ${LINE}`,
		...(hasCommand('mawk') ? { 'cat | mawk': `cat "${path}" | mawk '${AWK}'` } : {}),
	};
	const times = new Map(Object.keys(contenders).map((name): [string, number[]] => [name, []]));
	for (let round = 0; round < ROUNDS; round++) {
		for (const [name, command] of Object.entries(contenders)) times.get(name)!.push(await seconds(command));
	}
	console.log(`${size.toFixed(0)} MB, ${lines} lines, median of ${ROUNDS}`);
	const peer = times.has('cat | mawk') ? median(times.get('cat | mawk')!) : undefined;
	for (const [name, list] of times) {
		const time = median(list);
		const against = peer === undefined ? '' : `, ${(peer / time).toFixed(2)} x mawk`;
		console.log(
			`${name.padEnd(22)} ${(size / time).toFixed(0).padStart(4)} MB/s, ${(lines / time / 1e6).toFixed(2)} million lines/s${against}`,
		);
	}
} finally {
	rmSync(folder, { recursive: true });
}
