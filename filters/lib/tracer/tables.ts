// tables: bcc tables in a stream of lines: what stands above one says which it is, what stands between two, whether
// they are one print

import { createParagraph } from '../bcc/paragraph.ts';
import { headerOf, tableRowOf } from '../bcc/table.ts';
import { tableNameOf } from '../bcc/table-name.ts';
import type { Emitter, Sink } from '../print/emitter.ts';
import type { Print } from '../print/print.ts';
import type { Blocks } from './blocks.ts';

export type Tables = {
	/** A line of text that may turn out to say what the table below it is. */
	above: (line: string) => void;
	/** Something came that is no table: what was held as perhaps belonging to one does not. */
	drop: () => void;
	/** The header of a table, if the line is one. */
	header: (line: string) => boolean;
	/** A row of a table, if the line is one. */
	row: (line: string, at: number) => boolean;
	blank: () => void;
	/** A time of day, which a tool prints before each print. */
	timeOfDay: () => void;
	/** A control line. */
	control: () => void;
	/** Whether nothing is held that the next line may belong to. */
	isClear: () => boolean;
};

export const createTables = (emitter: Emitter, blocks: Blocks, print: Print, sink: Sink): Tables => {
	const paragraph = createParagraph();
	// Whether something stands between the next table and the one before it.
	let isApart = true;

	const giveUp = (lines: number) => {
		for (let at = 0; at < lines; at++) blocks.noise();
	};
	const drop = () => {
		if (!paragraph.isEmpty()) giveUp(paragraph.drop());
	};
	const open = (valueType: string) => {
		const { section, used, others } = paragraph.take();
		giveUp(others);
		sink.count('sections', used);
		// Without `#!ts` lines, tables that only empty lines separate are a tool's prints one after the other.
		const repeat = others === 0 && isApart && !print.isTimed() ? 'again' : 'lost';
		blocks.openTable(print.ts(), emitter.tableOf(tableNameOf(valueType, section), repeat));
	};
	return {
		above: (line) => giveUp(paragraph.add(line)),
		drop,
		header: (line) => {
			const valueType = headerOf(line);
			if (valueType !== undefined) open(valueType);
			return valueType !== undefined;
		},
		row: (line, at) => {
			const row = tableRowOf(line);
			if (!row) return false;
			drop();
			isApart = false;
			blocks.tableRow(row, at);
			return true;
		},
		blank: () => {
			giveUp(paragraph.blank());
			isApart = true;
		},
		timeOfDay: () => {
			// The time itself is one line more.
			giveUp(paragraph.drop() + 1);
			isApart = true;
			print.between('time');
		},
		control: () => {
			drop();
			isApart = true;
		},
		isClear: paragraph.isEmpty,
	};
};
