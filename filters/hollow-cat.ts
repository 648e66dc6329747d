#!/usr/bin/env node
// hollow-cat - print what a folder of Netflix Hollow blobs holds, as records or as JSON
//
// usage:  hollow-cat DIR [--at V] [--from A] [--json [--ordinals] | --schema | --stats]
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
//
// A broken blob ends it with 65 and the byte where it broke; a version that no blobs lead to, with 69.
// (`--version` is this program's own version, as with every stage.)

import { EXIT, Failure } from './lib/failure.ts';
import { StateError, ValueError } from './lib/hollow/errors.ts';
import { announcedIn, contentsOf, loadAlong, type Version, wayTo } from './lib/hollow/folder.ts';
import { stateText } from './lib/hollow/json.ts';
import { hasMetrics, metricsIn } from './lib/hollow/metrics.ts';
import { schemaText } from './lib/hollow/schema-text.ts';
import type { State } from './lib/hollow/state.ts';
import { statsText } from './lib/hollow/stats.ts';
import type { Context } from './lib/program.ts';
import { type AnyRecord, faultIn } from './lib/record.ts';
import { source } from './lib/source.ts';

/** A version that the user wrote. */
const versionOf = (option: string, text: string | undefined): Version | undefined => {
	if (text === undefined || /^\d{1,19}$/.test(text)) return text;
	throw new Failure(EXIT.usage, `${option}: "${text}" is no version, which is digits`);
};

const printRecords = async (state: State, { emit, bad, output }: Context): Promise<void> => {
	if (!hasMetrics(state))
		throw new Failure(EXIT.data, 'no MetricsState among its types; --json prints any data set');
	for (const record of metricsIn(state)) {
		const fault = faultIn(record as AnyRecord);
		if (fault) bad(`${record.host} ${record.metric}: ${fault}`);
		else emit(record);
		await output.room();
	}
};

/** A state that does not hold together is bad data, like the blob that it came from. */
const asData = async (print: () => void | Promise<void>): Promise<void> => {
	try {
		await print();
	} catch (error) {
		const isData = error instanceof StateError || error instanceof ValueError;
		throw isData ? new Failure(EXIT.data, error.message) : error;
	}
};

source(
	import.meta,
	{
		options: {
			at: { type: 'string' },
			from: { type: 'string' },
			json: { type: 'boolean' },
			ordinals: { type: 'boolean' },
			schema: { type: 'boolean' },
			stats: { type: 'boolean' },
		},
		args: [1, 1],
	},
	async (context) => {
		const { options, args, emit } = context;
		const folder = args[0]!;
		const chosen = versionOf('--at', options.at);
		const from = versionOf('--from', options.from);
		const version = chosen ?? announcedIn(folder);
		const state = loadAlong(folder, wayTo(contentsOf(folder), version, from));
		const schemas = [...state.tables.values()].map(({ schema }) => schemaText(schema));
		await asData(() => {
			if (options.schema) return emit(schemas.join('\n\n'));
			if (options.stats) return emit(statsText(state).trimEnd());
			if (options.json || options.ordinals)
				return emit(stateText(state, version, options.ordinals).trimEnd());
			return printRecords(state, context as unknown as Context);
		});
	},
);
