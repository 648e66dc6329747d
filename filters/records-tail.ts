#!/usr/bin/env node
// records-tail - follow several logs of records at once, through rotation and restarts, and print their lines
//
// usage:  records-tail FILE... [--from-start | --since 1h] [--optional] [--once] [--ack ACKFILE]
//   --from-start            begin at the start of each log, not at its end
//   --since 1h              begin at the first record not older than that, in a rotated file too
//   --since-bytes 64M       but go no further back in a log than so many bytes; where that cuts, notice `short_history`
//   --optional              say nothing of logs that are not there; they are waited for all the same
//   --once                  begin at the start, stop at the end of all, and print `#!end` last
//   --ack ACKFILE           (or BPFPIPE_ACK) begin where ACKFILE says, if it exists, and print barriers
// stdin:  not read        stdout: the records of all logs, and notices
//
//   printf '{"type":"gauge","ts":2000,"metric":"a"}\n' > a.ndjson; printf '{"type":"gauge","ts":1000,"metric":"b"}\n' > b.ndjson
//   records-tail --once a.ndjson b.ndjson     prints
//
//   {"type":"gauge","ts":1000,"metric":"b"}
//   {"type":"gauge","ts":2000,"metric":"a"}
//
// This is where pipelines meet: each writes its records with append-log, and one page, exporter or sink reads them all. The
// supervisor's own log, NAME.self.ndjson, may be one of them.
//
// Lines come whole, by time where the logs have a past to catch up with, else as they come. Control lines in the logs are
// left out. Barriers say how far each log was read; a log that is new to ACKFILE begins as the options say. Rotation,
// truncation, notices and what happens to odd lines are those of bpftrace-tail. For text that bpftrace prints use that.

import { resolve } from 'node:path';
import { ackFileOf, readAck } from './lib/disk/ack.ts';
import { EXIT, Failure } from './lib/failure.ts';
import { createMerge, type Lane } from './lib/logs/merge.ts';
import { placeIn } from './lib/logs/place.ts';
import { firstRecordSince } from './lib/logs/record-time.ts';
import { barrierLine, END_LINE, parseControl } from './lib/record.ts';
import { source } from './lib/source.ts';
import type { LogPosition } from './lib/tail/position.ts';
import { sinceOf } from './lib/tail/since.ts';
import { tailLog } from './lib/tail/tail.ts';
import type { Watch } from './lib/tail/watch.ts';

const MOST_LOGS = 100;

const OPTIONS = {
	'from-start': { type: 'boolean' },
	optional: { type: 'boolean' },
	once: { type: 'boolean' },
	since: { type: 'string' },
	'since-bytes': { type: 'string', default: '64M' },
	ack: { type: 'string' },
} as const;

/** The logs, each once. */
export const logPaths = (args: string[]): string[] => {
	const paths = args.map((path) => resolve(path));
	const twice = paths.find((path, at) => paths.indexOf(path) < at);
	if (twice !== undefined) throw new Failure(EXIT.usage, `${twice} is given twice`);
	return paths;
};

/** What a log's reader writes to: its lines and barriers go into its lane. */
const outputInto = (lane: Lane) => ({
	bytes: lane.bytes,
	text: (text: string) => {
		const control = parseControl(text.trimEnd());
		if (control.kind === 'pos') lane.position(control.position);
	},
	room: lane.room,
});

/** A watch that tells the lane when the log is at its end, which is when it is waited for. */
const watchFor = ({ wait, ...rest }: Watch, lane: Lane): Watch => ({
	...rest,
	wait: async (ms) => {
		lane.idle(true);
		await wait(ms);
		lane.idle(false);
	},
});

source(import.meta, { options: OPTIONS, args: [1, MOST_LOGS] }, async (context) => {
	const { options, args, output, signal } = context;
	const paths = logPaths(args);
	const since = sinceOf(options, firstRecordSince, Date.now());
	const ackFile = ackFileOf(options.ack);
	const acked = ackFile === undefined ? undefined : readAck(ackFile);
	const place = acked && ackFile ? placeIn(acked, ackFile) : {};
	const barriers = ackFile !== undefined;
	/** The acknowledged positions, and then those that were passed. */
	const passed = { ...place };
	const lanes = createMerge(paths.length, {
		put: output.bytes,
		barrier: (at, position) => {
			passed[paths[at]!] = position as LogPosition;
			if (paths.every((path) => passed[path])) output.text(`${barrierLine({ logs: passed })}\n`);
		},
		blocked: output.blocked,
		room: output.room,
	});

	const followOne = async (path: string, lane: Lane) => {
		await tailLog(
			context,
			{
				path,
				fromStart: options['from-start'] === true,
				optional: options.optional === true,
				once: options.once === true,
				barriers,
				from: place[path],
				since,
				output: outputInto(lane),
			},
			(watch) => watchFor(watch, lane),
		);
		lane.idle(true);
		await lane.room();
	};
	await Promise.all(paths.map((path, at) => followOne(path, lanes[at]!)));
	if (barriers && options.once === true && !signal.aborted) output.text(`${END_LINE}\n`);
});
