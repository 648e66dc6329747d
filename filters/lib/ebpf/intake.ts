// intake: where each record goes: to what is kept, to iomonitor's counts, and to what is known of their health

import { createSilence } from '../flow/silence.ts';
import type { Context } from '../program.ts';
import type { Measure } from '../record.ts';
import { isDelta } from '../series/step-series.ts';
import type { Handlers } from '../stage.ts';
import type { HealthKeeper } from './health.ts';
import type { IOCounts } from './io-stats.ts';
import type { Kept } from './kept.ts';

export type Places = { kept: Kept; counts: IOCounts; health: HealthKeeper };

/** Handlers for all records; a print is whole when nothing came for `lingerMs`. */
export const intakeFor = (
	{ log, count, output }: Pick<Context, 'log' | 'count' | 'output'>,
	{ kept, counts, health }: Places,
	lingerMs: number,
): Handlers => {
	const heard = createSilence({
		isBlocked: output.blocked,
		isHeld: counts.isOpen,
		leastMs: lingerMs,
		onQuiet: counts.close,
	});
	const take = (record: Measure) => {
		if (record.type !== 'gauge' && isDelta(record)) {
			count('increments');
			const advice = 'increments have no place here; put this before every and to-delta';
			return log.warn(`${record.metric}: ${advice}`, {}, 'delta');
		}
		health.take(record);
		kept.take(record);
		counts.take(record);
		heard();
	};
	return {
		histogram: take,
		sum: take,
		gauge: take,
		sample: () => count('left_out'),
		notice: health.notice,
		record: () => count('left_out'),
		control: () => {},
	};
};
