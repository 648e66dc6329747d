// errno: the names of the errors of the kernel

import { constants } from 'node:os';

// Second names of numbers that have a better known one.
const SECOND = ['EWOULDBLOCK', 'ENOTSUP'];

const NAMES = new Map(
	Object.entries(constants.errno)
		.filter(([name]) => !SECOND.includes(name))
		.map(([name, number]) => [number as number, name]),
);

/** `ENOENT` of 2 and of -2; what has no name is its number. */
export const errnoName = (number: number): string => NAMES.get(Math.abs(number)) ?? String(number);
