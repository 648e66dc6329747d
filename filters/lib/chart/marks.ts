// marks: what is written at an axis of buckets or of values

import { nice, ticks } from 'd3-array';
import type { Row } from '../history/answers.ts';
import type { Exact } from '../record.ts';
import { isBinary, valueText } from './quantity.ts';
import type { Mark } from './time.ts';

const edgeOf = (rows: Row[], at: number): Exact | null | undefined =>
	at < rows.length ? rows[at]![0] : rows.at(-1)?.[1];

/**
 * The edges of buckets as marks, at whole numbers: the edge below row `at`. Rows have equal heights, whatever their
 * width. `room` is how many marks fit; an edge that is missing is infinity.
 */
export const rowMarks = (rows: Row[], unit: string, room: number): Mark[] => {
	const edges = rows.length + 1;
	const every = Math.max(1, Math.ceil(edges / Math.max(2, room)));
	const marks: Mark[] = [];
	for (let at = 0; at < edges; at += every) {
		const edge = edgeOf(rows, at);
		if (edge === undefined) continue;
		marks.push({ at, text: edge === null ? (at === 0 ? '-∞' : '∞') : valueText(edge, unit) });
	}
	return marks;
};

/** Round values from `least` to `most`, about `count`, and the range of a scale that holds them. */
export const valueMarks = (
	least: number,
	most: number,
	unit: string,
	count: number,
): { marks: Mark[]; range: [number, number] } => {
	const low = Math.min(least, most);
	// What differs by less than a float can tell is one value, and one value needs some room about it.
	const isOne = Math.abs(most - least) <= Math.max(Math.abs(most), Math.abs(least), 1e-300) * 1e-9;
	const high = isOne
		? Math.max(most, low + (Math.abs(low) > 1e-300 ? Math.abs(low) : 1))
		: Math.max(most, least);
	// Bytes are round in the unit that they are written with.
	const power = Math.floor(Math.log2(Math.max(Math.abs(low), Math.abs(high), 1)) / 10);
	const size = isBinary(unit) ? 1024 ** power : 1;
	const room = Math.max(2, count);
	const [from, to] = nice(low / size, high / size, room).map((edge) => edge * size) as [number, number];
	const marks = ticks(from / size, to / size, room).map((at) => ({
		at: at * size,
		text: valueText(at * size, unit),
	}));
	return { marks, range: [Math.min(from, low), Math.max(to, high)] };
};
