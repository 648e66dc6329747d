// memory: how much of what a process may take is for the history, and what V8 takes beside it

import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { EXIT, Failure } from '../failure.ts';

const MIB = 1024 * 1024;
/** Node, V8's young generation, what is read and what is answered: measured, with a whole /metrics under way on a busy machine. */
const BASE = 120 * MIB;
/** What is taken for each byte that is counted: garbage that is not collected yet, holes that rings leave. Measured. */
const FACTOR = 1.15;
const LEAST = 128 * MIB;

/**
 * What the history may count, so that the process stays below `bytes`.
 * @throws Failure(64) when hardly anything would be left.
 */
export const historyShare = (bytes: number, where: string): number => {
	if (bytes >= LEAST) return Math.floor((bytes - BASE) / FACTOR);
	const least = LEAST / MIB;
	throw new Failure(
		EXIT.usage,
		`${where}: ${Math.floor(bytes / MIB)}M is less than ${least}M, of which Node takes most`,
	);
};

// Of what is in use on V8's heap, how much there may be of garbage beside it; V8's own choice is up to three times as much.
const GARBAGE_PERCENT = 30;
// V8 lets the young generation grow to 32 MiB. From 8 on more of it saves no time here, and it cannot be bounded once V8
// runs, but told to grow no more.
const YOUNG = 8 * MIB;
const LOOK_MS = 10;

/** Tell V8 to take little beside what is in use. */
export const boundHeap = (): void => {
	setFlagsFromString(`--heap-growing-percent=${GARBAGE_PERCENT}`);
	const look = setInterval(() => {
		const young = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
		if (young && young.space_size < YOUNG) return;
		setFlagsFromString('--semi-space-growth-factor=1');
		clearInterval(look);
	}, LOOK_MS).unref();
};
