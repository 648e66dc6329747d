#!/usr/bin/env node
// hollow-diff - print what changed from one version of a folder of Netflix Hollow blobs to another
//
// usage:  hollow-diff DIR A [B] [--stats] [--limit 256M]
// stdin:  not read        stdout: one line for each difference; none when both versions hold the same
//
//   hollow-diff DIR 20240101000000001 20240101000000002
// prints, for a data set of metrics, a line for each metric by source and name:
//   {"type":"hollow_diff","change":"changed","from":"...01","to":"...02","source":"host-a","metric":"tcp_retransmits",
//    "before":{"timestamp":"2024-01-01T00:00:01Z","total":3,"unit":"count","buckets":[]},"after":{...}}
// and likewise with "aggregate", or with the source alone. Another "timestamp" by itself is no change of a metric.
// Of other types it prints a line for each record: by primary key or, where a type has none, for each top-level record.
//
// B is the announced version when it is not given, and may be older than A. The exit is 0 with differences too.
//
//   --stats       counts instead: of metrics, and of each type by what its records hold
//   --limit 256M  most characters of text, a quarter of it for one record with all that it refers to; more ends it with
//                 65, because a small blob can hold records that refer to each other 2^n times
//
// A broken blob ends it with 65 and the byte where it broke; a version that no blobs lead to, with 69.

import { limitFrom, versionFrom } from './lib/hollow/view/arguments.ts';
import { printDiff } from './lib/hollow/view/diff-report.ts';
import { source } from './lib/source.ts';

const OPTIONS = { stats: { type: 'boolean', default: false }, limit: { type: 'string' } } as const;

source(import.meta, { options: OPTIONS, args: [2, 3] }, async ({ options, args, output }) => {
	const [folder, from, to] = args as [string, string, string?];
	const request = {
		folder,
		from: versionFrom(from, 'A'),
		...(to !== undefined && { to: versionFrom(to, 'B') }),
		limit: limitFrom(options.limit),
		stats: options.stats,
	};
	await printDiff(request, output);
});
