// held-barriers: barriers that came while a step was open, until a restart from them would lose none of its increments

/** Barriers, numbered as they come. */
export type HeldBarriers = {
	/** How many have come. */
	count: () => number;
	/** A barrier came; `isOpen`: the open step holds something. The answer is whether it may go on at once. */
	take: (line: string, isOpen: boolean) => boolean;
	/**
	 * A restart from a barrier behind number `mark` would write some series of the open step with only the rest of its
	 * increments.
	 */
	spoil: (mark: number) => void;
	/** Whether any waits. */
	isEmpty: () => boolean;
	/** The step is written: the last of those that wait may go on, and stands for all. */
	release: () => string | undefined;
};

export const createHeldBarriers = (): HeldBarriers => {
	let count = 0;
	let held: { line: string; number: number }[] = [];
	return {
		count: () => count,
		take: (line, isOpen) => {
			count += 1;
			if (isOpen) held.push({ line, number: count });
			return !isOpen;
		},
		spoil: (mark) => {
			if (held.length > 0) held = held.filter(({ number }) => number <= mark);
		},
		isEmpty: () => held.length === 0,
		release: () => {
			const last = held.at(-1);
			held = [];
			return last?.line;
		},
	};
};
