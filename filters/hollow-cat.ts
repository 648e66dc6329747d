#!/usr/bin/env node
// hollow-cat - print what a folder of Netflix Hollow blobs holds, changed, or comes to hold
//
// usage:  hollow-cat DIR [--at V] [--from A] [--json [--ordinals] | --schema | --stats] [--limit 256M]
//         hollow-cat DIR --follow [--json] | --diff A [B] [--stats] | --history [--json]
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
//   --limit 256M  most characters of text, a quarter of it for one record with all that it refers to; more ends it with
//                 65, because a small blob can hold records that refer to each other 2^n times
//
//   -f, --follow  the announced version, and again each that is announced from then on, until TERM or INT; --json: one
//                 line each. What is missing or broken is waited for and said once. It moves on by deltas, back by
//                 reverse deltas, and reads a snapshot where none lead. A version is printed whole or not at all; what
//                 is announced while the reader is slow, and is not announced any more after that, is passed over.
//   --diff A [B]  what changed from A to B (the announced version); exit 0 with differences too. A line for each metric
//                 by source and name, and likewise "aggregate" or source alone; for other types for each record, by
//                 primary key, or without one for each top-level record. "timestamp" alone is no change of a metric.
//     {"type":"hollow_diff","change":"changed","from":"...01","to":"...02","source":"host-a","metric":"tcp_retransmits",
//      "before":{"timestamp":"2024-01-01T00:00:01Z","total":3,"unit":"count","buckets":[]},"after":{...}}
//                 With --stats counts: of metrics, and of each type by what its records hold.
//   --history     the versions in DIR, oldest first: time, records, what the delta to it adds and removes, bytes of
//                 blobs, gaps in the chain, announced, synthetic. Broken blobs are named; the exit is then 65. Blobs
//                 are parsed, not applied. --json: {"type":"hollow_version","version":"...","deltas":[...],...}
//
// A broken blob ends it with 65 and the byte where it broke; a version that no blobs lead to, with 69.
// (`--version` is this program's own version, as with every stage.)

import { watchTrouble } from './lib/disk/watch-trouble.ts';
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
import { type Asked, askedIn, OPTIONS } from './lib/hollow/view/asked.ts';
import { compare } from './lib/hollow/view/comparison.ts';
import { diffLines, tallies, talliesText } from './lib/hollow/view/diff.ts';
import { historyOf } from './lib/hollow/view/history.ts';
import { entryLine, historyText } from './lib/hollow/view/history-text.ts';
import { statePieces } from './lib/hollow/view/json.ts';
import { asData, linePieces, needMetrics, print, recordPieces, tryOut } from './lib/hollow/view/pieces.ts';
import { statsText } from './lib/hollow/view/stats.ts';
import type { Context } from './lib/program.ts';
import { source } from './lib/source.ts';

type Cat = Context<typeof OPTIONS>;

const piecesOf = (
	state: State,
	version: Version,
	{ limit }: Asked,
	{ options, bad }: Cat,
): Iterable<string> => {
	const { schema, stats, json, ordinals } = options;
	if (schema)
		return [...state.tables.values()].map(
			(table, at) => `${at > 0 ? '\n' : ''}${schemaText(table.schema)}\n`,
		);
	if (stats) return [statsText(state)];
	if (json || ordinals) return statePieces(state, version, ordinals, new Budget(limit));
	needMetrics(state);
	return recordPieces(state, limit, bad);
};

const catOne = async (asked: Asked, context: Cat): Promise<void> => {
	const { folder, at, from } = asked;
	const version = at ?? announcedIn(folder);
	const contents = contentsOf(folder);
	const way = from === undefined ? routeFromSnapshot(contents, version) : routeTo(contents, version, from);
	const state = loadAlong(folder, way);
	await asData(() => print(piecesOf(state, version, asked, context), context.output));
};

const catAll = async ({ folder, limit }: Asked, context: Cat): Promise<void> => {
	const { options, log, count, output, signal } = context;
	const trouble = (error: Error) =>
		log.warn(`cannot watch ${folder}: ${watchTrouble(error)}; looking once a second`);
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

const catDiff = async ({ folder, limit, diff, to }: Asked, { options, output }: Cat): Promise<void> => {
	const way = { from: diff!, to: to ?? announcedIn(folder) };
	const load = (version: Version) => loadAlong(folder, routeFromSnapshot(contentsOf(folder), version));
	const both = compare(load(way.from), load(way.to), new Budget(limit));
	await asData(() => print(options.stats ? talliesText(tallies(both)) : diffLines(both, way), output));
};

const catHistory = async ({ folder }: Asked, { options, log, output }: Cat): Promise<void> => {
	const { entries, unannounced } = historyOf(folder);
	await print(options.json ? entries.map(entryLine) : historyText(entries), output);
	if (unannounced) log.warn(unannounced.why);
	const broken = entries.filter(({ problems }) => problems.length > 0).length;
	if (broken > 0)
		throw new Failure(
			EXIT.data,
			`${folder}: ${broken} of ${entries.length} versions are broken; see their lines`,
		);
	if (unannounced?.isGarbage)
		throw new Failure(EXIT.data, `${folder}: no consumer finds a version; see above`);
};

source(import.meta, { options: OPTIONS, args: [1, 2] }, async (context) => {
	const { options, args } = context;
	const asked = askedIn(options, args);
	if (options.follow) return catAll(asked, context);
	if (options.history) return catHistory(asked, context);
	return options.diff === undefined ? catOne(asked, context) : catDiff(asked, context);
});
