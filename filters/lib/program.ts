// program: what every program in filters/ is before it is a stage or a source
// Options and --help from its header, the log, counters, signals, the lifeline, and the way out.

import { closeSync, readFileSync, realpathSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { basename } from 'node:path';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import manifest from '../../package.json' with { type: 'json' };
import { EXIT, Failure, naming, verdict } from './failure.ts';
import { type Book, logFor, writeStderr } from './log.ts';
import { createOutput, nameOfOutput, type Output } from './output.ts';
import type { AnyRecord, KnownRecord } from './record.ts';

/** Of all programs. */
export const { version } = manifest;

export type OptionSpec = NonNullable<ParseArgsConfig['options']>;

/** What a program accepts beyond the options that every stage has; `args` = [fewest, most] plain arguments. */
export type Usage<Options extends OptionSpec> = { options?: Options; args?: [number, number] };

/** Options that every stage has. */
const COMMON = {
	help: { type: 'boolean', short: 'h' },
	version: { type: 'boolean', short: 'V' },
	strict: { type: 'boolean' },
	'log-level': { type: 'string' },
	'log-format': { type: 'string' },
} as const satisfies OptionSpec;

type Parsed<Options extends OptionSpec> = ReturnType<
	typeof parseArgs<{ options: Options & typeof COMMON; allowPositionals: true }>
>;

/** One record as an object, or one finished line of text. */
export type Emit = (record: KnownRecord | AnyRecord | string) => void;

/** What a program gets to work with. */
export type Context<Options extends OptionSpec = OptionSpec> = {
	options: Parsed<Options>['values'];
	args: string[];
	log: Book;
	emit: Emit;
	output: Output;
	/** Count something under a name; USR1 and the end of the run print the counters. */
	count: (name: string, by?: number) => void;
	/** What has been counted under a name; `in` and `out` are lines. */
	counted: (name: string) => number;
	/** Input that is not understood: counted, reported once with its line, fatal (65) under --strict. */
	bad: (what: string, line?: number) => void;
	/** Milliseconds since the epoch of what is being read: the last `#!ts`, or undefined before the first. */
	time: () => number | undefined;
	/** Whether what is held now will be read again by the next run: barriers came, and no `#!end` behind them. */
	isReadAgain: () => boolean;
	/** Stop with this error as soon as what was emitted is written; for what fails outside a handler. */
	fail: (error: unknown) => void;
	/** Aborted at TERM (and INT by hand): finish what is begun and return. */
	signal: AbortSignal;
};

const LIFELINE_MS = 500;

/** The comment block at the top of a program, without its slashes: the manual. */
export const headerOf = (source: string): string => {
	const lines = source.split('\n');
	const first = lines.findIndex((line) => line.startsWith('//'));
	const after = lines.findIndex((line, at) => at > first && !line.startsWith('//'));
	const block = lines.slice(first, after < 0 ? undefined : after);
	return `${block.map((line) => line.replace(/^\/\/ ?/, '')).join('\n')}\n`;
};

const COMMON_HELP = `
every stage also takes
  --strict              stop (65) at the first input that is not understood, instead of counting it
  --log-level LEVEL     error, warn, info (default) or debug      --log-format text|json
  -h, --help  -V, --version
signals: TERM finish the line, flush, exit 0 · HUP reopen files · USR1 print counters on stderr
exit: 0 done · 64 usage · 65 bad data · 69 unavailable · 70 bug · 75 try again · 77 not permitted · 78 bad configuration
`;

/** Whether this module is the program that was started; import.meta.main does not exist on Node 20. */
const isProgram = (meta: ImportMeta): boolean => {
	const started = process.argv[1];
	return started !== undefined && realpathSync(started) === realpathSync(meta.filename);
};

const nameOf = (meta: ImportMeta): string => basename(meta.filename).replace(/\.[^.]*$/, '');

/** `in 812, out 40, bad 1`, zero counters left out. */
const countersText = (counters: Map<string, number>): string =>
	[...counters]
		.filter(([, value]) => value > 0)
		.map(([name, value]) => `${name} ${value}`)
		.join(', ') || 'nothing yet';

const parse = <Options extends OptionSpec>({ options, args = [0, 0] }: Usage<Options>): Parsed<Options> => {
	let parsed: Parsed<Options>;
	try {
		const all = { ...COMMON, ...options } as Options & typeof COMMON;
		parsed = parseArgs({ options: all, allowPositionals: true }) as Parsed<Options>;
	} catch (error) {
		const sentence = (error as Error).message.split('. ')[0]!;
		throw new Failure(EXIT.usage, `${sentence}; see --help`);
	}
	const { values, positionals } = parsed;
	const asked = values as { help?: boolean; version?: boolean };
	const [fewest, most] = args;
	if (asked.help || asked.version) return parsed;
	if (positionals.length > most) {
		throw new Failure(EXIT.usage, `unexpected argument "${positionals[most]}"; see --help`);
	}
	if (positionals.length < fewest) throw new Failure(EXIT.usage, 'an argument is missing; see --help');
	return parsed;
};

/** A program from its start to its exit: everything that stages and sources share. */
export type Program<Options extends OptionSpec> = {
	context: Context<Options>;
	counters: Map<string, number>;
	/** What the control lines said so far: the time of what follows, in ms since the epoch, and as `isReadAgain` has it. */
	told: { ms: number | undefined; isReadAgain: boolean };
	/** Flush, report and exit with `code`. Only the first call counts. */
	leave: (code: number) => Promise<void>;
	stopping: AbortController;
};

const create = <Options extends OptionSpec>(name: string, parsed: Parsed<Options>): Program<Options> => {
	const values = parsed.values as { strict?: boolean; 'log-level'?: string; 'log-format'?: string };
	const log = logFor(name, values['log-level'], values['log-format']);
	const output = createOutput(process.stdout);
	const counters = new Map<string, number>([
		['in', 0],
		['out', 0],
	]);
	const stopping = new AbortController();
	const told: Program<Options>['told'] = { ms: undefined, isReadAgain: false };
	let leaving = false;

	const leave = async (code: number) => {
		if (leaving) return;
		leaving = true;
		await output.finish();
		log.settle();
		process.exit(code);
	};
	const fail = (error: unknown) => {
		const { code, message, stack } = verdict(error);
		log.error(message);
		if (stack) writeStderr(`${stack}\n`);
		leave(code);
	};
	const count = (what: string, by = 1) => {
		counters.set(what, (counters.get(what) ?? 0) + by);
	};
	// On held pipes the first line after a restart may be the end of one that our predecessor had begun.
	const resumed = process.env.BPFPIPE_RESUMED === '1';
	if (resumed) output.text('\n');
	const bad = (what: string, line = counters.get('in')!) => {
		if (resumed && line === 1) return count('torn');
		count('bad');
		// Before the first line, and in a program that reads none, it is about something else.
		const message = line === 0 ? what : `<stdin>:${line}: ${what}`;
		if (values.strict) throw new Failure(EXIT.data, message);
		log.warn(`${message}; skipped`, {}, 'bad input');
	};
	const emit: Emit = (record) => output.line(typeof record === 'string' ? record : JSON.stringify(record));

	process.stdout.on('error', (error: NodeJS.ErrnoException) => {
		if (error.code === 'EPIPE') {
			log.settle();
			process.exit(EXIT.done);
		}
		fail(naming(error, nameOfOutput()));
	});
	process.on('uncaughtException', fail);
	const report = () => {
		counters.set('out', output.count());
		log.info(countersText(counters), {}, `counters ${performance.now()}`);
	};
	process.on('SIGUSR1', report);
	const context = {
		options: parsed.values,
		args: parsed.positionals,
		log,
		emit,
		output,
		count,
		counted: (what: string) => (what === 'out' ? output.count() : (counters.get(what) ?? 0)),
		bad,
		fail,
		time: () => told.ms,
		isReadAgain: () => told.isReadAgain,
		signal: stopping.signal,
	};
	return { context, counters, told, leave, stopping };
};

/** Call `stop` on TERM, on INT unless input comes down a pipe, and when the supervisor is gone. */
export const onStop = (stop: () => void, ignoreInt: boolean): void => {
	process.on('SIGTERM', stop);
	process.on('SIGINT', ignoreInt ? () => {} : stop);
	const lifeline = Number(process.env.BPFPIPE_LIFELINE);
	if (!Number.isInteger(lifeline) || lifeline < 3) return;
	const socket = new Socket({ fd: lifeline, readable: true, writable: false });
	socket.on('error', () => {});
	socket.once('close', () => {
		setTimeout(() => process.exit(EXIT.done), LIFELINE_MS).unref();
		stop();
	});
	socket.resume();
	socket.unref();
};

/** Tell the supervisor, where it asks for it, that all that had to be opened is open: a newline, as with s6. */
export const announceReady = (): void => {
	const ready = Number(process.env.BPFPIPE_READY);
	if (!Number.isInteger(ready) || ready < 3) return;
	try {
		writeSync(ready, '\n');
		closeSync(ready);
	} catch {
		// Nobody waits for it any more.
	}
};

/** Common start: run only when started, answer --help and --version, turn errors into exit codes. */
export const launch = <Options extends OptionSpec>(
	meta: ImportMeta,
	usage: Usage<Options>,
	begin: (program: Program<Options>) => void | Promise<void>,
): void => {
	if (!isProgram(meta)) return;
	const name = nameOf(meta);
	try {
		const parsed = parse(usage);
		const asked = parsed.values as { help?: boolean; version?: boolean };
		if (asked.help) {
			process.stdout.write(headerOf(readFileSync(meta.filename, 'utf8')) + COMMON_HELP);
		} else if (asked.version) {
			process.stdout.write(`${name} (bpfpipe) ${version}\n`);
		} else {
			const program = create(name, parsed);
			(async () => {
				// Loaded only then: what it closes nobody else has to load.
				if (process.env.BPFPIPE_CHECK === '1')
					(await import('./doors.ts')).closeDoors(() => process.exit(EXIT.done));
				return begin(program);
			})().catch(program.context.fail);
		}
	} catch (error) {
		const { code, message, stack } = verdict(error);
		writeStderr(`${name}: ${message}\n${stack ? `${stack}\n` : ''}`);
		process.exitCode = code;
	}
};
