#!/usr/bin/env node
// bpftrace-tail - follow a log through rotation, truncation and restarts, and print its lines
//
// usage:  bpftrace-tail [FILE] [-f FILE] [--from-start | --since 1h] [--once] [--ack ACKFILE]
//   FILE, -f, --file FILE   the log (/var/log/cpu-lat.log)
//   --from-start            begin at the start of FILE, not at its end
//   --once                  begin at the start, stop at the end of FILE, and print `#!end` last
//   --since 1h              begin at the first `#!ts` not older than that, in a rotated file too
//   --since-bytes 64M       but go no further back than so many bytes; where that cuts, notice `short_history`
//   --ack ACKFILE           (or BPFPIPE_ACK) begin where ACKFILE says, if it exists, and print barriers
// stdin:  not read        stdout: the lines of the log, and notices
//
//   printf '#!ts 1763712000\n@us:\n[0]  3\n' > cpu-lat.log; bpftrace-tail --once cpu-lat.log     prints
//
//   #!ts 1763712000
//   @us:
//   [0]  3
//
// A barrier, `#!pos {...}`, stands where reading may begin again: before `#!ts` lines, and at the end after 200 ms without
// more. A sink puts into ACKFILE the last one of which it has delivered everything before.
//
// A renamed file is read until it has been quiet for 1 s and the new one has lines. After a restart the files NAME.2,
// NAME.1 ... (or NAME-20260102 ...) are gone through in order, beside the log and in an `olddir` below its folder. A
// truncated log (`copytruncate`) is read on in its copy. What may be missing is a notice in its place:
//   {"type":"notice","ts":1763712000000,"host":"web1","kind":"lost_window","detail":"..."}
// or kind `truncated` (no copy was found), or `unreadable` (a rotated file is compressed, so use `delaycompress`, or is
// not ours to read). A line over 1 MiB is skipped, a hole of NULs is stepped over (`nul_bytes`), and half a line at the
// end of a rotated file gets its newline (`torn`). A log that does not exist is waited for; one that may not be read
// ends it with 77.

import { basename, resolve } from 'node:path';
import { ackFileOf, readAck } from './lib/disk/ack.ts';
import { EXIT, Failure } from './lib/failure.ts';
import { source } from './lib/source.ts';
import { logPosition } from './lib/tail/position.ts';
import { sinceOf } from './lib/tail/since.ts';
import { tailLog } from './lib/tail/tail.ts';
import { firstTimeSince } from './lib/time-lines.ts';

const DEFAULT_LOG = '/var/log/cpu-lat.log';

const OPTIONS = {
	file: { type: 'string', short: 'f' },
	'from-start': { type: 'boolean' },
	once: { type: 'boolean' },
	since: { type: 'string' },
	'since-bytes': { type: 'string', default: '64M' },
	ack: { type: 'string' },
	// Of graphite-client, which was all of a pipeline.
	metric: { type: 'string', short: 'm' },
	uri: { type: 'string' },
} as const;

const NOW =
	'bpftrace-tail -f FILE | parse-histogram -m NAME | every 15s | graphite-line | graphite-send --uri HOST';

/** Refuse what graphite-client took and this program does not, with what to write now. */
export const refuseMoved = ({ metric, uri }: { metric?: string; uri?: string }): void => {
	if (metric === undefined && uri === undefined) return;
	const moved =
		metric === undefined ? '--uri is an option of graphite-send' : '-m is an option of parse-histogram';
	throw new Failure(EXIT.usage, `${moved}; write: ${NOW} (MIGRATING.md)`);
};

/** The log to follow: given once, as an argument or as an option, or the default. */
export const logPath = (argument: string | undefined, option: string | undefined): string => {
	if (argument !== undefined && option !== undefined) {
		throw new Failure(EXIT.usage, 'FILE is given twice, as an argument and with --file');
	}
	return resolve(argument ?? option ?? DEFAULT_LOG);
};

source(import.meta, { options: OPTIONS, args: [0, 1] }, async (context) => {
	const { options, args } = context;
	refuseMoved(options);
	const path = logPath(args[0], options.file);
	const ackFile = ackFileOf(options.ack);
	const acked = ackFile === undefined ? undefined : readAck(ackFile);
	const since = sinceOf(options, firstTimeSince, Date.now());
	await tailLog(context, {
		path,
		fromStart: options['from-start'] === true,
		once: options.once === true,
		barriers: ackFile !== undefined,
		from: acked && ackFile ? logPosition(acked, basename(path), ackFile) : undefined,
		since,
		output: context.output,
	});
});
