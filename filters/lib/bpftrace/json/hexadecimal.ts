// hexadecimal: whether the counts of this stream may be printed in base 16 without saying so
// Since release 0.24, bpftrace prints them so from the first control character in a text on, until it is started anew.

// A control character that JSON has no short escape for; not one behind an escaped backslash.
const CONTROL = /(?<!\\)(?:\\\\)*\\u00(?:0[0-7bBeEfF]|1[0-9a-fA-F])/;
// Only releases before 0.24 put a blank behind the comma between two buckets.
const OLD_BUCKETS = '}, {"min"';

export type Hexadecimal = {
	/** A line comes. */
	look: (line: string) => void;
	/** bpftrace was started; `isOld` says that its release is one that never does that. */
	started: (isOld: boolean) => void;
	/** Whether a number may be in base 16, whatever the release. */
	mayBe: () => boolean;
	/** Whether the counts of a histogram may be, whose form tells old releases. */
	mayBeIn: (histogram: string) => boolean;
};

export const createHexadecimal = (): Hexadecimal => {
	let isSuspect = false;
	let isOld = false;
	return {
		look: (line) => {
			if (CONTROL.test(line)) isSuspect = true;
		},
		started: (old) => {
			isSuspect = false;
			isOld = old;
		},
		mayBe: () => isSuspect,
		mayBeIn: (histogram) => {
			isOld ||= histogram.includes(OLD_BUCKETS);
			return isSuspect && !isOld;
		},
	};
};
