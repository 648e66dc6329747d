#!/usr/bin/env node
// replay - print a recorded session again, at its own pace, marked as sample data
//
// usage:  replay FILE [--speed 10] [--loop] [--as-recorded]
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
		do {
			let before = bursts[0]!.ms;
			for (const { ms, start, text } of bursts) {
				const wait = speed === 0 ? 0 : Math.max(0, ms - before) / speed;
				await sleep(wait, undefined, { signal }).catch(() => {});
				if (signal.aborted) return;
				before = ms;
				const at = options['as-recorded'] ? ms : Date.now();
				const since = start === undefined ? '' : `${startLine(start + at - ms)}\n`;
				output.bytes(Buffer.from(`${timeLine(at, true)}\n${since}${text}`, 'latin1'));
				await output.room();
			}
			// The recording does not say how long its last burst stood; a second keeps a loop from spinning.
			if (options.loop && speed > 0) await sleep(1000 / speed, undefined, { signal }).catch(() => {});
		} while (options.loop && !signal.aborted);
	},
);
