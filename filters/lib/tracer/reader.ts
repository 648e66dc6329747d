// reader: bytes of bpftrace or bcc output in, records out
// Every line is counted under exactly one name, so that what came in can be told from what was understood.

import { createShortCut } from '../bpftrace/text/short-cut.ts';
import { createEmitter, type Sink } from '../print/emitter.ts';
import type { Settings } from '../print/naming.ts';
import { createPrint, type Print } from '../print/print.ts';
import { createBlocks } from './blocks.ts';
import { createControls } from './controls.ts';
import { behindHole } from './hole.ts';
import { createJsonLines } from './json-lines.ts';
import { createKeyLines } from './key-lines.ts';
import { textOf, withoutFront } from './line-text.ts';
import { createLines } from './lines.ts';
import { createNoise, type Noise } from './noise.ts';

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

/** The sink of what is read line by line: its records take their place among those of the print. */
const inOrder = (sink: Sink, print: Print, noise: Noise): Sink => ({
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
});

export const createReader = (
	settings: Settings,
	sink: Sink,
	{ now = Date.now, fast: isFast = true }: Surroundings = {},
): Reader => {
	let number = 0;
	// The header of this line, when the short cut did not know it.
	let missed = '';
	const warn = (message: string, like: string) => sink.warn(`<stdin>:${number}: ${message}`, like);
	const noise = createNoise((message) => sink.warn(`<stdin>: ${message}`, 'noise'));
	const shortCut = createShortCut();
	const { text, count } = sink;
	const print = createPrint({ settings, shortCut, text, now, warn, count });
	const ordered = inOrder(sink, print, noise);
	const emitter = createEmitter(settings, ordered, print);
	const blocks = createBlocks(emitter, ordered);
	const controls = createControls(emitter, print, shortCut.forget);
	const lines = createLines({
		...{ emitter, blocks, print, sink: ordered, warn, control: controls.take },
		json: createJsonLines(emitter, ordered, print, controls.take),
		learn: () => {
			const header = missed;
			return header === '' ? undefined : (fixed, run) => shortCut.learn(header, fixed, run);
		},
	});
	const keyLines = createKeyLines(lines, count);

	/** Bytes are missing here: nothing goes on over the gap, and a histogram in it is damaged. */
	const gap = (fault: string) => {
		keyLines.giveUp();
		lines.dropAbove();
		blocks.spoil(fault);
	};
	/** NULs came before this line: the start of another one is lost there, and rows may be. */
	const hole = () => {
		gap('NULs stand between its rows');
		count('holes');
		warn('NULs, as in a file truncated while it is written; what stands behind them is read', 'holes');
	};
	const takeLine = (text: string) => {
		number += 1;
		const behind = text.includes('\0') ? behindHole(text) : undefined;
		if (behind !== undefined) hole();
		if (behind === '') return ordered.count('noise');
		keyLines.take(behind === undefined ? text : withoutFront(behind), number);
	};
	const takeFast = (bytes: Buffer, view: DataView, at: number): number => {
		if (!isFast || keyLines.isOpen() || !lines.isClear() || !blocks.isClear()) return at;
		const next = shortCut.block(bytes, view, at, print);
		missed = shortCut.missed();
		if (next === at) return at;
		const rows = shortCut.rows();
		number += rows + 2;
		ordered.count('headers');
		count('rows', rows);
		count('blank');
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
			const isLine = what === 'line';
			if (isLine) number += 1;
			gap(
				isLine
					? `a line of ${length} bytes inside it is too long`
					: `a hole of ${length} NUL bytes is inside it`,
			);
		},
		quiet: (quietMs) => {
			const isIdle = quietMs >= IDLE_MS;
			if (isIdle && blocks.holdsRows()) blocks.close('idle');
			if (isIdle || (quietMs >= PAUSE_MS && !blocks.isOpen() && !keyLines.isOpen())) print.pause();
		},
		holds: () => blocks.holdsRows() || print.isOpen(),
		end: (how) => {
			keyLines.giveUp();
			lines.dropAbove();
			// The source was stopped, or we are: what has not ended will be read again whole.
			if (controls.isCut()) {
				blocks.forget();
				print.forget();
			} else blocks.close(how);
			print.endRun();
			print.sync();
			if (how === 'eof') noise.end();
		},
	};
};
