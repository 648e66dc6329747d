#!/usr/bin/env node
// replay - print a recorded session again, at its own pace, marked as sample data
//
// usage:  replay FILE [--speed 10] [--loop | --by-clock] [--as-recorded]
// stdin:  not read        stdout: the lines of FILE; its `#!ts` lines set the pace
//
//   #!ts 1795258703.361410        in the recording becomes
//   #!ts 1795259000.120 synthetic
// the time of now, and the mark that makes every record after it carry "synthetic":true.
//
// A `#!start` line, which says since when a print counts, is moved by as much as the time before it.
//
//   --speed N        N times as fast as it was recorded (default 1); 0 = as fast as the reader takes it
//   --loop           start again at the end, for ever
//   --by-clock       the same, but at the place that the time of day says: one that is ended and started again goes on, as a
//                    fallback has to, whose primary is tried again and again
//   --as-recorded    keep the recorded times; the mark is set all the same
//
// The mark cannot be switched off: what comes from a recording must never pass for a measurement.
// A recording is any log with `#!ts` lines, for instance what append-log wrote.

import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { about, EXIT, Failure } from './lib/failure.ts';
import { parseControl, startLine, timeLine } from './lib/record.ts';
import { source } from './lib/source.ts';

/** A stretch of the recording: when it was printed, in milliseconds, and its lines but for a `#!start` at once behind. */
export type Burst = { ms: number; start?: number; text: string };

// What a reader takes for a time line: also behind the NULs of a truncation or the codes of a cleared screen, and
// where a script printed it under `-f json`. Each of them would take the mark away.
const CODES = '(?:\\0|\\x1b(?:\\[[0-9;?]*[A-Za-z]|c))*';
const TIME = new RegExp(
	`^${CODES}(?:\\{"type": ?"[a-z]+", ?"(?:data|msg)": ?")?(#!ts [\\d.]+(?: synthetic)?)(?:\\\\n"\\})?\\s*$`,
);
const TIME_IN_JSON = /(?<=["n])#!ts \d{1,13}(?:\.\d{1,9})?(?! synthetic)(?!\d|\.)/g;

const timeOf = (line: string): number | undefined => {
	const match = line.includes('#!ts ') ? TIME.exec(line) : null;
	const control = match ? parseControl(match[1]!) : undefined;
	return control?.kind === 'ts' ? control.ms : undefined;
};

const marked = (line: string): string =>
	line.startsWith('{"type"') ? line.replace(TIME_IN_JSON, '$& synthetic') : line;

/** A recording, each byte a character, cut at its `#!ts` lines; what stands before the first of them is left out. */
export const burstsOf = (recording: string): Burst[] => {
	const bursts: { ms: number; start?: number; lines: string[] }[] = [];
	for (const line of recording.split(/(?<=\n)/)) {
		const ms = timeOf(line);
		const last = bursts.at(-1);
		const start = line.startsWith('#!start ') ? parseControl(line) : undefined;
		if (ms !== undefined) bursts.push({ ms, lines: [] });
		else if (start?.kind === 'start' && last?.lines.length === 0) last.start = start.ms;
		else last?.lines.push(marked(line));
	}
	return bursts.map(({ lines, ...burst }) => ({ ...burst, text: lines.join('') }));
};

// The recording does not say how long its last burst stood.
const LAST_STANDS_MS = 1000;

/** How long after the first burst each comes. */
export const offsetsOf = (bursts: Burst[]): number[] => {
	let [offset, before] = [0, bursts[0]!.ms];
	return bursts.map(({ ms }) => {
		offset += Math.max(0, ms - before);
		before = ms;
		return offset;
	});
};

const speedOf = (text: string): number => {
	const speed = Number(text);
	if (text.trim() !== '' && speed >= 0 && speed < Number.POSITIVE_INFINITY) return speed;
	throw new Failure(EXIT.usage, `--speed: "${text}" is not a number, 0 or more`);
};

source(
	import.meta,
	{
		options: {
			speed: { type: 'string', default: '1' },
			loop: { type: 'boolean' },
			'by-clock': { type: 'boolean' },
			'as-recorded': { type: 'boolean' },
		},
		args: [1, 1],
	},
	async ({ options, args, output, signal }) => {
		const file = args[0]!;
		const speed = speedOf(options.speed!);
		const bursts = burstsOf(about(file, () => readFileSync(file, 'latin1')));
		if (bursts.length === 0)
			throw new Failure(EXIT.config, `${file}: no "#!ts" line in it, so it has no pace`);
		const byClock = options['by-clock'] === true;
		if (byClock && speed === 0) throw new Failure(EXIT.usage, '--by-clock: --speed 0 goes by no clock');
		const offsets = offsetsOf(bursts);
		const lap = offsets.at(-1)! + LAST_STANDS_MS;
		const begun = Date.now();
		const epoch = byClock ? 0 : begun;
		const lapNow = () => Math.floor(((Date.now() - epoch) * speed) / lap);
		for (let at = byClock ? lapNow() : 0; ; at = Math.max(at + 1, lapNow())) {
			for (const [index, { ms, start, text }] of bursts.entries()) {
				const due = speed === 0 ? Date.now() : Math.round(epoch + (at * lap + offsets[index]!) / speed);
				if (byClock && due < begun) continue;
				await sleep(Math.max(0, due - Date.now()), undefined, { signal }).catch(() => {});
				if (signal.aborted) return;
				const ts = options['as-recorded'] ? ms : due;
				const since = start === undefined ? '' : `${startLine(start + ts - ms)}\n`;
				output.bytes(Buffer.from(`${timeLine(ts, true)}\n${since}${text}`, 'latin1'));
				await output.room();
			}
			if (!options.loop && !byClock) return;
		}
	},
);
