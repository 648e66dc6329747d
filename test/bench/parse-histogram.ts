// bench/parse-histogram: our bundle, mawk doing the same parse, and a loop that only counts newlines, side by side
// usage:  node --import tsx test/bench/parse-histogram.ts [MEGABYTES] [ROUNDS]
//
// Every program reads the same file down a pipe from cat, in turns, and the median of the rounds is printed.

import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasCommand } from '../parts.ts';
import { bundleOf } from '../program.ts';
import { generate } from './parts/input.ts';
import { sizes } from './parts/sizes.ts';

const [MEGABYTES, ROUNDS] = sizes([200, 5], [5, 1]) as [number, number];
const MB = 1e6;

// Lines split, suffixes resolved, one record per block: what this filter does, without its checks.
const AWK = String.raw`
function number(text,   unit) {
	unit = index("KMGTPE", substr(text, length(text)))
	return unit ? sprintf("%.0f", substr(text, 1, length(text) - 1) * 1024 ^ unit) : text
}
function bounds(label,   inner, comma) {
	inner = substr(label, 2, length(label) - 2)
	comma = index(inner, ", ")
	if (!comma) return "[" number(inner) "," sprintf("%.0f", number(inner) + 1) ","
	lower = substr(inner, 1, comma - 1); upper = substr(inner, comma + 2)
	return "[" (lower == "..." ? "null" : number(lower)) "," (upper == "..." ? "null" : number(upper)) ","
}
/^[[(]/ {
	end = match($0, /[])]/)
	label = substr($0, 1, end)
	if (!(label in known)) known[label] = bounds(label)
	buckets = buckets (buckets == "" ? "" : ",") known[label] (substr($0, end + 1) + 0) "]"
	next
}
/^$/ {
	if (name != "") print "{\"type\":\"histogram\",\"ts\":" ts ",\"host\":\"h\",\"metric\":\"" name "\",\"unit\":\"us\",\"attributes\":{},\"temporality\":\"cumulative\",\"buckets\":[" buckets "]}"
	name = ""
	next
}
/^@/ { name = substr($0, 2, index($0, ":") - 2); buckets = ""; next }
/^#!ts/ { ts = sprintf("%.0f", $2 * 1000); print }
`;
const COUNT_NEWLINES = `let n = 0;
process.stdin.on('data', (b) => { for (let i = b.indexOf(10); i >= 0; i = b.indexOf(10, i + 1)) n++; });
process.stdin.on('end', () => console.log(n));`;

type Contender = { name: string; command: string; args: string[] };
const ours = {
	name: 'parse-histogram',
	command: process.execPath,
	args: [bundleOf('parse-histogram'), '--host', 'h', '--unit', 'us'],
};
const contenders: Contender[] = [
	ours,
	...(hasCommand('mawk') ? [{ name: 'mawk', command: 'mawk', args: [AWK] }] : []),
	{ name: 'count newlines', command: process.execPath, args: ['-e', COUNT_NEWLINES] },
];

/** Seconds that a program takes for the file, and a digest of what it printed. */
const once = ({ command, args }: Contender, path: string): Promise<{ seconds: number; digest: string }> =>
	new Promise((resolve, reject) => {
		const from = performance.now();
		const shell = spawn('sh', ['-c', 'cat "$0" | "$@"', path, command, ...args], {
			stdio: ['ignore', 'pipe', 'inherit'],
		});
		const hash = createHash('sha1');
		shell.stdout.on('data', (chunk: Buffer) => hash.update(chunk));
		shell.on('error', reject);
		shell.on('close', () =>
			resolve({ seconds: (performance.now() - from) / 1000, digest: hash.digest('hex') }),
		);
	});

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]!;

/** write(2) calls of our bundle over the whole file, counted by the kernel. */
const writeCalls = (path: string): number | undefined => {
	if (!hasCommand('strace')) return undefined;
	const trace = ['-f', '-qq', '-c', '-e', 'trace=write,writev'];
	const script = 'cat "$0" | strace "$@" | cat > /dev/null';
	const { stderr } = spawnSync('sh', ['-c', script, path, ...trace, ours.command, ...ours.args], {
		encoding: 'utf8',
	});
	return [...stderr.matchAll(/^\s*\S+\s+\S+\s+\S+\s+(\d+).* writev?$/gm)].reduce(
		(all, [, n]) => all + Number(n),
		0,
	);
};

const folder = mkdtempSync(join(tmpdir(), 'bpfpipe-bench-'));
try {
	const path = join(folder, 'input');
	const lines = generate(path, MEGABYTES * MB);
	const size = statSync(path).size / MB;
	const times = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
	const digests = new Map<string, string>();
	for (let round = 0; round < ROUNDS; round++) {
		for (const contender of contenders) {
			const { seconds, digest } = await once(contender, path);
			times.get(contender.name)!.push(seconds);
			digests.set(contender.name, digest);
		}
	}
	console.log(`${size.toFixed(0)} MB, ${lines} lines, median of ${ROUNDS}`);
	for (const [name, seconds] of times) {
		const time = median(seconds);
		const speed = `${(size / time).toFixed(0)} MB/s, ${(lines / time / 1e6).toFixed(2)} million lines/s`;
		const against = times.has('mawk') ? `, ${(median(times.get('mawk')!) / time).toFixed(2)} x mawk` : '';
		console.log(`${name.padEnd(16)} ${speed}${against}`);
	}
	const same = !digests.has('mawk') || digests.get('mawk') === digests.get('parse-histogram');
	console.log(same ? 'output: the same bytes' : 'output: DIFFERENT');
	const calls = writeCalls(path);
	if (calls !== undefined) console.log(`write calls: ${calls}, ${(calls / size).toFixed(1)} per MB of input`);
} finally {
	rmSync(folder, { recursive: true });
}
