// table-block: a table while its rows come in

import type { Emitter, Table } from '../print/emitter.ts';
import type { Series } from '../print/naming.ts';
import { countJson } from '../print/range.ts';
import { rangesOf, rowFault, type TableRow } from './table.ts';

export type TableBlock = {
	kind: 'table';
	ts: number;
	/** The series, which a notice about the block names. */
	tainted: Series;
	/** Take a row in; why it cannot come here, in words, or ''. */
	add: (row: TableRow) => string;
	/** Emit the table. */
	leave: (emitter: Emitter) => void;
};

const TWO_TO_32 = 2n ** 32n;

export const createTableBlock = (ts: number, table: Table): TableBlock => {
	const rows: TableRow[] = [];
	return {
		kind: 'table',
		ts,
		tainted: table.series,
		add: (row) => {
			const fault = rowFault(rows, row);
			if (fault === '') rows.push(row);
			return fault;
		},
		leave: (emitter) => {
			const counts = rows.map(({ count }) => (count < 0n ? count + TWO_TO_32 : count));
			const buckets = rangesOf(rows).map(({ json }, at) => `${json}${countJson(counts[at]!)}]`);
			emitter.table(table, buckets.join(','));
			const wrapped = rows.filter(({ count }) => count < 0n).length;
			const detail = 'counts printed as negative are 32-bit ones from 2^31 up; they wrap at 2^32';
			if (wrapped > 0) emitter.notice(ts, { kind: 'wrapped_count', count: wrapped, detail }, table.series);
		},
	};
};
