// blocks: the histogram that is being read, from its header to the line that ends it
// It leaves only when it is whole and its rows make sense; a damaged one leaves a notice in its place.

import * as bcc from '../bcc/table.ts';
import { countJson, orderFault } from '../bpftrace/text/label.ts';
import type { Head } from '../bpftrace/text/map-line.ts';
import { countOf, type Row } from '../bpftrace/text/row.ts';
import type { Emitter, Sink, Table } from '../print/emitter.ts';
import type { Address, Series } from '../print/naming.ts';
import type { Fixed } from '../print/records.ts';

/** What ended a block. `blank`, `next` and `eof` are bpftrace's own ways, the others are not; `cut`: lines are lost. */
export type Ending = 'blank' | 'next' | 'control' | 'eof' | 'term' | 'idle' | 'noise' | 'cut';

/** Called with what a header's records have in common, once a block of it has left in good order. */
export type Learn = (fixed: Fixed, run: string) => void;

type Common = { ts: number; rows: number; noise: number; fault: string };
type MapBlock = Common & {
	kind: 'map';
	head: Head;
	buckets: string;
	edge: bigint | null | undefined;
	last: Row | undefined;
	total: number;
	chart: boolean;
	learn: Learn | undefined;
};
type TableBlock = Common & { kind: 'table'; table: Table; list: bcc.TableRow[] };
type Block = MapBlock | TableBlock;

// A histogram may be interrupted by the text of another probe; a deeper pause than this means it has ended.
const MOST_NOISE = 64;
const TWO_TO_31 = 2n ** 31n;
const TWO_TO_32 = 2n ** 32n;

const endedInDoubt = (ending: Ending) => ending === 'control' || ending === 'idle' || ending === 'noise';

export type Blocks = {
	openMap: (ts: number, head: Head, learn?: Learn) => void;
	openTable: (ts: number, table: Table) => void;
	mapRow: (row: Row, line: number) => void;
	tableRow: (row: bcc.TableRow, line: number) => void;
	/** A row of a block whose header never came. */
	orphan: () => void;
	/** A damaged row: what it belongs to is dropped. */
	spoil: (fault: string) => void;
	/** A line that belongs to no block. */
	noise: () => void;
	/** Lines of a chart under a map's header; false when no header is waiting for rows. */
	chart: (begins: boolean) => boolean;
	close: (ending: Ending) => void;
	/** Whether a header has come whose histogram has not ended, and whether it is a map's. */
	isOpen: () => boolean;
	inMap: () => boolean;
	/** Whether rows have come that have not left yet. */
	holdsRows: () => boolean;
	/** Whether nothing is open and nothing that ended in doubt may still go on. */
	isClear: () => boolean;
};

