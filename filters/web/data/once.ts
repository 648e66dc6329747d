// once: one question at a time: while an answer is awaited, any number of further wishes are one more question

export type Once = {
	/** Ask; or, while an answer is awaited, ask again after it. */
	ask: () => void;
	/** What was asked before means nothing any more: give it up and ask anew. */
	anew: () => void;
	stop: () => void;
};

/**
 * `question` is asked at most every `pause` milliseconds. Its failure goes to `failed`, unless it was given up.
 */
export const createOnce = (
	question: (signal: AbortSignal) => Promise<void>,
	failed: (error: unknown) => void,
	pause = 0,
): Once => {
	let running: AbortController | undefined;
	let timer: ReturnType<typeof setTimeout> | undefined;
	let isWanted = false;
	let last = Number.NEGATIVE_INFINITY;
	let isStopped = false;

	const run = async () => {
		timer = undefined;
		// Whoever does not see the page asks for nothing; all is asked anew when it is seen again.
		if (document.hidden) return;
		isWanted = false;
		last = performance.now();
		const mine = new AbortController();
		running = mine;
		try {
			await question(mine.signal);
		} catch (error) {
			if (!mine.signal.aborted) failed(error);
		}
		if (running !== mine) return;
		running = undefined;
		if (isWanted) plan();
	};
	const plan = () => {
		if (isStopped) return;
		if (running) isWanted = true;
		else timer ??= setTimeout(run, Math.max(0, last + pause - performance.now()));
	};
	return {
		ask: plan,
		anew: () => {
			running?.abort();
			running = undefined;
			last = Number.NEGATIVE_INFINITY;
			clearTimeout(timer);
			timer = undefined;
			plan();
		},
		stop: () => {
			isStopped = true;
			running?.abort();
			clearTimeout(timer);
		},
	};
};
