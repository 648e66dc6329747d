#!/usr/bin/env node
// append-log - append what it reads to a log file, with a line of the time before each burst
//
// usage:  append-log FILE [--max-size SIZE [--keep N]] [--sync INTERVAL] [--ack ACKFILE]
//   --max-size SIZE   rotate by itself: FILE to FILE.1, FILE.1 to FILE.2 ... before it grows beyond SIZE
//                     (64K, 100M, 1G); for machines without logrotate
//   --keep N          old files that stay with --max-size (5)
//   --sync INTERVAL   make what is written survive a loss of power, every INTERVAL (1s); off by default, since
//                     the kernel writes by itself within about 30 s and that much is what a power cut then costs
//   --ack ACKFILE     put `#!pos` barriers into ACKFILE once all before them is durable, instead of writing them
//                     to FILE; BPFPIPE_ACK in the environment means the same
// stdin:  any lines        stdout: nothing
//
// Lines arrive in the file untouched; an unfinished one at the end of input gets its newline.
//
//   printf '@us:\n[0]  3\n' | append-log cpu-lat.log     leaves in cpu-lat.log
//
//   #!ts 1763712000.250
//   @us:
//   [0]  3
//
// The time is written before the first line after 100 ms of silence, and once a second in a stream that is never
// silent (after an empty line, where it can). A source that prints `#!ts` lines itself keeps its own and gets none.
//
// HUP opens FILE again, so logrotate's `create` with a HUP loses nothing; each new file starts with a `#!ts` line.
// A renamed FILE is written to until then. A removed one is made again within two seconds.
// A full disk stops it, not the lines: it tries again every second, says so, and goes on where it stopped.
// TERM on a full disk waits 4 s more, then ends with 75 and says how many bytes were not written.
// FILE is made with mode 0640; its folder must exist (69) and be writable (77).

import { ackFileOf } from './lib/disk/ack.ts';
import { EXIT, Failure } from './lib/failure.ts';
import { linesIn } from './lib/lines.ts';
import { acknowledgingWrite } from './lib/log-file/barrier-ack.ts';
import { createLogFile, type LogFile } from './lib/log-file/log-file.ts';
import { limitedWrite } from './lib/log-file/size-limit.ts';
import { createStamps } from './lib/log-file/stamps.ts';
import { byteSize, positiveDuration, whole } from './lib/options.ts';
import { stage } from './lib/stage.ts';

const CHECK_MS = 1000;
// Smaller files than this would rotate with every read from the pipe.
const SMALLEST_MAX = 4096;

const OPTIONS = {
	'max-size': { type: 'string' },
	keep: { type: 'string' },
	sync: { type: 'string' },
	ack: { type: 'string' },
} as const;

/** The size to rotate at, in bytes, or 0 for never. */
export const maxSize = (text: string | undefined): number => {
	const size = text === undefined ? 0 : byteSize(text, '--max-size');
	if (text !== undefined && size < SMALLEST_MAX) {
		throw new Failure(EXIT.usage, `--max-size: "${text}" is less than ${SMALLEST_MAX} bytes`);
	}
	return size;
};

/** A `write` that adds the times; it says when it is done, for silence counts from there. */
const stamped = (write: LogFile['write']): LogFile['write'] => {
	const stamps = createStamps();
	return (bytes) => {
		const done = write(stamps.take(bytes, { mono: performance.now(), wall: Date.now() }));
		if (done === undefined) return stamps.done(performance.now());
		return done.then(() => stamps.done(performance.now()));
	};
};

stage(import.meta, { options: OPTIONS, args: [1, 1] }, ({ options, args, log, count }) => {
	const path = args[0]!;
	const maxBytes = maxSize(options['max-size']);
	const keep = whole(options.keep ?? '5', '--keep', 1, 10_000);
	const interval = options.sync === undefined ? 0 : positiveDuration(options.sync, '--sync');
	const ack = ackFileOf(options.ack);
	const stop = new AbortController();
	process.once('SIGTERM', () => stop.abort());
	const sync = interval > 0 || ack !== undefined;
	const file = createLogFile({ path, sync, log, count, stop: stop.signal });
	const write = stamped(maxBytes > 0 ? limitedWrite(file, { path, maxBytes, keep, log, count }) : file.write);
	const take = ack === undefined ? write : acknowledgingWrite(file, write, ack);
	setInterval(file.check, CHECK_MS).unref();
	if (interval > 0) setInterval(file.flush, interval).unref();

	return {
		lines: (bytes) => {
			count('in', linesIn(bytes));
			return take(bytes);
		},
		end: file.close,
		reopen: () => file.reopen('on HUP'),
	};
});
