// noise: how many lines have come without one that was understood, and when that should be said
// The wrong program, or the wrong file, prints text all day; nobody would look at the counters.

// Banners and the events of a script that prints its maps at the end are shorter.
const MOST_AT_START = 100;
const MOST_BETWEEN = 10_000;
const FEWEST_AT_END = 10;

export type Noise = {
	/** `lines` lines came that are no map and no table. */
	add: (lines: number) => void;
	/** Something was understood. */
	understood: () => void;
	/** The input ended. */
	end: () => void;
};

export const createNoise = (warn: (message: string) => void): Noise => {
	let inRow = 0;
	let isNew = true;
	const say = (what: string) =>
		warn(`${what} and not one map or table among them; is this what bpftrace or a bcc tool prints?`);
	return {
		add: (lines) => {
			const most = isNew ? MOST_AT_START : MOST_BETWEEN;
			if (inRow < most && inRow + lines >= most) say(`${most} lines in a row`);
			inRow += lines;
		},
		understood: () => {
			inRow = 0;
			isNew = false;
		},
		end: () => {
			if (isNew && inRow >= FEWEST_AT_END && inRow < MOST_AT_START) say(`${inRow} lines to the end`);
		},
	};
};
