// reader: bytes of bpftrace or bcc output in, records out; it knows what each line is by its shape alone
// Every line is counted under exactly one name, so that what came in can be told from what was understood.
// What is bcc's is in lib/bcc/.

import * as section from '../bcc/section.ts';
import * as bcc from '../bcc/table.ts';
import { excerpt } from '../log.ts';
import { parseControl } from '../record.ts';
import { createBlocks } from './blocks.ts';
import { createEmitter, lostEvents, type Sink, skipChart } from './emitter.ts';
import { createFast } from './fast.ts';
import { createJsonLines, isJsonLine } from './json-lines.ts';
import { createLongKey } from './long-key.ts';
import { looksLikeMap, type MapLine, mapLineOf, opensKey } from './map-line.ts';
import type { Settings } from './naming.ts';
import { looksLikeRow, rowOf } from './row.ts';
import { beginsChart, type Status, statusOf } from './status.ts';
import { textOf } from './text.ts';

const NEWLINE = 10;
const AT_SIGN = 64;
// The lines above a table are two or three.
const MOST_ABOVE = 8;

/** The names that lines are counted under; their sum is the number of lines. */
export const LINE_KINDS = [
	...['blank', 'control', 'headers', 'rows', 'scalars', 'json', 'status', 'lost', 'noise'],
	...['not_numeric', 'tseries', 'orphan', 'bad', 'sections', 'passed'],
] as const;

export type Reader = {
	/** Take runs of whole lines, each ending in a newline; how many lines that were. */
	take: (bytes: Buffer) => number;
	/** A line of `length` bytes was too long to be taken in; a histogram that it stood in is damaged. */
	skipped: (length: number) => void;
	/** Nothing has come for a while: a histogram with rows is taken as ended. */
	idle: () => void;
	/** Whether `idle` would emit something. */
	holds: () => boolean;
	end: (how: 'eof' | 'term') => void;
};

/** What a reader depends on beyond its input: the clock before the first `#!ts`, and whether to take short cuts. */
export type Surroundings = { now?: () => number; fast?: boolean };

