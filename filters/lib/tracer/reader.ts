// reader: bytes of bpftrace or bcc output in, records out
// Every line is counted under exactly one name, so that what came in can be told from what was understood.

import { createJsonLines } from '../bpftrace/json/messages.ts';
import { mapLineOf, opensKey } from '../bpftrace/text/map-line.ts';
import { createFast } from '../bpftrace/text/short-cut.ts';
import { statusOf } from '../bpftrace/text/status.ts';
import { createEmitter, type Sink } from '../print/emitter.ts';
import type { Settings } from '../print/naming.ts';
import { createPrint } from '../print/print.ts';
import { parseControl } from '../record.ts';
import { createBlocks } from './blocks.ts';
import { behindHole } from './hole.ts';
import { textOf, withoutFront } from './line-text.ts';
import { createLines } from './lines.ts';
import { createLongKey } from './long-key.ts';
import { createNoise } from './noise.ts';

const NEWLINE = 10;
const AT_SIGN = 64;

/** The names that lines are counted under; their sum is the number of lines. */
export const LINE_KINDS = [
	...['blank', 'control', 'headers', 'rows', 'scalars', 'json', 'status', 'lost', 'noise'],
	...['not_numeric', 'tseries', 'orphan', 'bad', 'sections', 'passed'],
] as const;

const UNDERSTOOD = new Set(['headers', 'scalars', 'json', 'passed', 'tseries']);

/** No program pauses so long inside a print. */
export const PAUSE_MS = 250;
/** After so long a histogram is whole. */
const IDLE_MS = 1000;

export type Reader = {
	/** Take runs of whole lines, each ending in a newline; how many lines that were. */
	take: (bytes: Buffer) => number;
	/** So many bytes were left out, a line too long or a hole of NULs; a histogram that they stood in is damaged. */
	skipped: (length: number, what?: 'line' | 'hole') => void;
	/** Nothing has come for `quietMs`: soon a print that has no histogram open is over, and later one with rows, too. */
	quiet: (quietMs: number) => void;
	/** Whether `quiet` would ever do anything. */
	holds: () => boolean;
	end: (how: 'eof' | 'term') => void;
};

/** What a reader depends on beyond its input: the clock before the first `#!ts`, and whether to take short cuts. */
export type Surroundings = { now?: () => number; fast?: boolean };

