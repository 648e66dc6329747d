// gate: makes a reader wait while a queue is full, until it is told to go on whatever happens

/** A gate before a queue. */
export type Gate = {
	/** Resolves when there is room; undefined when there is now. */
	room: () => Promise<void> | undefined;
	/** The queue may have become shorter: whoever waits goes on if it has. */
	wake: () => void;
	/** Nobody waits any more, now or later. */
	open: () => void;
	isOpen: () => boolean;
};

/** A gate that is shut while `isFull`. */
export const createGate = (isFull: () => boolean): Gate => {
	const waiters: (() => void)[] = [];
	let isOpen = false;
	const wake = () => {
		if (!isOpen && isFull()) return;
		for (const resolve of waiters.splice(0)) resolve();
	};
	return {
		wake,
		room: () => (isOpen || !isFull() ? undefined : new Promise<void>((resolve) => waiters.push(resolve))),
		open: () => {
			isOpen = true;
			wake();
		},
		isOpen: () => isOpen,
	};
};
