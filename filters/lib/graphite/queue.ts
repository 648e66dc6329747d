// queue: points in order, each with its number and the time it came
// Plain arrays with a moving head: a million points must fit, and shifting must not copy them.

/** A point that waits. `seq` counts every point ever pushed; `at` is when it came, on a monotonic clock (ms). */
export type Waiting = { text: string; seq: number; at: number };

export type Queue = {
	push: (text: string, at: number) => void;
	shift: () => Waiting | undefined;
	size: () => number;
	/** The number that the next point will get. */
	next: () => number;
	/** The oldest one, not taken. */
	head: () => Waiting | undefined;
};

const COMPACT = 4096;

export const createQueue = (): Queue => {
	let texts: string[] = [];
	let times: number[] = [];
	let first = 0;
	let head = 0;

	const peek = (): Waiting | undefined =>
		head < texts.length ? { text: texts[head]!, seq: first + head, at: times[head]! } : undefined;
	const shift = (): Waiting | undefined => {
		const item = peek();
		if (!item) return undefined;
		texts[head] = '';
		head += 1;
		if (head > COMPACT && head * 2 > texts.length) {
			texts = texts.slice(head);
			times = times.slice(head);
			first += head;
			head = 0;
		}
		return item;
	};
	return {
		push: (text, at) => {
			texts.push(text);
			times.push(at);
		},
		shift,
		size: () => texts.length - head,
		next: () => first + texts.length,
		head: peek,
	};
};