export const createBlocks = (emitter: Emitter, sink: Sink): Blocks => {
	let block: Block | undefined;
	let doubtful: { ts: number; tainted: Address | Series } | undefined;

	const taintedBy = (found: Block) => (found.kind === 'map' ? found.head : found.table.series);
	const drop = (found: Block, kind: string, detail: string) => {
		sink.count('blocks_dropped');
		emitter.notice(found.ts, { kind, count: 1, detail }, taintedBy(found));
	};
	const warnOfOrphan = () => sink.warn('half a histogram, rows or header alone, is skipped', 'orphan');
	const withoutRows = ({ chart, head, noise }: MapBlock, ending: Ending): string => {
		if (chart) return 'tseries';
		if (head.behindText) return 'noise';
		if (noise > 0 || ending === 'next') return 'not_numeric';
		return ending === 'blank' ? 'headers' : 'orphan';
	};
	// The last row of releases before 0.20 also holds all that is larger; only a blank after the colon tells them.
	const noteSaturation = ({ ts, head, last }: MapBlock) => {
		if (!head.blankAfter || !last || last.count === '0') return;
		const { lower, upper } = last.range;
		if (lower !== TWO_TO_31 || upper !== TWO_TO_32) return;
		const detail = 'before bpftrace 0.20 the row [2G, 4G) also counts everything from 4G up';
		emitter.notice(ts, { kind: 'saturated', count: JSON.parse(last.count), detail }, head);
	};
	const leaveMap = (found: MapBlock, ending: Ending) => {
		const { head, buckets, total, learn } = found;
		emitter.histogram(head, buckets.slice(0, -1), total);
		noteSaturation(found);
		if (ending !== 'blank' || !learn) return;
		const { fixed, run } = emitter.fixed(head);
		learn(fixed, run);
	};
	const leaveTable = ({ ts, table, list }: TableBlock) => {
		const ranges = bcc.rangesOf(list);
		const counts = list.map(({ count }) => (count < 0n ? count + TWO_TO_32 : count));
		const buckets = ranges.map(({ json }, at) => `${json}${countJson(counts[at]!)}]`);
		emitter.table(table, buckets.join(','));
		const wrapped = list.filter(({ count }) => count < 0n).length;
		const detail = 'counts printed as negative are 32-bit ones from 2^31 up; they wrap at 2^32';
		if (wrapped > 0) emitter.notice(ts, { kind: 'wrapped_count', count: wrapped, detail }, table.series);
	};
	const close = (ending: Ending) => {
		if (!block) {
			if (ending === 'blank' || ending === 'next') doubtful = undefined;
			return;
		}
		const found = block;
		block = undefined;
		doubtful =
			endedInDoubt(ending) && found.rows > 0 ? { ts: found.ts, tainted: taintedBy(found) } : undefined;
		const empty = found.rows === 0 && found.fault === '';
		const category = !empty ? 'headers' : found.kind === 'map' ? withoutRows(found, ending) : 'orphan';
		sink.count(category);
		if (category === 'orphan') warnOfOrphan();
		if (category !== 'headers') return;
		if (found.fault) drop(found, 'bad_block', found.fault);
		else if (ending === 'cut') drop(found, 'bad_block', 'lines are missing behind its rows');
		else if (ending === 'term') drop(found, 'torn_block', 'the stage was stopped inside this histogram');
		else if (found.kind === 'map') leaveMap(found, ending);
		else leaveTable(found);
	};
	const orphan = () => {
		sink.count('orphan');
		warnOfOrphan();
		if (!doubtful) return;
		const detail = 'more rows came after this histogram was taken as ended';
		emitter.notice(doubtful.ts, { kind: 'bad_block', count: 1, detail }, doubtful.tainted);
		doubtful = undefined;
	};
	const judge = (found: Block, fault: string, line: number): boolean => {
		found.rows += 1;
		if (fault === '') sink.count('rows');
		else {
			found.fault ||= fault;
			sink.bad(fault, line);
		}
		return fault === '';
	};
	return {
		openMap: (ts, head, learn) => {
			close('next');
			const fresh = {
				rows: 0,
				noise: 0,
				fault: '',
				buckets: '',
				edge: undefined,
				last: undefined,
				total: 0,
				chart: false,
			};
			block = { kind: 'map', ts, head, learn, ...fresh };
		},
		openTable: (ts, table) => {
			close('next');
			block = { kind: 'table', ts, table, rows: 0, noise: 0, fault: '', list: [] };
		},
		mapRow: (row, line) => {
			if (block?.kind !== 'map') return orphan();
			if (!judge(block, orderFault(block.edge, row.range), line)) return;
			block.edge = row.range.upper;
			block.last = row;
			block.total += countOf(row);
			block.buckets += `${row.range.json}${row.count}],`;
		},
		tableRow: (row, line) => {
			if (block?.kind !== 'table') return orphan();
			if (judge(block, bcc.rowFault(block.list, row), line)) block.list.push(row);
		},
		orphan,
		spoil: (fault) => {
			if (block) block.fault ||= fault;
		},
		noise: () => {
			sink.count('noise');
			if (block && ++block.noise > MOST_NOISE) close('noise');
		},
		chart: (begins) => {
			if (block?.kind !== 'map' || block.rows > 0) return false;
			block.chart ||= begins;
			return block.chart;
		},
		close,
		isOpen: () => block !== undefined,
		inMap: () => block?.kind === 'map',
		holdsRows: () => block !== undefined && block.rows > 0,
		isClear: () => block === undefined && doubtful === undefined,
	};
};
