// pieces: a state as what hollow-cat prints of it, in pieces, and the way of pieces to the output

import { EXIT, Failure } from '../../failure.ts';
import type { Output } from '../../output.ts';
import { type AnyRecord, faultIn } from '../../record.ts';
import { Budget } from '../blob/budget.ts';
import { StateError, ValueError } from '../blob/bytes/errors.ts';
import type { State } from '../blob/state.ts';
import { recordsIn } from '../metrics/records.ts';
import { hasMetrics } from '../metrics/shape.ts';
import { statePieces } from './json.ts';

/** @throws Failure when a state is not of the data set of metrics. */
export const needMetrics = (state: State): void => {
	if (hasMetrics(state)) return;
	throw new Failure(
		EXIT.data,
		'no MetricsState among its types, or of another form; --json prints any data set',
	);
};

/** The records of a state, a line each; `bad` hears of those that no stage would take. */
export function* recordPieces(state: State, limit: number, bad: (what: string) => void): Generator<string> {
	for (const record of recordsIn(state, new Budget(limit))) {
		const fault = faultIn(record as AnyRecord);
		if (fault) bad(`${record.host} ${record.metric}: ${fault}`);
		else yield `${JSON.stringify(record)}\n`;
	}
}

/** A state with everything in it as one line. */
export function* linePieces(state: State, version: string, limit: number): Generator<string> {
	for (const piece of statePieces(state, version, false, new Budget(limit))) yield piece.replace(/\n */g, '');
	yield '\n';
}

/** A state that does not hold together is bad data, like the blob that it came from. */
export const asData = async (print: () => void | Promise<void>): Promise<void> => {
	try {
		await print();
	} catch (error) {
		const isData = error instanceof StateError || error instanceof ValueError;
		throw isData ? new Failure(EXIT.data, error.message) : error;
	}
};

/** Print pieces as fast as the reader takes them. */
export const print = async (pieces: Iterable<string>, output: Output): Promise<void> => {
	for (const piece of pieces) {
		output.text(piece);
		if (output.blocked()) await output.room();
	}
};

/** Go through pieces, so that whatever is wrong with them comes out before the first is printed. */
export const tryOut = (pieces: Iterable<string>): void => {
	for (const _ of pieces);
};
