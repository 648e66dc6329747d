// blocks: the histogram that is being read, from its header to the line that ends it
// It leaves only when it is whole and its rows make sense; a damaged one leaves a notice in its place.

import type { TableRow } from '../bcc/table.ts';
import { createTableBlock, type TableBlock } from '../bcc/table-block.ts';
import { createMapBlock, type Learn, type MapBlock } from '../bpftrace/text/map-block.ts';
import type { Head } from '../bpftrace/text/map-line.ts';
import type { Row } from '../bpftrace/text/row.ts';
import type { Emitter, Sink, Table } from '../print/emitter.ts';
import type { Address, Series } from '../print/naming.ts';

/** What ended a block. `blank`, `next` and `eof` are bpftrace's own ways, the others are not; `cut`: lines are lost. */
export type Ending = 'blank' | 'next' | 'control' | 'eof' | 'term' | 'idle' | 'noise' | 'cut';

/** The block that is open: rows that came, lines that are not of it, what is wrong with it, and whether it is a chart. */
type Open = { block: MapBlock | TableBlock; rows: number; noise: number; fault: string; isChart: boolean };

// A histogram may be interrupted by the text of another probe; a deeper pause than this means it has ended.
const MOST_NOISE = 64;

const endedInDoubt = (ending: Ending) => ending === 'control' || ending === 'idle' || ending === 'noise';

/** What a header counts as that no rows came for. */
const withoutRows = ({ block, isChart, noise }: Open, ending: Ending): string => {
	if (block.kind === 'table') return 'orphan';
	if (isChart) return 'tseries';
	if (block.tainted.behindText) return 'noise';
	if (noise > 0 || ending === 'next') return 'not_numeric';
	return ending === 'blank' ? 'headers' : 'orphan';
};

/** Why a block does not leave, as the kind and the detail of a notice. */
const faultOf = ({ fault }: Open, ending: Ending): [kind: string, detail: string] | undefined => {
	if (fault) return ['bad_block', fault];
	if (ending === 'cut') return ['bad_block', 'lines are missing behind its rows'];
	if (ending === 'term') return ['torn_block', 'the stage was stopped inside this histogram'];
	return undefined;
};

export type Blocks = {
	openMap: (ts: number, head: Head, learn?: Learn) => void;
	openTable: (ts: number, table: Table) => void;
	mapRow: (row: Row, line: number) => void;
	tableRow: (row: TableRow, line: number) => void;
	/** A row of a block whose header never came. */
	orphan: () => void;
	/** A damaged row: what it belongs to is dropped. */
	spoil: (fault: string) => void;
	/** A line that belongs to no block. */
	noise: () => void;
	/** Lines of a chart under a map's header; false when no header is waiting for rows. */
	chart: (begins: boolean) => boolean;
	close: (ending: Ending) => void;
	/** Forget the open histogram: it will be read again. */
	forget: () => void;
	/** Whether a header has come whose histogram has not ended, and whether it is a map's. */
	isOpen: () => boolean;
	inMap: () => boolean;
	/** Whether rows have come that have not left yet. */
	holdsRows: () => boolean;
	/** Whether nothing is open and nothing that ended in doubt may still go on. */
	isClear: () => boolean;
};

export const createBlocks = (emitter: Emitter, sink: Sink): Blocks => {
	let open: Open | undefined;
	let doubtful: { ts: number; tainted: Address | Series } | undefined;

	const warnOfOrphan = () => sink.warn('half a histogram, rows or header alone, is skipped', 'orphan');
	const leave = (found: Open, ending: Ending) => {
		const { block } = found;
		const [kind, detail] = faultOf(found, ending) ?? [];
		if (kind !== undefined) {
			sink.count('blocks_dropped');
			emitter.notice(block.ts, { kind, count: 1, detail: detail! }, block.tainted);
		} else block.leave(emitter, ending === 'blank');
	};
	const close = (ending: Ending) => {
		if (!open) {
			if (ending === 'blank' || ending === 'next') doubtful = undefined;
			return;
		}
		const found = open;
		open = undefined;
		doubtful = endedInDoubt(ending) && found.rows > 0 ? found.block : undefined;
		const isEmpty = found.rows === 0 && found.fault === '';
		const category = isEmpty ? withoutRows(found, ending) : 'headers';
		sink.count(category);
		if (category === 'orphan') warnOfOrphan();
		if (category === 'headers') leave(found, ending);
	};
	const begin = (block: Open['block']) => {
		close('next');
		open = { block, rows: 0, noise: 0, fault: '', isChart: false };
	};
	const orphan = () => {
		sink.count('orphan');
		warnOfOrphan();
		if (!doubtful) return;
		const detail = 'more rows came after this histogram was taken as ended';
		emitter.notice(doubtful.ts, { kind: 'bad_block', count: 1, detail }, doubtful.tainted);
		doubtful = undefined;
	};
	const judge = (found: Open, fault: string, line: number) => {
		found.rows += 1;
		if (fault === '') return sink.count('rows');
		found.fault ||= fault;
		sink.bad(fault, line);
	};
	return {
		openMap: (ts, head, learn) => begin(createMapBlock(ts, head, learn)),
		openTable: (ts, table) => begin(createTableBlock(ts, table)),
		mapRow: (row, line) => {
			if (open?.block.kind !== 'map') return orphan();
			judge(open, open.block.add(row), line);
		},
		tableRow: (row, line) => {
			if (open?.block.kind !== 'table') return orphan();
			judge(open, open.block.add(row), line);
		},
		orphan,
		spoil: (fault) => {
			if (open) open.fault ||= fault;
		},
		noise: () => {
			sink.count('noise');
			if (open && ++open.noise > MOST_NOISE) close('noise');
		},
		chart: (begins) => {
			if (open?.block.kind !== 'map' || open.rows > 0) return false;
			open.isChart ||= begins;
			return open.isChart;
		},
		close,
		forget: () => {
			if (open) sink.count('headers');
			open = undefined;
		},
		isOpen: () => open !== undefined,
		inMap: () => open?.block.kind === 'map',
		holdsRows: () => open !== undefined && open.rows > 0,
		isClear: () => open === undefined && doubtful === undefined,
	};
};
