// handlers: what a stage does that passes on all that comes, and adds records of its own to each print of iomonitor

import { createSilence } from '../flow/silence.ts';
import { positiveDuration } from '../options.ts';
import type { Context } from '../program.ts';
import { END_LINE, type KnownRecord, type Measure } from '../record.ts';
import type { Handlers } from '../stage.ts';
import { createPrints } from './prints.ts';
import type { View } from './view.ts';

/** The options that such a stage has. */
export const PRINTS = {
	window: { type: 'string', default: '1m' },
	linger: { type: 'string', default: '1s' },
	only: { type: 'boolean', default: false },
} as const;

// As to-delta has it.
const STALE_MS = 3_600_000;

/** `recordsOf` is called for each print of a host once it is whole. */
export const handlersFor = (
	{ options, count, emit, isReadAgain, log, output }: Context<typeof PRINTS>,
	recordsOf: (view: View) => KnownRecord[],
): Handlers => {
	const lingerMs = positiveDuration(options.linger, '--linger');
	const prints = createPrints({
		windowMs: positiveDuration(options.window, '--window'),
		staleMs: STALE_MS,
		onPrint: (view) => {
			for (const record of recordsOf(view)) emit(record);
		},
		onLate: ({ metric, ts }) => {
			count('late');
			log.warn(`${metric} of ${ts} is older than what was taken; not applied`, {}, 'late');
		},
		emit,
	});
	const heard = createSilence({
		isBlocked: output.blocked,
		isHeld: prints.isOpen,
		leastMs: lingerMs,
		onQuiet: prints.close,
	});
	const take = (record: Measure) => {
		prints.take(record);
		if (!options.only) emit(record);
		heard();
	};
	return {
		histogram: take,
		sum: take,
		gauge: take,
		control: (control, line) => {
			if (line === END_LINE) prints.close();
			if (control.kind === 'pos') return prints.barrier(line);
			if (control.kind === 'ts') prints.time(control.ms);
			emit(line);
		},
		end: () => {
			if (!isReadAgain()) prints.close();
			else if (prints.isOpen()) log.info('the last print is not written; it is read again by the next run');
		},
	};
};