export const createReader = (
	settings: Settings,
	sink: Sink,
	{ now = Date.now, fast: isFast = true }: Surroundings = {},
): Reader => {
	let number = 0;
	const warnHere = (message: string, like: string) => sink.warn(`<stdin>:${number}: ${message}`, like);
	const noise = createNoise((message) => sink.warn(`<stdin>: ${message}`, 'noise'));
	const fast = createFast();
	const { text } = sink;
	const print = createPrint({ settings, fast, text, now, warn: warnHere, count: sink.count });
	const inOrder: Sink = {
		...sink,
		text: print.line,
		count: (name, by = 1) => {
			if (name === 'noise' || name === 'not_numeric') noise.add(by);
			else if (UNDERSTOOD.has(name)) noise.understood();
			sink.count(name, by);
		},
		// Under --strict this throws and is the last that happens, so what was good must have left.
		bad: (what, line) => {
			try {
				sink.bad(what, line);
			} catch (error) {
				print.endRun();
				print.sync();
				throw error;
			}
		},
	};
	const emitter = createEmitter(settings, inOrder, print);
	const blocks = createBlocks(emitter, inOrder);
	const key = createLongKey();
	let hasBarriers = false;
	// The header of this line, when the short cut did not know it.
	let missed = '';

	let isSynthetic = false;
	const mark = (synthetic: boolean) => {
		if (synthetic === isSynthetic) return;
		isSynthetic = synthetic;
		emitter.mark(synthetic);
		fast.forget();
	};
	const control = (line: string) => {
		const parsed = parseControl(line);
		// A barrier keeps its place behind what is held; it does not end a map.
		if (parsed.kind === 'pos') hasBarriers = true;
		else print.endRun();
		if (parsed.kind === 'ts') {
			print.timed(parsed.ms);
			mark(parsed.synthetic);
		}
		emitter.line(line);
	};
	const json = createJsonLines(emitter, inOrder, print, control);
	const lines = createLines({
		...{ emitter, blocks, print, sink: inOrder, warn: warnHere, json: json.take, control },
		learn: () => {
			const header = missed;
			return header === '' ? undefined : (fixed, run) => fast.learn(header, fixed, run);
		},
	});

	/** The key did not end: its first line is damaged, and the others are what they are. */
	const giveUpKey = () => {
		const [first, ...others] = key.giveUp();
		if (!first) return;
		lines.badMap(...first);
		for (const [line, at] of others) lines.place(line, at);
	};
	const begin = (line: string, at: number) => {
		if (line[0] !== '@' || !opensKey(line)) return lines.place(line, at);
		const found = mapLineOf(line);
		if (found) return lines.place(line, at, found);
		lines.dropAbove();
		key.open(line, at);
	};
	const continueKey = (line: string, at: number) => {
		const said = statusOf(line);
		if (said) return lines.status(said);
		if (key.isBrokenBy(line)) {
			giveUpKey();
			return begin(line, at);
		}
		const whole = key.add(line, at);
		if (!whole) return;
		// One line counts as the map; the others as its key.
		sink.count('headers', whole.lines - 1);
		lines.map(whole.map);
	};
	/** NULs came before this line: the start of another one is lost there, and rows may be. */
	const hole = () => {
		giveUpKey();
		lines.dropAbove();
		blocks.spoil('NULs stand between its rows');
		sink.count('holes');
		warnHere('NULs, as in a file truncated while it is written; what stands behind them is read', 'holes');
	};
	const takeLine = (text: string) => {
		number += 1;
		const behind = text.includes('\0') ? behindHole(text) : undefined;
		if (behind !== undefined) hole();
		if (behind === '') return inOrder.count('noise');
		const line = behind === undefined ? text : withoutFront(behind);
		if (key.isOpen()) continueKey(line, number);
		else begin(line, number);
	};
	const takeFast = (bytes: Buffer, view: DataView, at: number): number => {
		if (!isFast || key.isOpen() || !lines.isClear() || !blocks.isClear()) return at;
		const next = fast.block(bytes, view, at, print);
		missed = fast.missed();
		if (next === at) return at;
		const rows = fast.rows();
		number += rows + 2;
		inOrder.count('headers');
		sink.count('rows', rows);
		sink.count('blank');
		return next;
	};
	const take = (bytes: Buffer): number => {
		const before = number;
		const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
		for (let at = 0; at < bytes.length; ) {
			missed = '';
			if (bytes[at] === AT_SIGN) {
				const next = takeFast(bytes, view, at);
				if (next > at) {
					at = next;
					continue;
				}
			}
			const newline = bytes.indexOf(NEWLINE, at);
			const end = newline < 0 ? bytes.length : newline;
			takeLine(textOf(bytes, at, end));
			at = end + 1;
		}
		print.sync();
		return number - before;
	};
	return {
		take,
		skipped: (length, what = 'line') => {
			if (what === 'line') number += 1;
			giveUpKey();
			lines.dropAbove();
			blocks.spoil(
				what === 'line'
					? `a line of ${length} bytes inside it is too long`
					: `a hole of ${length} NUL bytes is inside it`,
			);
		},
		quiet: (quietMs) => {
			const isIdle = quietMs >= IDLE_MS;
			if (isIdle && blocks.holdsRows()) blocks.close('idle');
			if (isIdle || (quietMs >= PAUSE_MS && !blocks.isOpen() && !key.isOpen())) print.pause();
		},
		holds: () => blocks.holdsRows() || print.isOpen(),
		end: (how) => {
			giveUpKey();
			lines.dropAbove();
			blocks.close(how);
			if (how === 'term' && hasBarriers) print.forget();
			print.endRun();
			print.sync();
			if (how === 'eof') noise.end();
		},
	};
};
