// stats: what the parts of a state take: records, holes, bits and bytes a field

import type { AnyTable, State } from '../blob/state.ts';
import { BytesColumn } from '../blob/type/bytes-column.ts';
import { HashedTable } from '../blob/type/hashed-table.ts';
import { ListTable } from '../blob/type/list-table.ts';

/** A part of a type: a field, or the pointers, elements and so on of a collection. */
export type PartStats = { name: string; bits: number; bytes: number };
/** A type: populated ordinals, free ones below the greatest, and its parts. */
export type TypeStats = { name: string; records: number; holes: number; shards: number; parts: PartStats[] };

const entriesOf = (table: ListTable | HashedTable, ordinals: Int32Array): number => {
	let sum = 0;
	for (const ordinal of ordinals) sum += table.runs.length[ordinal]!;
	return table instanceof HashedTable ? sum / table.step : sum;
};

/** How often a part of a type is stored. */
const timesOf = (table: AnyTable, name: string, ordinals: Int32Array): number => {
	if (!(table instanceof ListTable) && !(table instanceof HashedTable)) return ordinals.length;
	return name === 'pointer' || name === 'size' ? ordinals.length : entriesOf(table, ordinals);
};

const variableBytes = (table: AnyTable, name: string, ordinals: Int32Array): number => {
	const column = 'columns' in table ? table.column(name) : undefined;
	if (!(column instanceof BytesColumn)) return 0;
	let sum = 0;
	for (const ordinal of ordinals) sum += Math.max(0, column.arena.length[ordinal]!);
	return sum;
};

/** Every type of the current state, in the blob's order. */
export const statsOf = (state: State): TypeStats[] =>
	[...state.tables].map(([name, table]) => {
		const ordinals = table.current.list();
		const { widths } = table.measure(ordinals, table.shards);
		const parts = Object.entries(widths).map(([part, bits]) => ({
			name: part,
			bits,
			bytes: Math.ceil((bits * timesOf(table, part, ordinals)) / 8) + variableBytes(table, part, ordinals),
		}));
		const records = ordinals.length;
		return { name, records, holes: table.current.max() + 1 - records, shards: table.shards, parts };
	});

const right = (value: string | number, width: number): string => String(value).padStart(width);

/** The same as a table for people. */
export const statsText = (state: State): string => {
	const all = statsOf(state);
	const widths = all.flatMap(({ name, parts }) => [
		name.length,
		...parts.map((part) => part.name.length + 2),
	]);
	const wide = widths.reduce((most, width) => Math.max(most, width), 4);
	const lines = [
		`${'type'.padEnd(wide)}${right('records', 10)}${right('holes', 8)}${right('bits', 6)}${right('bytes', 12)}`,
	];
	for (const { name, records, holes, parts } of all) {
		const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
		lines.push(
			`${name.padEnd(wide)}${right(records, 10)}${right(holes, 8)}${right('', 6)}${right(bytes, 12)}`,
		);
		for (const part of parts)
			lines.push(`  ${part.name.padEnd(wide + 16)}${right(part.bits, 6)}${right(part.bytes, 12)}`);
	}
	return `${lines.join('\n')}\n`;
};
