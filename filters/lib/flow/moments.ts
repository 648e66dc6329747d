// moments: what has one time is gathered, and written when it is whole: another time comes, silence, or the end
// What comes behind it while it is open waits; a barrier behind which more of the same moment comes is no place to restart.

import { type Control, END_LINE } from '../record.ts';
import { createSilence } from './silence.ts';

type Wait = void | Promise<void>;

export type MomentsOptions = {
	/** Whether what is gathered is of another time than `ts`. */
	isOther: (ts: number) => boolean;
	/** Whether something is gathered that is not written. */
	isOpen: () => boolean;
	/** Write what is gathered; until that is done nothing else happens. */
	write: () => Wait;
	/** A control line goes on: all before it is written. */
	pass: (line: string) => void;
	/** Silence after which what is gathered is taken to be whole. */
	lingerMs: number;
	/** Whether we are held up ourselves. */
	isBlocked: () => boolean;
	fail: (error: unknown) => void;
};

export type Moments = {
	/** Something of the time `ts`; `add` gathers it. */
	take: (ts: number, add: () => void) => Wait;
	control: (control: Control, line: string) => Wait;
	/** The input ended. `isReadAgain`: what is open is not whole, and the next run reads it again. */
	end: (isReadAgain: () => boolean, left: () => void) => Wait;
};

const isBarrier = (line: string): boolean => line.startsWith('#!pos ');

export const createMoments = (options: MomentsOptions): Moments => {
	const { isOther, isOpen, write, pass, lingerMs, isBlocked, fail } = options;
	let busy: Promise<void> | undefined;
	let held: string[] = [];

	const finish = async (): Promise<void> => {
		await write();
		for (const line of held) pass(line);
		held = [];
	};
	/** Write what is open and what was held behind it. */
	const close = (): Promise<void> => {
		busy = finish().finally(() => {
			busy = undefined;
		});
		return busy;
	};
	const inTurn = (act: () => Wait): Wait => {
		heard();
		return busy ? busy.then(act) : act();
	};
	const hold = (line: string) => {
		if (!isOpen()) return pass(line);
		held = [...held.filter((other) => !isBarrier(line) || !isBarrier(other)), line];
	};
	const addTo = (add: () => void) => {
		if (held.length > 0) held = held.filter((line) => !isBarrier(line));
		add();
	};
	const gather = (ts: number, add: () => void): Wait =>
		isOther(ts) ? close().then(() => addTo(add)) : addTo(add);
	const heard = createSilence({
		isBlocked: () => busy !== undefined || isBlocked(),
		leastMs: lingerMs,
		onQuiet: () => {
			if (isOpen()) close().catch(fail);
		},
	});
	return {
		take: (ts, add) => {
			heard();
			return busy ? busy.then(() => gather(ts, add)) : gather(ts, add);
		},
		control: (control, line) =>
			inTurn(() => {
				if (control.kind === 'ts') return isOther(control.ms) ? close() : undefined;
				hold(line);
				if (line === END_LINE) return close();
			}),
		end: (isReadAgain, left) =>
			inTurn(() => {
				if (!isReadAgain()) return close();
				if (isOpen()) left();
			}),
	};
};
