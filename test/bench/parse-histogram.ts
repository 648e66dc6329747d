// bench/parse-histogram: our bundle, mawk doing the same parse, and a loop that only counts newlines, side by side
// usage:  node --import tsx test/bench/parse-histogram.ts [MEGABYTES] [ROUNDS]
//
// Every program reads the same file down a pipe from cat, in turns, and the median of the rounds is printed.

import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasCommand } from '../parts.ts';
import { bundleOf } from '../program.ts';

const MEGABYTES = Number(process.argv[2] ?? 200);
const ROUNDS = Number(process.argv[3] ?? 5);
const MB = 1e6;

const label = (exponent: number): string => {
	const scaled = (value: number) => {
		const power = Math.min(Math.floor(Math.log2(value) / 10), 6);
		return power < 1 ? `${value}` : `${value / 1024 ** power}${' KMGTPE'[power]}`;
	};
	if (exponent < 2) return `[${exponent}]`;
	return `[${scaled(2 ** (exponent - 1))}, ${scaled(2 ** exponent)})`;
};

/** One print of a cumulative latency histogram, as bpftrace 0.23 and later write it. */
const block = (ts: number, counts: number[]): string => {
	const largest = Math.max(...counts);
	const row = (count: number, at: number) => {
		const bar = '@'.repeat(Math.floor((52 * count) / largest)).padEnd(52);
		return `${label(at).padEnd(16)}${String(count).padStart(8)} |${bar}|\n`;
	};
	return `#!ts ${ts}\n@usecs:\n${counts.map(row).join('')}\n`;
};

const generate = (path: string): void => {
	const file = openSync(path, 'w');
	const counts = Array.from({ length: 26 }, () => 0);
	let written = 0;
	for (let ts = 1_763_712_000; written < MEGABYTES * MB; ) {
		let text = '';
		while (text.length < MB) {
			for (let at = 0; at < counts.length; at++)
				counts[at]! += ((ts * 31 + at * 17) % 97) * (at < 13 ? at : 2);
			text += block(ts++, counts);
			if (counts[12]! > 90_000_000) counts.fill(1);
		}
		written += writeSync(file, text);
	}
	closeSync(file);
};

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
	generate(path);
	const size = statSync(path).size / MB;
	const lines = Number(spawnSync('wc', ['-l', path], { encoding: 'utf8' }).stdout.split(' ')[0]);
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
