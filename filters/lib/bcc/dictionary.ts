// dictionary: what bcc tools print under -j, a Python dictionary on one line
// `{'ts': '2031-01-02 03:04:05', 'val_type': 'usecs', 'data': [{'interval-start': 0, 'interval-end': 1, 'count': 3}]}`

import { type Json, member, membersOf, wholeOf } from '../json/json.ts';
import { countJson } from '../print/range.ts';
import { labelOf } from './section.ts';
import { rangesOf, rowFault, type TableRow } from './table.ts';

/** A table off one line; `fault` says what is wrong with it. Its `time` has no zone and only tells prints apart. */
export type Dictionary = {
	fault: string;
	time: string;
	valueType: string;
	attributes: Record<string, string>;
	buckets: string;
};

const intervalOf = (item: Json): TableRow | undefined => {
	const [low, high, count] = ['interval-start', 'interval-end', 'count'].map((name) =>
		wholeOf(member(item, name)),
	);
	if (low === undefined || high === undefined || count === undefined || count < 0n) return undefined;
	return { low, high, count };
};

/** Read the rows into `rows`; why that failed, in words, or ''. */
const gather = (data: Json | undefined, rows: TableRow[]): string => {
	if (!Array.isArray(data)) return 'a list of intervals is missing';
	for (const item of data) {
		const row = intervalOf(item);
		const fault = row ? rowFault(rows, row) : 'an interval is not of whole numbers';
		if (fault) return fault;
		rows.push(row!);
	}
	return '';
};

/** What a dictionary holds. Members other than those of the table are labels, as above a printed one. */
export const dictionaryOf = (message: Json): Dictionary => {
	const rows: TableRow[] = [];
	const fault = gather(member(message, 'data'), rows);
	const [time, valueType] = [member(message, 'ts'), member(message, 'val_type')];
	const labels = (membersOf(message) ?? []).filter(([name]) => !['ts', 'val_type', 'data'].includes(name));
	const buckets = rangesOf(rows).map(({ json }, at) => `${json}${countJson(rows[at]!.count)}]`);
	return {
		fault,
		time: typeof time === 'string' ? time : '',
		valueType: typeof valueType === 'string' ? valueType : '',
		attributes: Object.fromEntries(labels.map(([name, value]) => labelOf(name, String(value)))),
		buckets: buckets.join(','),
	};
};
