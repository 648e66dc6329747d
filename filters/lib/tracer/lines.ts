// lines: one whole line, known by its shape alone and taken to where it belongs

import { createAggregates } from '../bcc/aggregates.ts';
import { looksLikeTableRow } from '../bcc/table.ts';
import type { Learn } from '../bpftrace/text/map-block.ts';
import { looksLikeMap, type MapLine, mapLineOf } from '../bpftrace/text/map-line.ts';
import { bucketRowOf, looksLikeBucketRow } from '../bpftrace/text/row.ts';
import { beginsChart, type Status, statusOf } from '../bpftrace/text/status.ts';
import { excerpt } from '../log.ts';
import { type Emitter, lostEvents, type Sink, skipChart } from '../print/emitter.ts';
import type { Print } from '../print/print.ts';
import type { Blocks } from './blocks.ts';
import { isJsonLine } from './json-lines.ts';
import { isPrefixed } from './prefix.ts';
import { createTables } from './tables.ts';

const AT_SIGN = 64;
// Whatever moved the rows to the right moved their times, too.
const INDENTED_TIME = /^\s+#!ts \d/;
// `12:00:01`, `12:00:01:` and `[12:00:01]` stand before each print of a bcc tool with -T, of argdist, and of time().
const TIME_OF_DAY = /^\[?\d\d:\d\d:\d\d\]?:?\s*$/;
// What the tail says where lines are missing, in the middle of a histogram or not.
const GAP = /^\{"type": ?"notice".*"kind": ?"(?:lost_window|truncated|unreadable)"/;

/** Where lines go. `warn` gets a sentence about the line that is being read. */
export type Places = {
	emitter: Emitter;
	blocks: Blocks;
	print: Print;
	sink: Sink;
	warn: (message: string, like: string) => void;
	json: (line: string, at: number) => void;
	control: (line: string) => void;
	/** Teach the short cut the header of a map that was just read, if it can learn it. */
	learn: () => Learn | undefined;
};

export type Lines = {
	/** Take in line number `at`; `known` is the map that it is, where that was found before. */
	place: (line: string, at: number, known?: MapLine) => void;
	map: (found: MapLine) => void;
	/** A map whose key does not end. */
	badMap: (line: string, at: number) => void;
	status: (found: Status) => void;
	/** What was held as perhaps belonging to a table does not. */
	dropAbove: () => void;
	/** Whether nothing is held that the next line may belong to. */
	isClear: () => boolean;
};

export const createLines = ({ emitter, blocks, print, sink, warn, json, control, learn }: Places): Lines => {
	const tables = createTables(emitter, blocks, print, sink);
	const aggregates = createAggregates();
	// The first line that is no control line may be the end of one whose start we never saw.
	let isFirst = true;

	const bad = (what: string, line: string, at: number) => {
		const fault = `cannot parse ${what} ${excerpt(line)}`;
		blocks.spoil(fault);
		sink.bad(fault, at);
	};
	/** What the map was is unknown, so the rows below it must not go to the one above. */
	const badMap = (line: string, at: number) => {
		blocks.close('noise');
		bad('map', line, at);
	};
	const status = (found: Status) => {
		sink.count(found.kind === 'lost' ? 'lost' : 'status');
		if (found.kind === 'lost') emitter.notice(print.ts(), lostEvents(found.count));
		if (found.kind === 'helper_error') emitter.notice(print.ts(), { ...found, count: 1 });
	};
	const map = (found: MapLine) => {
		if (found.kind === 'header') return blocks.openMap(print.ts(), found.head, learn());
		blocks.close('next');
		if (found.kind === 'other') return sink.count('not_numeric');
		sink.count('scalars');
		if (typeof found.value === 'bigint') emitter.number(found.head, found.value);
		else emitter.stats(found.head, found.value);
	};
	const aggregate = (line: string): boolean => {
		const sum = aggregates.take(line);
		if (!sum) return false;
		emitter.number({ map: sum.metric, key: '', keyed: false, dialect: 'text' }, sum.value);
		sink.count('scalars');
		return true;
	};
	const prefixed = (line: string): boolean => {
		if (!isPrefixed(line)) return false;
		blocks.spoil('rows of it stand behind other text');
		sink.count('noise');
		const what =
			'rows of histograms stand behind other text, as of journald, CRI, docker or ts, and are not taken in';
		warn(`${what}; print them alone (journalctl -o cat), or cut that text off with sed`, 'behind text');
		return true;
	};
	/** A line that is no map, row, header, status or JSON. */
	const unknown = (line: string, at: number) => {
		if (blocks.chart(beginsChart(line))) return skipChart(sink);
		if (aggregate(line)) return;
		if (isFirst && line.endsWith('|')) return blocks.orphan();
		const isTable = blocks.isOpen() && !blocks.inMap();
		if (looksLikeBucketRow(line, blocks.inMap()) || looksLikeTableRow(line, isTable))
			return bad('bucket', line, at);
		if (looksLikeMap(line)) return badMap(line, at);
		if (prefixed(line)) return;
		if (blocks.inMap()) return blocks.noise();
		if (TIME_OF_DAY.test(line)) return tables.timeOfDay();
		print.between('text');
		tables.above(line);
	};
	const bucket = (line: string, at: number): boolean => {
		const row = bucketRowOf(line.trimStart());
		if (!row) return false;
		tables.drop();
		blocks.mapRow(row, at);
		return true;
	};
	const blank = () => {
		tables.blank();
		aggregates.blank();
		// An empty line ends a histogram; another one stands between two prints.
		if (!blocks.isOpen()) print.between('text');
		blocks.close('blank');
		sink.count('blank');
	};
	const jsonLine = (line: string, at: number): boolean => {
		if (!isJsonLine(line)) return false;
		tables.drop();
		blocks.close(GAP.test(line) ? 'cut' : 'next');
		json(line, at);
		return true;
	};
	const controlLine = (line: string) => {
		tables.control();
		blocks.close('control');
		sink.count('control');
		control(line);
	};
	/** A row, an empty line, a line of JSON or a table's header. */
	const isNoMap = (line: string, at: number): boolean => {
		if (line.endsWith('|') && (bucket(line, at) || tables.row(line, at))) return true;
		if (line.trim() === '') blank();
		else if (line.includes('{"') || line.includes("{'")) return jsonLine(line.trimStart(), at);
		else return tables.header(line);
		return true;
	};
	const placeText = (line: string, at: number, known?: MapLine) => {
		if (line.charCodeAt(0) !== AT_SIGN && isNoMap(line, at)) return;
		const found = known ?? (line.includes('@') ? mapLineOf(line) : undefined);
		if (found) {
			tables.drop();
			return map(found);
		}
		const said = statusOf(line);
		if (said) return status(said);
		unknown(line, at);
	};
	const place = (line: string, at: number, known?: MapLine) => {
		if (line.startsWith('#!')) return controlLine(line);
		if (INDENTED_TIME.test(line)) return controlLine(line.trimStart());
		placeText(line, at, known);
		isFirst = false;
	};
	return {
		place,
		map,
		badMap,
		status,
		dropAbove: tables.drop,
		isClear: () => tables.isClear() && !aggregates.isOpen(),
	};
};
