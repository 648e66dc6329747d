// map-block: the histogram of a map or of one of its keys while its rows come in

import type { Emitter } from '../../print/emitter.ts';
import { orderFault } from '../../print/range.ts';
import type { Fixed } from '../../print/records.ts';
import type { Head } from './map-line.ts';
import { countOf, type Row } from './row.ts';

/** Called with what a header's records have in common, once a block of it has left in good order. */
export type Learn = (fixed: Fixed, run: string) => void;

export type MapBlock = {
	kind: 'map';
	ts: number;
	/** The map, which a notice about the block names. */
	tainted: Head;
	/** Take a row in; why it cannot come here, in words, or ''. */
	add: (row: Row) => string;
	/** Emit the histogram; `isEnded` when what came behind it is what bpftrace puts there. */
	leave: (emitter: Emitter, isEnded: boolean) => void;
};

const TWO_TO_31 = 2n ** 31n;
const TWO_TO_32 = 2n ** 32n;

// The last row of releases before 0.20 also holds all that is larger; only a blank after the colon tells them.
const isSaturated = (head: Head, last: Row | undefined): last is Row =>
	head.blankAfter &&
	last !== undefined &&
	last.count !== '0' &&
	last.range.lower === TWO_TO_31 &&
	last.range.upper === TWO_TO_32;

export const createMapBlock = (ts: number, head: Head, learn: Learn | undefined): MapBlock => {
	let buckets = '';
	let edge: bigint | null | undefined;
	let last: Row | undefined;
	let total = 0;
	return {
		kind: 'map',
		ts,
		tainted: head,
		add: (row) => {
			const fault = orderFault(edge, row.range);
			if (fault !== '') return fault;
			edge = row.range.upper;
			last = row;
			total += countOf(row);
			buckets += `${row.range.json}${row.count}],`;
			return '';
		},
		leave: (emitter, isEnded) => {
			emitter.histogram(head, buckets.slice(0, -1), total);
			const detail = 'before bpftrace 0.20 the row [2G, 4G) also counts everything from 4G up';
			if (isSaturated(head, last))
				emitter.notice(ts, { kind: 'saturated', count: JSON.parse(last.count), detail }, head);
			if (!isEnded || !learn) return;
			const { fixed, run } = emitter.fixed(head);
			learn(fixed, run);
		},
	};
};
