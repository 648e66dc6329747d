// intake: from the lines of cycles to whole cycles that are due, and barriers that wait for theirs

import type { Log } from '../../log.ts';
import type { AnyRecord, Control, Position } from '../../record.ts';
import { AHEAD, isAhead } from '../version.ts';
import { type Cycle, createCycleReader } from './cycle.ts';
import { createThinning } from './thinning.ts';

export type IntakeOptions = {
	/** At most one cycle every so many ms; 0 = all. */
	everyMs: number;
	bad: (what: string) => void;
	count: (name: string, by?: number) => void;
	log: Log;
	take: (cycle: Cycle) => void | Promise<void>;
	/** Everything before this position has been handed to `take`, or left out. */
	barrier: (position: Position) => void;
};

export type Intake = {
	record: (record: AnyRecord) => void | Promise<void>;
	control: (control: Control) => void;
	end: (how: 'eof' | 'term') => Promise<void>;
};

export const createIntake = ({ everyMs, bad, count, log, take, barrier }: IntakeOptions): Intake => {
	const reader = createCycleReader((what) => bad(what));
	const thinning = createThinning(everyMs);
	let held: Position | undefined;

	/** A barrier in the midst of a cycle holds when that is through. */
	const release = () => {
		if (held === undefined || reader.isOpen()) return;
		barrier(held);
		held = undefined;
	};
	const handle = async (cycle: Cycle) => {
		const isFuture = isAhead(cycle.version, Date.now());
		const due = isFuture ? undefined : thinning.take(cycle);
		if (due) await take(due);
		else if (isFuture) bad(`cycle ${cycle.version} is left out: it ${AHEAD}`);
		else count('superseded');
		release();
	};
	const ignore = (type: string) => {
		count('ignored');
		log.warn(
			`a record of type ${type} is no part of a cycle: ignored (to-hollow makes cycles)`,
			{},
			'ignored',
		);
	};
	return {
		record: (record) => {
			if (!record.type.startsWith('hollow_')) return ignore(record.type);
			const cycle = reader.take(record);
			if (cycle) return handle(cycle);
			release();
		},
		control: (control) => {
			if (control.kind !== 'pos') return;
			held = control.position;
			release();
		},
		end: async (how) => {
			if (reader.isOpen()) {
				count('incomplete');
				log.warn('the input ended within a cycle, which is left out');
			}
			const last = how === 'eof' ? thinning.last() : undefined;
			if (!last) return;
			count('superseded', -1);
			await take(last);
		},
	};
};
