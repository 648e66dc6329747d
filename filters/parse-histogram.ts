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
//   [512, 1K)              0 |                                                    |
//   [1K, 2K)               9 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|
//   [2K, 4K)               1 |@@@@@                                               |
//
// followed by an empty line becomes, with -m cpu-lat --unit us --host web1 --keys comm, the line
//
//   {"type":"histogram","ts":1763712000000,"host":"web1","metric":"cpu-lat","unit":"us","attributes":{"comm":"nginx"},"temporality":"cumulative","buckets":[[256,512,5],[512,1024,0],[1024,2048,9],[2048,4096,1]]}
//
// options
//   -m, --metric NAME         name of the first map in the stream; further maps keep their own names, with a warning
//   -m, --metric MAP=NAME,... a name for each map; without one a map is called as in the script, and `@` "unnamed"
//   --keys NAME,...           attribute names for the parts of a key (else key, or key1, key2 ...); their number also
//                             settles which commas separate: the surplus goes to the first run of parts without a
//                             number, and a key of fewer parts takes the first names
//   --unit UNIT               what the values are in (default 1); a bcc table that names its own unit keeps that
//   --host NAME               default: this machine's        --attribute NAME=VALUE   on every record; repeatable
//   --temporality cumulative|delta   delta when the script clears the map after each print (default cumulative)
//   --gauge MAP,...           maps whose numbers are values of now: min, max, avg, assignments
//
// A time is that of the last `#!ts` above a map's header (in JSON a printf of such a line counts too). Before the first
// one it is the clock where a print begins: one time for all that comes until 250 ms of silence. A map that is printed
// again at one time begins another print, 1 ms later. No series is in a print twice: keys of a map that look alike are
// added up. (A map prints its smallest key first, so a smaller one behind a larger one is of the next print.)
// A histogram ends at an empty line, the next map, a control line, end of input, or after 1 s of silence; up to 64
// lines of other text inside it are stepped over. TERM inside one: notice `torn_block` instead of it.
// Rows leave as printed, zeros between them included. Rows not printed are zero, and nothing is made up for them.
// `@map: 7` is a monotonic cumulative sum, unless --gauge, a minus sign, or avg in JSON make it a gauge; stats become
// MAP_count and MAP_total (sums) and MAP_average (gauge). tseries charts and values that are no numbers are skipped.
// A stack in a key becomes `leaf+1;caller+2`; bytes of a key that are no UTF-8 become \xNN.
// bcc: the lines above a table become attributes (`disk = sda`) or its metric (`Cpu Usage:` is cpu_usage), what its
// header names beside a unit the attribute `value`, and the lines under `Aggregate Counts:` sums (cpu_usage_total).
// Records of our own, as from a replay, pass through. Rows behind other text (journald, CRI, `ts`) are not taken in.
//
// Notices: lost_events; helper_error; bad_block (a damaged, contradictory or cut histogram, left out; or one that went
// on after its end); repeated_series (left out: tables of one print that no label tells apart, keys that look alike
// and do not add up); saturated (before 0.20 the row [2G, 4G) holds all above: text with a blank behind the header's
// colon only may be of that age, JSON is sure and the row becomes open-ended); suspect_hexadecimal (JSON of 0.24 on
// after a control character was printed: histograms are left out until the next start); wrapped_count (libbpf-tools).
// Not to be told from the text, so left as printed: the last row of lhist starts too high before 0.24 when the step
// does not divide the range; `[0, 1]` of 0.8 holds negative values; 0.24 on JSON drops blanks from keys.

import { hostname } from 'node:os';
import { EXIT, Failure } from './lib/failure.ts';
import { createSilence } from './lib/flow/silence.ts';
import { oneOf, pairs } from './lib/options.ts';
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

/** The reader's settings out of the options. @throws Failure(64) */
export const settingsOf = (given: Given): Settings => {
	const attributes = attributesOf(given.attribute ?? [], given.keys);
	return {
		host: given.host ?? hostname(),
		unit: given.unit ?? '1',
		temporality: oneOf(given.temporality ?? 'cumulative', '--temporality', ['cumulative', 'delta']),
		attributes: Object.fromEntries(attributes),
		gauges: new Set((given.gauge ?? []).flatMap((list) => list.split(',')).map(withoutAt)),
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
