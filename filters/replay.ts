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
//   --speed N        N times as fast as it was recorded (default 1); 0 = as fast as the reader takes it
//   --loop           start again at the end, for ever
//   --as-recorded    keep the recorded times; the mark is set all the same
//
// The mark cannot be switched off: what comes from a recording must never pass for a measurement.
// A recording is any log with `#!ts` lines, for instance what append-log wrote.

import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT, Failure } from './lib/failure.ts';
import { parseControl, timeLine } from './lib/record.ts';
import { source } from './lib/source.ts';

/** A stretch of the recording: when it was printed, in milliseconds, and its lines. */
export type Burst = { ms: number; text: string };

/** A recording cut at its `#!ts` lines; what stands before the first of them is left out. */
export const burstsOf = (recording: string): Burst[] =>
	recording.split(/^(?=#!ts )/m).flatMap((piece) => {
		const end = piece.indexOf('\n') + 1;
		const control = parseControl(piece.slice(0, end || undefined).trimEnd());
		return control.kind === 'ts' ? [{ ms: control.ms, text: end > 0 ? piece.slice(end) : '' }] : [];
	});

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
		const bursts = burstsOf(readFileSync(file, 'utf8'));
		if (bursts.length === 0)
			throw new Failure(EXIT.config, `${file}: no "#!ts" line in it, so it has no pace`);
		do {
			let before = bursts[0]!.ms;
			for (const { ms, text } of bursts) {
				const wait = speed === 0 ? 0 : Math.max(0, ms - before) / speed;
				await sleep(wait, undefined, { signal }).catch(() => {});
				if (signal.aborted) return;
				before = ms;
				const at = options['as-recorded'] ? ms : Date.now();
				output.text(`${timeLine(at, true)}\n${text}`);
				await output.room();
			}
			// The recording does not say how long its last burst stood; a second keeps a loop from spinning.
			if (options.loop && speed > 0) await sleep(1000 / speed, undefined, { signal }).catch(() => {});
		} while (options.loop && !signal.aborted);
	},
);
