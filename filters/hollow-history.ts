#!/usr/bin/env node
// hollow-history - print which versions a folder of Netflix Hollow blobs has, and what is wrong with them
//
// usage:  hollow-history DIR [--json]
// stdin:  not read        stdout: a table, the oldest version first
//
//   version              time                           records     added   removed  snapshot     delta   reverse
//   20240101000000008    2024-01-01T00:00:00.008Z            64        22        33     18304      1661      1720  announced
//
// `records` are those of all types; `added` and `removed` are what the delta to this version brings and takes, and the
// last three columns the bytes of its blobs. A dash stands for what is not there, or cannot be known. Behind the numbers
// stand "announced", "synthetic" (sample data) and what is wrong; a line between two versions tells of a missing delta.
//
//   --json        a line for each version: {"type":"hollow_version","version":"...","deltas":[...],...}
//
// Blobs are parsed and not applied: sizes, counts, tags and the chain are checked, the records in them are not read.
// The exit is 65 when a blob is broken, which its line says, or when the announcement is no version.

import { printHistory } from './lib/hollow/view/history-report.ts';
import { source } from './lib/source.ts';

const OPTIONS = { json: { type: 'boolean', default: false } } as const;

source(import.meta, { options: OPTIONS, args: [1, 1] }, ({ options, args, log, output }) =>
	printHistory({ folder: args[0]!, json: options.json }, { log, output }),
);