export const createReader = (
	settings: Settings,
	sink: Sink,
	{ now = Date.now, fast: isFast = true }: Surroundings = {},
): Reader => {
	const fast = createFast();
	const release = () => {
		if (fast.pending()) sink.text(fast.release());
	};
	const inOrder: Sink = {
		...sink,
		text: (text) => {
			release();
			sink.text(text);
		},
		// Under --strict this is the last that happens, so what was good must have left.
		bad: (what, line) => {
			release();
			sink.bad(what, line);
		},
	};
	const emitter = createEmitter(settings, inOrder);
	const blocks = createBlocks(emitter, inOrder);
	let clock: number | undefined;
	const time = () => clock ?? now();
	let number = 0;
	// The first line that is no control line may be the end of one whose start we never saw.
	let atStart = true;
	const key = createLongKey();
	// What may turn out to be the lines above a bcc table.
	let above: string[] = [];
	let inAggregates = false;
	// The header of this line, when the short cut did not know it.
	let missed = '';

	let isSynthetic = false;
	const mark = (synthetic: boolean) => {
		if (synthetic === isSynthetic) return;
		isSynthetic = synthetic;
		emitter.mark(synthetic);
		fast.forget();
	};
	const control = (line: string) => {
		const parsed = parseControl(line);
		if (parsed.kind === 'ts') {
			clock = parsed.ms;
			mark(parsed.synthetic);
		}
		emitter.line(line);
	};
	const json = createJsonLines(emitter, inOrder, time, control);

	const dropAbove = () => {
		for (const _line of above) blocks.noise();
		above = [];
	};
	const bad = (what: string, line: string, at: number) => {
		const fault = `cannot parse ${what} ${excerpt(line)}`;
		blocks.spoil(fault);
		inOrder.bad(fault, at);
	};
	/** What the map was is unknown, so the rows below it must not go to the one above. */
	const badMap = (line: string, at: number) => {
		blocks.close('noise');
		bad('map', line, at);
	};
	const status = (found: Status) => {
		sink.count(found.kind === 'lost' ? 'lost' : 'status');
		if (found.kind === 'lost') emitter.notice(time(), lostEvents(found.count));
		if (found.kind === 'helper_error') emitter.notice(time(), { ...found, count: 1 });
	};
	const openTable = (valueType: string) => {
		const found = section.sectionOf(above);
		for (const _line of above) sink.count('sections');
		above = [];
		blocks.openTable(time(), emitter.tableSeries(valueType, found));
	};
	const map = (found: MapLine) => {
		if (found.kind === 'header') {
			const header = missed;
			const learn = header === '' ? undefined : (middle: string) => fast.learn(header, middle);
			return blocks.openMap(time(), found.head, learn);
		}
		blocks.close('next');
		if (found.kind === 'other') return sink.count('not_numeric');
		sink.count('scalars');
		if (typeof found.value === 'bigint') emitter.number(time(), found.head, found.value);
		else emitter.stats(time(), found.head, found.value);
	};
	/** `Aggregate Counts:` and its lines `Cpu Usage: 1616`, as the Kea loader prints them. */
	const aggregate = (line: string): boolean => {
		const match = inAggregates ? /^([A-Za-z][\w ]*): (\d{1,20})$/.exec(line) : null;
		if (!match) return false;
		const address = { key: '', keyed: false, dialect: 'text' as const };
		emitter.number(time(), { map: `${section.snakeCase(match[1]!)}_total`, ...address }, BigInt(match[2]!));
		sink.count('scalars');
		return true;
	};
	/** A line that is no map, row, header, status or JSON. */
	const unknown = (line: string, at: number) => {
		if (blocks.chart(beginsChart(line))) return skipChart(sink);
		if (aggregate(line)) return;
		if (atStart && line.endsWith('|')) return blocks.orphan();
		if (looksLikeRow(line, blocks.inMap()) || bcc.looksLikeRow(line)) return bad('bucket', line, at);
		if (looksLikeMap(line)) return badMap(line, at);
		inAggregates ||= line === 'Aggregate Counts:';
		if (!section.mayBeSection(line)) return blocks.noise();
		if (above.length >= MOST_ABOVE) dropAbove();
		above.push(line);
	};
	const bucket = (line: string, at: number): boolean => {
		const row = rowOf(line);
		if (row) blocks.mapRow(row, at);
		return row !== undefined;
	};
	const table = (line: string, at: number): boolean => {
		const row = bcc.rowOf(line);
		if (row) blocks.tableRow(row, at);
		const valueType = row ? undefined : bcc.headerOf(line);
		if (valueType !== undefined) openTable(valueType);
		return row !== undefined || valueType !== undefined;
	};
	const place = (line: string, at: number, known?: MapLine) => {
		const code = line.charCodeAt(0);
		const mayBelong = above.length > 0 && (section.mayBeSection(line) || bcc.headerOf(line) !== undefined);
		if (!mayBelong) dropAbove();
		if (line.startsWith('#!')) {
			blocks.close('control');
			sink.count('control');
			return control(line);
		}
		placeText(line, at, code, known);
		atStart = false;
	};
	const placeText = (line: string, at: number, code: number, known?: MapLine) => {
		if ((code === 91 || code === 40) && bucket(line, at)) return;
		if (code === 32 && table(line, at)) return;
		if (line.trim() === '') {
			inAggregates = false;
			blocks.close('blank');
			return sink.count('blank');
		}
		if (code === 123 && isJsonLine(line)) {
			blocks.close('next');
			return json.take(line, at);
		}
		const found = known ?? (line.includes('@') ? mapLineOf(line) : undefined);
		if (found) return map(found);
		const said = statusOf(line);
		if (said) return status(said);
		unknown(line, at);
	};

	/** The key did not end: its first line is damaged, and the others are what they are. */
	const giveUpKey = () => {
		const [first, ...others] = key.giveUp();
		if (!first) return;
		badMap(...first);
		for (const [line, at] of others) place(line, at);
	};
	const begin = (line: string, at: number) => {
		if (line[0] !== '@' || !opensKey(line)) return place(line, at);
		const found = mapLineOf(line);
		if (found) return place(line, at, found);
		dropAbove();
		key.open(line, at);
	};
	const continueKey = (line: string, at: number) => {
		const said = statusOf(line);
		if (said) return status(said);
		if (key.isBrokenBy(line)) {
			giveUpKey();
			return begin(line, at);
		}
		const whole = key.add(line, at);
		if (!whole) return;
		// One line counts as the map; the others as its key.
		sink.count('headers', whole.lines - 1);
		map(whole.map);
	};
	const takeLine = (line: string) => {
		number += 1;
		if (key.isOpen()) continueKey(line, number);
		else begin(line, number);
	};
	const takeFast = (bytes: Buffer, view: DataView, at: number): number => {
		if (!isFast || key.isOpen() || above.length > 0 || inAggregates || !blocks.isClear()) return at;
		const next = fast.block(bytes, view, at, time());
		missed = fast.missed();
		if (next === at) return at;
		atStart = false;
		const rows = fast.rows();
		number += rows + 2;
		sink.count('headers');
		sink.count('rows', rows);
		sink.count('blank');
		return next;
	};
	const take = (bytes: Buffer): number => {
		const before = number;
		const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
		for (let at = 0; at < bytes.length; ) {
			missed = '';
			if (bytes[at] === AT_SIGN) {
				const next = takeFast(bytes, view, at);
				if (next > at) {
					at = next;
					continue;
				}
			}
			const newline = bytes.indexOf(NEWLINE, at);
			const end = newline < 0 ? bytes.length : newline;
			takeLine(textOf(bytes, at, end));
			at = end + 1;
		}
		release();
		return number - before;
	};
	return {
		take,
		skipped: (length) => {
			number += 1;
			giveUpKey();
			dropAbove();
			blocks.spoil(`a line of ${length} bytes inside it is too long`);
		},
		idle: () => {
			if (blocks.holdsRows()) blocks.close('idle');
			release();
		},
		holds: blocks.holdsRows,
		end: (how) => {
			giveUpKey();
			dropAbove();
			blocks.close(how);
			release();
		},
	};
};
