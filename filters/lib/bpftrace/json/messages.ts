// messages: one line of `bpftrace -f json`
// Bounds are inclusive there, whole numbers may be quoted, and from release 0.24 on counts may be hexadecimal.

import { type Json, member, readJson, wholeOf } from '../../json/json.ts';
import { type Emitter, lostEvents, type Sink } from '../../print/emitter.ts';
import type { Address } from '../../print/naming.ts';
import { digitsJson } from '../../print/range.ts';
import { bucketsOf } from './buckets.ts';
import { createHexadecimal } from './hexadecimal.ts';
import { isHistogram, isNumber, mapAddress, mapsIn, numberOf, statsOf, valuesIn } from './values.ts';

/** What a line counts as, and what is wrong with it, in words, or ''. */
export type Taken = { kind: string; fault: string };

/** Takes in a line. */
export type Messages = (line: string) => Taken;

// Before 0.16 an empty map left its value out, which is no JSON.
const EMPTY = /^\{"type": ?"(map|hist|stats)", ?"data": ?\{"@(\w*)": *\}\}$/;
const HISTOGRAM = /^\{"type": ?"hist", ?"data": ?\{"@(\w*)"/;
const TSERIES = /^\{"type": ?"tseries"/;
const OTHER_TYPES = new Set([
	...['hist', 'map', 'stats', 'tseries', 'lost_events', 'attached_probes', 'helper_error', 'runtime_error'],
]);

/** Whether bpftrace calls a message so. */
export const isMessageType = (type: string): boolean => TEXT_TYPES.has(type) || OTHER_TYPES.has(type);

const NO_MAP = 'no map is in it';
const TEXT_TYPES = new Set(['printf', 'time', 'value', 'cat', 'join', 'syscall', 'errorf', 'warnf']);

/** `time` is that of the print; `control` takes a control line that a script printed. */
export const createMessages = (
	emitter: Emitter,
	sink: Sink,
	time: () => number,
	control: (line: string) => void,
): Messages => {
	const hexadecimal = createHexadecimal();

	const refuse = (what: string, address: Address): string => {
		sink.count('blocks_dropped');
		emitter.notice(time(), { kind: 'bad_block', count: 1, detail: what }, address);
		return what;
	};
	const quarantine = (map: string) => {
		sink.count('suspect_hexadecimal');
		const detail =
			'a control character was printed before, after which bpftrace 0.24 on counts in hexadecimal';
		emitter.notice(time(), { kind: 'suspect_hexadecimal', count: 1, detail }, mapAddress(map));
		sink.warn('histogram counts may be hexadecimal and are left out', 'hexadecimal');
	};
	/** What is wrong with the histogram, or ''. */
	const histogram = (address: Address, list: Json): string => {
		if (!Array.isArray(list)) return refuse('a histogram is not a list of buckets', address);
		const { json, fault, saturated } = bucketsOf(list);
		if (fault) return refuse(fault, address);
		emitter.histogram(address, json, 0);
		const detail = 'before bpftrace 0.20 the row from 2^31 also counts everything above';
		if (saturated > 0n) {
			const count = JSON.parse(digitsJson(saturated.toString()));
			emitter.notice(time(), { kind: 'saturated', count, detail }, address);
		}
		return '';
	};
	const histograms = (message: Json, line: string): Taken => {
		const data = member(message, 'data');
		if (hexadecimal.mayBeIn(line)) {
			for (const map of mapsIn(data)) quarantine(map);
			return { kind: 'json', fault: '' };
		}
		const faults = valuesIn(data, isHistogram)?.map(([address, list]) => histogram(address, list));
		return { kind: 'json', fault: faults ? (faults.find(Boolean) ?? '') : NO_MAP };
	};
	const numbers = (message: Json, isStats: boolean): Taken => {
		const values = valuesIn(member(message, 'data'), isNumber);
		for (const [address, value] of values ?? []) {
			const stats = isStats ? statsOf(value) : undefined;
			const number = numberOf(value);
			if (stats) emitter.stats(address, stats);
			else if (number !== undefined) emitter.number(address, number, isStats);
			else sink.count('values_skipped');
		}
		return { kind: 'json', fault: values ? '' : NO_MAP };
	};
	const text = (data: Json | undefined): string => {
		const lines = typeof data === 'string' ? data.split('\n') : [];
		const times = lines.filter((line) => line.startsWith('#!ts '));
		times.forEach(control);
		return times.length > 0 ? 'json' : 'noise';
	};
	const lost = (message: Json): Taken => {
		const data = member(message, 'data') ?? message;
		const count = wholeOf(member(data, 'events') ?? member(data, 'count'));
		if (count === undefined) return { kind: 'lost', fault: 'a number of lost events is missing' };
		const detail = `lost_events ${count}, which may be hexadecimal`;
		const suspect = { kind: 'suspect_hexadecimal', count: 1, detail };
		emitter.notice(time(), hexadecimal.mayBe() ? suspect : lostEvents(count));
		return { kind: 'lost', fault: '' };
	};
	const helper = (message: Json) => {
		const detail = member(message, 'msg');
		const remark = { kind: 'helper_error', count: 1, detail: typeof detail === 'string' ? detail : '' };
		emitter.notice(time(), remark);
	};
	/** A message by its type. */
	const dispatch = (message: Json, line: string): Taken => {
		const type = member(message, 'type');
		const as = (kind: string) => ({ kind, fault: '' });
		if (type === 'hist') return histograms(message, line);
		if (type === 'map' || type === 'stats') return numbers(message, type === 'stats');
		if (type === 'tseries') return as('tseries');
		if (type === 'lost_events') return lost(message);
		if (type === 'attached_probes') {
			hexadecimal.started(member(member(message, 'data'), 'count') === undefined);
			return as('status');
		}
		if (type === 'helper_error' || type === 'runtime_error') {
			helper(message);
			return as('status');
		}
		if (typeof type === 'string' && TEXT_TYPES.has(type))
			return as(text(member(message, 'data') ?? member(message, 'msg')));
		return as('noise');
	};
	const unreadable = (line: string, fault: string): Taken => {
		const empty = EMPTY.exec(line);
		if (empty) {
			if (empty[1] === 'hist') emitter.histogram(mapAddress(empty[2]!), '', 0);
			return { kind: 'json', fault: '' };
		}
		// Release 0.24 wrote the times of a tseries without quotes.
		if (TSERIES.test(line)) return { kind: 'tseries', fault: '' };
		const map = HISTOGRAM.exec(line)?.[1];
		if (hexadecimal.mayBe() && map !== undefined) quarantine(map);
		else if (map !== undefined) refuse(fault, mapAddress(map));
		return { kind: 'bad', fault };
	};
	return (line) => {
		hexadecimal.look(line);
		try {
			return dispatch(readJson(line), line);
		} catch (error) {
			if (!(error instanceof SyntaxError)) throw error;
			return unreadable(line, error.message);
		}
	};
};
