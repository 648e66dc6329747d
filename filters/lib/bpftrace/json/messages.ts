// messages: one line of `bpftrace -f json`, and of the dictionaries that bcc tools print under -j
// Bounds are inclusive there, whole numbers may be quoted, and from release 0.24 on counts may be hexadecimal.

import { dictionaryOf } from '../../bcc/dictionary.ts';
import { type Json, member, membersOf, readJson } from '../../json/json.ts';
import { excerpt } from '../../log.ts';
import { type Emitter, lostEvents, type Sink, skipChart } from '../../print/emitter.ts';
import type { Address } from '../../print/naming.ts';
import type { Print } from '../../print/print.ts';
import { faultIn, parseRecord } from '../../record.ts';
import { exactJson } from '../text/row.ts';
import type { Stats } from '../text/value.ts';
import { bucketsOf, wholeOf } from './buckets.ts';

export type JsonLines = {
	/** Take in a line that `isJsonLine`; what it holds is emitted with the time `ts`. */
	take: (text: string, line: number) => void;
};

/** Whether a line is one of bpftrace's JSON objects, a bcc dictionary, or a record of our own. */
export const isJsonLine = (line: string): boolean => /^(?:\{"type": ?"|\{'ts': )/.test(line);

// Before 0.16 an empty map left its value out, which is no JSON.
const EMPTY = /^\{"type": ?"(map|hist|stats)", ?"data": ?\{"@(\w*)": *\}\}$/;
const HISTOGRAM = /^\{"type": ?"hist", ?"data": ?\{"@(\w*)"/;
const TSERIES = /^\{"type": ?"tseries"/;
const RECORD = /^\{"type": ?"(?:histogram|sum|gauge|sample|sketch|notice)"/;
// A control character that JSON has no short escape for; not one behind an escaped backslash.
const CONTROL = /(?<!\\)(?:\\\\)*\\u00(?:0[0-7bBeEfF]|1[0-9a-fA-F])/;
const TEXT_TYPES = new Set(['printf', 'time', 'value', 'cat', 'join', 'syscall', 'errorf', 'warnf']);
/** The value of a map: quoted only where JSON's own numbers end, else a text of digits is a text. */
const numberOf = (value: Json): bigint | undefined => {
	const whole = wholeOf(value);
	const isText = typeof value === 'string' && whole !== undefined && Number.isSafeInteger(Number(whole));
	return isText ? undefined : whole;
};

const statsOf = (value: Json): Stats | undefined => {
	const [count, average, total] = ['count', 'average', 'total'].map((name) => wholeOf(member(value, name)));
	const isWhole = count !== undefined && average !== undefined && total !== undefined;
	return isWhole && membersOf(value)?.length === 3 ? { count, average, total } : undefined;
};

/** `control` takes a control line that a script printed. */
export const createJsonLines = (
	emitter: Emitter,
	sink: Sink,
	print: Print,
	control: (line: string) => void,
): JsonLines => {
	const time = print.ts;
	// Whether this stream's counts may be hexadecimal, and whether its release is one that never does that.
	let suspect = false;
	let isOld = false;
	let fault = '';
	// A dictionary's own time has no zone, but another one is another print.
	let lastTime = '';

	const refuse = (what: string, address?: Address) => {
		fault ||= what;
		if (!address) return;
		sink.count('blocks_dropped');
		emitter.notice(time(), { kind: 'bad_block', count: 1, detail: what }, address);
	};
	const quarantine = (map: string) => {
		sink.count('suspect_hexadecimal');
		const detail =
			'a control character was printed before, after which bpftrace 0.24 on counts in hexadecimal';
		const address = { map, key: '', keyed: false, dialect: 'json' as const };
		emitter.notice(time(), { kind: 'suspect_hexadecimal', count: 1, detail }, address);
		sink.warn('histogram counts may be hexadecimal and are left out', 'hexadecimal');
	};
	const histogram = (address: Address, list: Json) => {
		if (!Array.isArray(list)) return refuse('a histogram is not a list of buckets', address);
		const { json, fault: wrong, saturated } = bucketsOf(list);
		if (wrong) return refuse(wrong, address);
		emitter.histogram(address, json, 0);
		const detail = 'before bpftrace 0.20 the row from 2^31 also counts everything above';
		if (saturated > 0n) {
			const count = JSON.parse(exactJson(saturated.toString()));
			emitter.notice(time(), { kind: 'saturated', count, detail }, address);
		}
	};
	const scalar = (address: Address, value: Json, isStats: boolean) => {
		const stats = isStats ? statsOf(value) : undefined;
		const number = numberOf(value);
		if (stats) emitter.stats(address, stats);
		else if (number !== undefined) emitter.number(address, number, isStats);
		else sink.count('values_skipped');
	};
	/** Each key of each map to `each`, a map without keys being its own. */
	const entries = (
		data: Json | undefined,
		isWhole: (value: Json) => boolean,
		each: (address: Address, value: Json) => void,
	) => {
		const maps = membersOf(data)?.filter(([name]) => /^@\w*$/.test(name)) ?? [];
		if (maps.length === 0) refuse('no map is in it');
		for (const [name, value] of maps) {
			const address = { map: name.slice(1), key: '', keyed: false, dialect: 'json' as const };
			if (isWhole(value)) {
				each(address, value);
				continue;
			}
			for (const [key, inner] of membersOf(value)!) each({ ...address, key, keyed: true }, inner);
		}
	};
	const isKeyless = (value: Json) => membersOf(value) === undefined || statsOf(value) !== undefined;

	const text = (data: Json | undefined): string => {
		const lines = typeof data === 'string' ? data.split('\n') : [];
		const times = lines.filter((line) => line.startsWith('#!ts '));
		times.forEach(control);
		return times.length > 0 ? 'json' : 'noise';
	};
	const lost = (message: Json): string => {
		const data = member(message, 'data') ?? message;
		const count = wholeOf(member(data, 'events') ?? member(data, 'count'));
		if (count === undefined) refuse('a number of lost events is missing');
		else if (suspect) {
			const detail = `lost_events ${count}, which may be hexadecimal`;
			emitter.notice(time(), { kind: 'suspect_hexadecimal', count: 1, detail });
		} else emitter.notice(time(), lostEvents(count));
		return 'lost';
	};
	const attached = (message: Json): string => {
		suspect = false;
		isOld = member(member(message, 'data'), 'count') === undefined;
		return 'status';
	};
	const helper = (message: Json): string => {
		const detail = member(message, 'msg');
		const remark = { kind: 'helper_error', count: 1, detail: typeof detail === 'string' ? detail : '' };
		emitter.notice(time(), remark);
		return 'status';
	};
	const histograms = (message: Json, line: string): string => {
		// Only releases before 0.24 put a blank behind the comma between two buckets.
		isOld ||= line.includes('}, {"min"');
		const data = member(message, 'data');
		if (suspect && !isOld) for (const [name] of membersOf(data) ?? []) quarantine(name.slice(1));
		else entries(data, (value) => membersOf(value) === undefined, histogram);
		return 'json';
	};
	const scalars = (message: Json, isStats: boolean): string => {
		entries(member(message, 'data'), isKeyless, (address, value) => scalar(address, value, isStats));
		return 'json';
	};

	/** A message by its type; what is returned is what its line counts as. */
	const dispatch = (message: Json, line: string): string => {
		const type = member(message, 'type');
		if (type === 'hist') return histograms(message, line);
		if (type === 'map' || type === 'stats') return scalars(message, type === 'stats');
		if (type === 'tseries') return 'tseries';
		if (type === 'lost_events') return lost(message);
		if (type === 'attached_probes') return attached(message);
		if (type === 'helper_error' || type === 'runtime_error') return helper(message);
		if (typeof type === 'string' && TEXT_TYPES.has(type)) {
			return text(member(message, 'data') ?? member(message, 'msg'));
		}
		return 'noise';
	};
	const record = (line: string): string => {
		const parsed = parseRecord(line);
		const wrong = parsed ? faultIn(parsed) : 'not a record';
		if (wrong) refuse(wrong);
		else emitter.line(line);
		return 'passed';
	};
	const unreadable = (line: string, error: Error): string => {
		const empty = EMPTY.exec(line);
		if (empty) {
			const address = { map: empty[2]!, key: '', keyed: false, dialect: 'json' as const };
			if (empty[1] === 'hist') emitter.histogram(address, '', 0);
			return 'json';
		}
		// Release 0.24 wrote the times of a tseries without quotes.
		if (TSERIES.test(line)) return 'tseries';
		const map = HISTOGRAM.exec(line)?.[1];
		if (suspect && map !== undefined) quarantine(map);
		else if (map !== undefined) refuse(error.message, { map, key: '', keyed: false, dialect: 'json' });
		refuse(error.message);
		return 'bad';
	};
	const dictionary = (line: string): string => {
		const { fault: wrong, time: when, valueType, attributes, buckets } = dictionaryOf(readJson(line, "'"));
		if (when !== lastTime) print.between('time');
		lastTime = when;
		if (wrong) refuse(wrong);
		else {
			const table = emitter.tableOf(valueType, { attributes }, 'lost');
			emitter.table(table.repeat === 'label' ? { ...table, repeat: 'member' } : table, buckets);
		}
		return 'json';
	};
	/** A line is a map printed whole: what it holds twice is one print, what another line holds is the next. */
	const take = (line: string, at: number) => {
		const isTable = line[1] === "'";
		if (!isTable) print.endRun();
		takeIn(line, at);
		if (!isTable) print.endRun();
	};
	const takeIn = (line: string, at: number) => {
		fault = '';
		if (line[1] === '"' && CONTROL.test(line)) suspect = true;
		let category: string;
		try {
			if (RECORD.test(line)) category = record(line);
			else if (line[1] === "'") category = dictionary(line);
			else category = dispatch(readJson(line), line);
		} catch (error) {
			if (!(error instanceof SyntaxError)) throw error;
			category = unreadable(line, error);
		}
		if (category === 'tseries') skipChart(sink);
		else if (fault) sink.bad(`${fault}: ${excerpt(line)}`, at);
		else sink.count(category);
	};
	return { take };
};
