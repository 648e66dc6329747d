#!/usr/bin/env node
// bpftrace-tail - follow a log through rotation, truncation and restarts, and print its lines
//
// usage:  bpftrace-tail [FILE] [-f FILE] [--from-start | --once] [--ack ACKFILE]
//   FILE, -f, --file FILE   the log (/var/log/cpu-lat.log)
//   --from-start            begin at the start of FILE, not at its end
//   --once                  begin at the start, stop at the end of FILE
//   --ack ACKFILE           begin where ACKFILE says (if it exists, else as above), and print barriers;
//                           BPFPIPE_ACK in the environment means the same
// stdin:  not read        stdout: the lines of the log, and notices
//
//   printf '#!ts 1763712000\n@us:\n[0]  3\n' > cpu-lat.log; bpftrace-tail --once cpu-lat.log     prints
//
//   #!ts 1763712000
//   @us:
//   [0]  3
//
// and with --ack, where it may begin again, `#!pos {...}` lines: before `#!ts` lines, and at the end after 200 ms
// without more. A sink puts into ACKFILE the last one of which it has delivered everything before.
//
// Rotation by rename (logrotate `create`) loses nothing: the old file is read until it has been quiet for 1 s and
// the new one has lines. After a restart the files NAME.2, NAME.1 ... (or NAME-20260102 ...) are gone through in
// order; they are looked for beside the log (logrotate's `olddir` and `extension` are not known). A log that is
// truncated (`copytruncate`) is read on in its copy; what cannot be known to be complete is printed in its place:
//
//   {"type":"notice","ts":1763712000000,"host":"web1","kind":"lost_window","detail":"..."}
//
// kind `truncated`: no copy was found. `unreadable`: a rotated file is compressed (use `delaycompress`) or not ours
// to read. Half a line is held until its newline comes; at the end of a rotated file it gets one (counter `torn`).
// A line over 1 MiB is skipped and counted. Bytes that are not UTF-8 become U+FFFD (counter `not_utf8`).
// A log that does not exist is waited for; one that may not be read ends it with 77.

import { hostname } from 'node:os';
import { basename, resolve } from 'node:path';
import { readAck } from './lib/ack.ts';
import { EXIT, Failure } from './lib/failure.ts';
import { source } from './lib/source.ts';
import type { Finding } from './lib/tail/chain.ts';
import { follow } from './lib/tail/follow.ts';
import { logPosition } from './lib/tail/position.ts';
import { PACE } from './lib/tail/reading.ts';
import { createWatch } from './lib/tail/watch.ts';

const DEFAULT_LOG = '/var/log/cpu-lat.log';

const OPTIONS = {
	file: { type: 'string', short: 'f' },
	'from-start': { type: 'boolean' },
	once: { type: 'boolean' },
	ack: { type: 'string' },
} as const;

/** The log to follow: given once, as an argument or as an option, or the default. */
export const logPath = (argument: string | undefined, option: string | undefined): string => {
	if (argument !== undefined && option !== undefined) {
		throw new Failure(EXIT.usage, 'FILE is given twice, as an argument and with --file');
	}
	return resolve(argument ?? option ?? DEFAULT_LOG);
};

source(import.meta, { options: OPTIONS, args: [0, 1] }, async (context) => {
	const { options, args, log, count, emit, output, signal } = context;
	const path = logPath(args[0], options.file);
	const ackFile = options.ack ?? process.env.BPFPIPE_ACK;
	const acked = ackFile === undefined ? undefined : readAck(ackFile);
	const host = hostname();
	const found = ({ kind, detail }: Finding) => {
		count(kind);
		log.warn(detail);
		emit({ type: 'notice', ts: Date.now(), host, kind, detail });
	};
	const trouble = (why: string) => log.warn(`cannot watch ${path}: ${why}; looking once a second`);
	const watch = createWatch(path, signal, trouble);
	await follow({
		path,
		fromStart: options['from-start'] === true,
		once: options.once === true,
		barriers: ackFile !== undefined,
		from: acked && ackFile ? logPosition(acked, basename(path), ackFile) : undefined,
		output,
		log,
		count,
		found,
		signal,
		watch,
		pace: PACE,
	});
	watch.close();
});
