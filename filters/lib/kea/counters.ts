// counters: since when each of Kea's counters counts: since its process began, or since somebody reset it

/** What the counters of one server were at the last print. */
export type Counters = {
	/** A process began at `start` (ms), or at a time that nobody knows. */
	begin: (start: number | undefined) => void;
	/** A print at `ts` begins. */
	turn: (ts: number) => void;
	/** Since when `name`, which is `value` now, counts. */
	startOf: (name: string, value: bigint) => number | undefined;
	/** How many were found to be lower than before, in this print. */
	fallen: () => number;
};

export const createCounters = (): Counters => {
	let began: number | undefined;
	let [last, now] = [Number.NaN, Number.NaN];
	let before = new Map<string, { value: bigint; start: number | undefined }>();
	let counters: typeof before = new Map();
	let fallen = 0;
	return {
		begin: (start) => {
			began = start;
			before = new Map();
			counters = new Map();
			last = Number.NaN;
			now = Number.NaN;
		},
		turn: (ts) => {
			[before, counters] = [counters, new Map()];
			[last, now] = [now, ts];
			fallen = 0;
		},
		startOf: (name, value) => {
			const known = before.get(name);
			const hasFallen = known !== undefined && value < known.value;
			if (hasFallen) fallen += 1;
			// It was reset after the last print; nobody knows when, and all it counts is from after that.
			const start = hasFallen ? last : known ? known.start : began;
			counters.set(name, { value, start });
			return start;
		},
		fallen: () => fallen,
	};
};
