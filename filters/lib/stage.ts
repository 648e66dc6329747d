// stage: the spine of every program that reads stdin and writes stdout
// It owns line splitting, batching, back-pressure, control lines and the hand-over on TERM;
// a program brings only what it does to a line, a record, or a run of lines.

import { fstatSync, readSync } from 'node:fs';
import type { Transform } from 'node:stream';
import split2 from 'split2';
import { transform } from 'through2';
import { EXIT, naming } from './failure.ts';
import { LONGEST_LINE, wholeLines } from './lines.ts';
import { excerpt } from './log.ts';
import {
	announceReady,
	type Context,
	type Emit,
	launch,
	type OptionSpec,
	onStop,
	type Program,
	type Usage,
} from './program.ts';
import type { AnyRecord, Control, Gauge, Histogram, Notice, Sample, Sum } from './record.ts';
import { END_LINE, faultIn, isControl, parseControl, parseRecord, typeOf } from './record.ts';

export type { Context, Emit } from './program.ts';

/** A handler may return a promise; the next line then waits for it. */
type Wait = void | Promise<void>;

/** What bytes were that are left out. */
export type Skipped = 'line' | 'hole';

/**
 * What a program does. It names the record types it handles; every other type passes through untouched.
 * `line` or `lines` take raw text instead of records.
 */
export type Handlers = {
	histogram?: (record: Histogram, emit: Emit) => Wait;
	sum?: (record: Sum, emit: Emit) => Wait;
	gauge?: (record: Gauge, emit: Emit) => Wait;
	sample?: (record: Sample, emit: Emit) => Wait;
	notice?: (record: Notice, emit: Emit) => Wait;
	/** Every record type that has no handler of its own. */
	record?: (record: AnyRecord, emit: Emit) => Wait;
	/** Every line that is no control line, as text without its newline; for outside text. */
	line?: (line: string, emit: Emit) => Wait;
	/**
	 * A line as bytes, `from` to `to` without its newline, before it is made into text: false when it has to be read in the
	 * usual way. For what comes in such numbers that an object for each is too much.
	 */
	quick?: (bytes: Buffer, from: number, to: number) => Wait | false;
	/** Runs of whole lines as bytes, control lines included; for a program whose work per line must be tiny. */
	lines?: (bytes: Buffer, emit: Emit) => Wait;
	/** Beside `lines`: at this point of the input `length` bytes are left out, a line too long or a hole of NULs. */
	skipped?: (length: number, what: Skipped) => void;
	/**
	 * Control lines; without it they are passed on in order. Not called beside `lines`.
	 * A program that holds records has a duty here (filters/README.md): a barrier (`pos`) goes on only behind everything
	 * that came in before it, or waits; `ts` is the time of what follows, not of what is held; after `#!end` what is held
	 * is due. And in `end`: once barriers were seen, `term` writes nothing that is not whole, for it is read again.
	 */
	control?: (control: Control, line: string, emit: Emit) => Wait;
	/** After the last line: at end of input (`eof`), or on TERM with more input to come for a successor. */
	end?: (how: 'eof' | 'term', emit: Emit) => Wait;
	/** HUP: close and open again whatever files are held. */
	reopen?: () => void;
};

const HAND_OVER_MS = 1000;
const NEWLINE = 10;

const sleepMs = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

/** The rest of a line that we have begun to take from stdin, byte by byte so as to take nothing more. */
const restOfLine = (): Buffer => {
	const deadline = performance.now() + HAND_OVER_MS;
	const rest: number[] = [];
	const byte = Buffer.alloc(1);
	while (rest.at(-1) !== 10 && performance.now() < deadline) {
		try {
			if (readSync(0, byte, 0, 1, null) === 0) break;
			rest.push(byte[0]!);
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') break;
			sleepMs(1);
		}
	}
	return Buffer.from(rest);
};

const stdinIsPipe = (): boolean => {
	try {
		const stat = fstatSync(0);
		return stat.isFIFO() || stat.isSocket();
	} catch {
		return false;
	}
};

/** One line of records through the handlers: the handled types as objects, the rest untouched. */
const recordLine = <Options extends OptionSpec>(handlers: Handlers, context: Context<Options>) => {
	const { emit, bad } = context;
	const byType = handlers as Record<string, ((record: AnyRecord, emit: Emit) => Wait) | undefined>;
	const handles = new Set(['histogram', 'sum', 'gauge', 'sample', 'notice'].filter((type) => byType[type]));
	const handlerOf = (type: string) => (handles.has(type) ? byType[type] : handlers.record);

	return (line: string): Wait => {
		const type = typeOf(line);
		const handler = handlerOf(type);
		if (type === '') return bad(`not a record: ${excerpt(line)}`);
		if (!handler) return emit(line);
		const record = parseRecord(line);
		if (!record) return bad(`not a record: ${excerpt(line)}`);
		const fault = faultIn(record);
		if (fault) return bad(`${fault}: ${excerpt(line)}`);
		return handler(record, emit);
	};
};

/** Stands among the runs of lines where bytes were left out. */
type Gap = { length: number; what: Skipped };

