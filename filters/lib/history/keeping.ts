// keeping: the handlers of a stage that keeps all records that it knows, and passes nothing on

import type { Measure, Sample } from '../record.ts';
import type { Context, Handlers } from '../stage.ts';
import type { History } from './history.ts';

/** What keeps records: a history, or what stands before one. */
export type Keeper = Pick<History, 'take' | 'notice' | 'time'>;

/** Every record to its place in `keeper`; what is wrong with one is `bad`, one of an unknown type is counted. */
export const keeping = (keeper: Keeper, { bad, count }: Pick<Context, 'bad' | 'count'>): Handlers => {
	const take = (record: Measure | Sample) => {
		const fault = keeper.take(record);
		if (fault !== '') bad(fault);
	};
	return {
		histogram: take,
		sum: take,
		gauge: take,
		sample: take,
		notice: (record) => keeper.notice(record),
		record: () => count('left_out'),
		control: (control) => {
			if (control.kind === 'ts') keeper.time(control.ms);
		},
	};
};
