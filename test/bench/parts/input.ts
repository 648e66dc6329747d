// bench/parts/input: a cumulative latency log as large as wanted, as cpu-lat.bt prints it

import { closeSync, openSync, writeSync } from 'node:fs';

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

/** A log of at least `size` bytes at `path`, the same each time; the answer is its number of lines. */
export const generate = (path: string, size: number): number => {
	const file = openSync(path, 'w');
	const counts = Array.from({ length: 26 }, () => 0);
	let written = 0;
	let lines = 0;
	for (let ts = 1_763_712_000; written < size; ) {
		let text = '';
		while (text.length < MB) {
			for (let at = 0; at < counts.length; at++)
				counts[at]! += ((ts * 31 + at * 17) % 97) * (at < 13 ? at : 2);
			text += block(ts++, counts);
			lines += counts.length + 3;
			if (counts[12]! > 90_000_000) counts.fill(1);
		}
		written += writeSync(file, text);
	}
	closeSync(file);
	return lines;
};