/** The transform that does the program's work, fed with lines, or with runs of lines as bytes. */
const worker = <Options extends OptionSpec>(handlers: Handlers, program: Program<Options>): Transform => {
	const { context, counters, told } = program;
	const { emit, output } = context;
	const onLine = handlers.line ?? recordLine(handlers, context);
	const onControl = handlers.control ?? ((_control, line) => emit(line));

	let taken = 0;

	const oneLine = (line: string): Wait => {
		counters.set('in', ++taken);
		if (isControl(line)) {
			const control = parseControl(line);
			if (control.kind === 'ts') told.ms = control.ms;
			if (control.kind === 'pos' || line === END_LINE) told.isReadAgain = control.kind === 'pos';
			return onControl(control, line, emit);
		}
		// An empty line between records is what ends a torn one after a restart; in text it has a meaning.
		if (line === '' && !handlers.line) return;
		return onLine(line, emit);
	};
	const settle = async (work: Wait) => {
		await work;
		await output.room();
	};
	/** A run of lines one by one, those that `quick` leaves as text. */
	const oneByOne = (bytes: Buffer, from = 0): Wait => {
		for (let at = from; at < bytes.length; ) {
			const end = bytes.indexOf(NEWLINE, at);
			const line = at;
			at = end + 1;
			const quick = handlers.quick!(bytes, line, end);
			if (quick !== false) counters.set('in', ++taken);
			const work = quick === false ? oneLine(bytes.toString('utf8', line, end)) : quick;
			if (work !== undefined || output.blocked()) return settle(work).then(() => oneByOne(bytes, at));
		}
	};
	const takeText = (handlers.lines ?? (handlers.quick ? (bytes: Buffer) => oneByOne(bytes) : oneLine)) as (
		piece: string | Buffer,
		emit: Emit,
	) => Wait;
	const take = (piece: string | Buffer | Gap): Wait =>
		typeof piece === 'string' || Buffer.isBuffer(piece)
			? takeText(piece, emit)
			: handlers.skipped?.(piece.length, piece.what);
	return transform({ objectMode: true, highWaterMark: 64 }, (piece, _encoding, done) => {
		try {
			const work = take(piece);
			if (work === undefined && !output.blocked()) done();
			else settle(work).then(() => done(), done);
		} catch (error) {
			done(error as Error);
		}
	}) as unknown as Transform;
};

const feed = <Options extends OptionSpec>(handlers: Handlers, program: Program<Options>): void => {
	const { context, leave, stopping } = program;
	const { stdin } = process;
	const work = worker(handlers, program);
	const first: Transform = handlers.lines || handlers.quick ? work : split2('\n');
	let how: 'eof' | 'term' = 'eof';

	const lines = wholeLines({
		lines: (bytes) => {
			if (first.write(bytes)) return;
			stdin.pause();
			first.once('drain', () => stdin.resume());
		},
		tooLong: (length) => {
			context.count('too_long');
			context.log.warn(`a line of ${length} bytes is longer than ${LONGEST_LINE}; skipped`, {}, 'too long');
			if (first === work) first.write({ length, what: 'line' } satisfies Gap);
		},
		hole: (length) => {
			context.count('nul_bytes', length);
			context.log.warn(`a hole of ${length} NUL bytes is stepped over`, {}, 'hole');
			if (first === work) first.write({ length, what: 'hole' } satisfies Gap);
		},
	});
	const finish = () => {
		const last = lines.last();
		if (last.length > 0) first.write(Buffer.concat([last, Buffer.from('\n')]));
		first.end();
	};
	// All of this happens in one turn: a later turn would let libuv read more, which then were lost.
	const handOver = () => {
		// After end of input too: a handler may still be waiting for its server.
		stopping.abort();
		if (stdin.destroyed || stdin.readableEnded) return;
		how = 'term';
		stdin.removeAllListeners('data').removeAllListeners('end');
		for (let left = stdin.read(); left !== null; left = stdin.read()) lines.take(left);
		if (lines.pending() && stdinIsPipe()) lines.take(restOfLine());
		stdin.destroy();
		if (lines.pending()) {
			context.count('torn');
			context.log.warn(`the rest of a line did not come within ${HAND_OVER_MS} ms; its start is lost`);
		}
		first.end();
	};

	if (first !== work) first.pipe(work);
	stdin.on('data', (chunk: Buffer) => lines.take(chunk));
	stdin.on('end', finish);
	stdin.on('error', (error) => context.fail(naming(error, '<stdin>')));
	if (first !== work) first.on('error', context.fail);
	work.on('error', context.fail);
	work.on('finish', () => {
		(async () => handlers.end?.(how, context.emit))().then(() => leave(EXIT.done), context.fail);
	});
	work.resume();
	onStop(handOver, stdinIsPipe());
	process.on('SIGHUP', () => handlers.reopen?.());
};

type Open<Options extends OptionSpec> = (context: Context<Options>) => Handlers | Promise<Handlers>;

/**
 * Make the file of `meta` a stage. Importing it runs nothing; starting it reads stdin until end of input or TERM.
 * Give plain handlers, or the options and a function that makes the handlers from what the user wrote.
 */
export function stage(meta: ImportMeta, handlers: Handlers): void;
export function stage<const Options extends OptionSpec>(
	meta: ImportMeta,
	usage: Usage<Options>,
	open: Open<Options>,
): void;
export function stage<const Options extends OptionSpec>(
	meta: ImportMeta,
	first: Handlers | Usage<Options>,
	open?: Open<Options>,
): void {
	const usage = open ? (first as Usage<Options>) : {};
	launch<Options>(meta, usage, async (program) => {
		const handlers = open ? await open(program.context) : (first as Handlers);
		if (process.stdin.isTTY)
			program.context.log.info('reading from the terminal; Ctrl-D ends, --help explains');
		feed(handlers, program);
		announceReady();
	});
}
