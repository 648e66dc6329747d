#!/usr/bin/env node
// hollow-cat - print what a folder of Netflix Hollow blobs holds, or comes to hold
//
// usage:  hollow-cat DIR [--at V] [--from A] [--json [--ordinals] | --schema | --stats] [--limit 256M]
//         hollow-cat DIR --follow [--json] [--limit 256M]
// stdin:  not read        stdout: the data set at the announced version, or at version V
//
//   announced.version  snapshot-20240101000000001  delta-20240101000000001-20240101000000002  ...
// becomes, when the data set is the one of metrics (MetricsState), one record for each metric:
//   {"type":"sum","ts":1704067202000,"host":"host-a","metric":"tcp_retransmits","unit":"count",...,"value":9}
// A name as to-hollow spells it, cpu-lat{comm="nginx"}, becomes metric and attributes, and a source synthetic/HOST the
// host with "synthetic":true. The data set cannot tell sums from gauges, nor increments: cumulative sums are printed.
//
//   --at V        another version than the announced one: its snapshot, or the one before and deltas from there
//   --from A      start at the snapshot of A, whatever is nearer, and follow deltas or reverse deltas
//   --json        any data set: {version, checksum, roots}, the top-level records with everything in them
//   --ordinals    with --json: also every record of every type by its ordinal
//   --schema      the types, in Hollow's schema language
//   --stats       records, holes, bits and bytes of each type and field
//   --limit 256M  most characters of text, a quarter of it for one record with all that it refers to; more ends it with 65
//   -f, --follow  the announced version, and again each that is announced from then on, until TERM or INT; --json: one
//                 line each. A version is printed whole or not at all. What is missing or broken is waited for and said
//                 once; what is announced and replaced while the reader is slow is passed over.
//
// A broken blob ends it with 65 and the byte where it broke; a version that no blobs lead to, with 69.
// (`--version` is this program's own version. `--diff A [B]` and `--history` are hollow-diff's and hollow-history's
// former spelling, and still understood.)

import { EXIT, Failure } from './lib/failure.ts';
import { Budget } from './lib/hollow/blob/budget.ts';
import type { State } from './lib/hollow/blob/state.ts';
import { schemaText } from './lib/hollow/blob/type/schema-text.ts';
import { announcedIn } from './lib/hollow/folder/announcement.ts';
import { contentsOf } from './lib/hollow/folder/contents.ts';
import { follow } from './lib/hollow/folder/follower.ts';
import { loadAlong } from './lib/hollow/folder/loader.ts';
import { routeFromSnapshot, routeTo } from './lib/hollow/folder/route.ts';
import { watchAnnouncements } from './lib/hollow/folder/watch.ts';
import type { Version } from './lib/hollow/version.ts';
import { checkTogether, limitFrom, type Rule, versionFrom } from './lib/hollow/view/arguments.ts';
import { statePieces } from './lib/hollow/view/json.ts';
import { inOldSpelling, OLD_OPTIONS, OLD_RULES } from './lib/hollow/view/old-spelling.ts';
import { asData, linePieces, needMetrics, print, recordPieces, tryOut } from './lib/hollow/view/pieces.ts';
import { statsText } from './lib/hollow/view/stats.ts';
import type { Context } from './lib/program.ts';
import { source } from './lib/source.ts';

const OPTIONS = {
	at: { type: 'string' },
	from: { type: 'string' },
	json: { type: 'boolean' },
	ordinals: { type: 'boolean' },
	schema: { type: 'boolean' },
	stats: { type: 'boolean' },
	limit: { type: 'string' },
	follow: { type: 'boolean', short: 'f' },
	...OLD_OPTIONS,
} as const;

const RULES: Rule[] = [
	['follow', ['json', 'limit']],
	...OLD_RULES,
	['schema', ['at', 'from']],
	['stats', ['at', 'from']],
];

type Cat = Context<typeof OPTIONS>;

const piecesOf = (state: State, version: Version, limit: number, { options, bad }: Cat): Iterable<string> => {
	const { schema, stats, json, ordinals = false } = options;
	if (schema)
		return [...state.tables.values()].map(
			(table, at) => `${at > 0 ? '\n' : ''}${schemaText(table.schema)}\n`,
		);
	if (stats) return [statsText(state)];
	if (json || ordinals) return statePieces(state, version, ordinals, new Budget(limit));
	needMetrics(state);
	return recordPieces(state, limit, bad);
};

const catOne = async (folder: string, limit: number, context: Cat): Promise<void> => {
	const { at, from } = context.options;
	const goal = at === undefined ? undefined : versionFrom(at, '--at');
	const start = from === undefined ? undefined : versionFrom(from, '--from');
	const version = goal ?? announcedIn(folder);
	const contents = contentsOf(folder);
	const route =
		start === undefined ? routeFromSnapshot(contents, version) : routeTo(contents, version, start);
	const state = loadAlong(folder, route);
	await asData(() => print(piecesOf(state, version, limit, context), context.output));
};

const catAll = async (folder: string, limit: number, context: Cat): Promise<void> => {
	const { options, log, count, output, signal } = context;
	const trouble = (why: string) => log.warn(`cannot watch ${folder}: ${why}; looking once a second`);
	const watch = watchAnnouncements(folder, signal, trouble);
	const show = async (version: Version, state: State) => {
		if (!options.json) needMetrics(state);
		const pieces = (bad: (what: string) => void) =>
			options.json ? linePieces(state, version, limit) : recordPieces(state, limit, bad);
		tryOut(pieces(() => {}));
		await print(pieces(context.bad), output);
	};
	const refuse = (version: Version, why: string) => {
		if (options.strict) throw new Failure(EXIT.data, why);
		count('bad');
		log.warn(`version ${version}: ${why}; not printed`);
	};
	await follow({ folder, watch, signal, log, show, refuse });
	watch.close();
};

source(import.meta, { options: OPTIONS, args: [1, 2] }, async (context) => {
	const { options, args } = context;
	checkTogether(options, Object.keys(OPTIONS), RULES);
	const former = inOldSpelling(context);
	if (former) return former;
	const limit = limitFrom(options.limit);
	await (options.follow ? catAll : catOne)(args[0]!, limit, context);
});
