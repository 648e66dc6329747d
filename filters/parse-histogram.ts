#!/usr/bin/env node
// parse-histogram - turn what bpftrace and bcc tools print into records, one line each
//
// usage:  bpftrace cpu-lat.bt | parse-histogram --metric cpu-lat --unit us [options] > records
// stdin:  bpftrace text or `-f json` (0.8 to 0.26), bcc, libbpf-tools and Inspektor Gadget tables, `#!ts SECONDS` lines
// stdout: records in the order of the input, with the control lines in their places
//
//   #!ts 1763712000
//   @usecs[nginx]:
//   [256, 512)             5 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@                        |
//   [1K, 2K)               9 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|
//
// and an empty line become, with -m cpu-lat --unit us --host web1 --keys comm,
//   {"type":"histogram","ts":1763712000000,"host":"web1","metric":"cpu-lat","unit":"us","attributes":{"comm":"nginx"},"temporality":"cumulative","buckets":[[256,512,5],[1024,2048,9]]}
//
//   -m, --metric NAME         what the first map is called, or MAP=NAME,... for each; else as in the script
//   --keys NAME,...           names for the parts of a key (else key, or key1, key2 ...); also says how many there are
//   --unit UNIT               what the values are in (1); a bcc table that names its own unit keeps that
//   --maps SCRIPT             units, keys and kinds of the maps as the script's header has them
//   --host NAME               default: this machine's        --attribute NAME=VALUE   on every record; repeatable
//   --temporality cumulative|delta   delta when the script clears the map after each print (default cumulative)
//   --gauge MAP,...           maps whose numbers are values of now: min, max, avg, assignments
//
// `@map: 7` becomes a sum, stats become MAP_count, MAP_total and MAP_average; the lines above a bcc table become its
// attributes or its metric. Without `#!ts` lines the time is the clock where a print begins. A histogram ends at an
// empty line, the next map, a control line or after 1 s of silence. No series is in a print twice: keys of a map that
// look alike are added up. What cannot be taken for right is a notice: lost_events, helper_error, bad_block, torn_block,
// repeated_series, saturated, suspect_hexadecimal, wrapped_count (filters/lib/tracer/README.md says when). Records of
// our own pass; rows behind other text (journald, CRI, `ts`) are not taken in.

import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { about, EXIT, Failure } from './lib/failure.ts';
import { createSilence } from './lib/flow/silence.ts';
import { oneOf, pairs } from './lib/options.ts';
import { mapsIn } from './lib/print/maps.ts';
import type { Settings } from './lib/print/naming.ts';
import { stage } from './lib/stage.ts';
import { createReader, PAUSE_MS } from './lib/tracer/reader.ts';

/** What the user wrote, by option. */
export type Given = {
	metric?: string | undefined;
	keys?: string | undefined;
	unit?: string | undefined;
	host?: string | undefined;
	attribute?: string[] | undefined;
	temporality?: string | undefined;
	gauge?: string[] | undefined;
	maps?: string | undefined;
};

const withoutAt = (map: string): string => map.replace(/^@/, '');

/** `NAME`, or `MAP=NAME,MAP=NAME`, where two maps may not share a name. */
const metricOf = (text: string): string | Map<string, string> => {
	if (!/[=,]/.test(text) && text !== '') return text;
	const names = [...pairs([text], '--metric')].map(([map, name]) => [withoutAt(map), name] as const);
	const distinct = new Set(names.map(([, name]) => name));
	if (distinct.size < names.length || distinct.has('')) {
		throw new Failure(EXIT.usage, `--metric: "${text}" does not give each map a name of its own`);
	}
	return new Map(names);
};

const attributesOf = (texts: string[], keys: string | undefined): Map<string, string> => {
	const attributes = pairs(texts, '--attribute');
	const taken = keys === undefined && [...attributes.keys()].find((name) => /^key\d*$/.test(name));
	if (!taken) return attributes;
	throw new Failure(
		EXIT.usage,
		`--attribute: "${taken}" is what a map's key is called; name that with --keys`,
	);
};

const keysOf = (text: string, taken: Map<string, string>): string[] => {
	const names = text.split(',');
	const isUsable = new Set(names).size === names.length && !names.includes('');
	if (isUsable && !names.some((name) => taken.has(name))) return names;
	throw new Failure(
		EXIT.usage,
		`--keys: "${text}" is not a list of different names, none of them an --attribute`,
	);
};

const mapsOf = (path: string) =>
	mapsIn(
		about(path, () => readFileSync(path, 'utf8')),
		path,
	);

/** The reader's settings out of the options. @throws Failure(64) */
export const settingsOf = (given: Given): Settings => {
	const attributes = attributesOf(given.attribute ?? [], given.keys);
	return {
		host: given.host ?? hostname(),
		unit: given.unit ?? '1',
		temporality: oneOf(given.temporality ?? 'cumulative', '--temporality', ['cumulative', 'delta']),
		attributes: Object.fromEntries(attributes),
		gauges: new Set((given.gauge ?? []).flatMap((list) => list.split(',')).map(withoutAt)),
		...(given.maps !== undefined && { maps: mapsOf(given.maps) }),
		...(given.keys !== undefined && { keys: keysOf(given.keys, attributes) }),
		...(given.metric !== undefined && { metric: metricOf(given.metric) }),
	};
};

const options = {
	metric: { type: 'string', short: 'm' },
	keys: { type: 'string' },
	unit: { type: 'string' },
	host: { type: 'string' },
	attribute: { type: 'string', multiple: true },
	temporality: { type: 'string' },
	gauge: { type: 'string', multiple: true },
	maps: { type: 'string' },
} as const;

stage(import.meta, { options }, ({ options: given, output, bad, count, log }) => {
	const warn = (message: string, like = message) => log.warn(message, {}, like);
	const counted = (name: string, by = 1) => {
		if (name === 'noise') log.debug('text that is no map is skipped; the counters tell how much');
		count(name, by);
	};
	const reader = createReader(settingsOf(given), { text: output.text, bad, count: counted, warn });
	const heard = createSilence({
		tickMs: PAUSE_MS / 2,
		isBlocked: output.blocked,
		isHeld: reader.holds,
		onQuiet: reader.quiet,
	});
	return {
		lines: (bytes) => {
			count('in', reader.take(bytes));
			heard();
		},
		skipped: reader.skipped,
		end: (how) => reader.end(how),
	};
});
