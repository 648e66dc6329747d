// catch-up: work that runs until it has caught up, once at a time, and never misses that there is more
// Between the last look of a work and its end there is always a moment. A start in that moment makes it run again; that
// nothing is left needs no question of its own, so there is no `hasMore` to get wrong.

/** Work that is started by whoever has something for it. */
export type CatchUp = {
	/** There is something to do: a work begins now or, if one is under way, another one when that is over. */
	start: () => void;
	/** Resolves when no work is under way. Never rejects. */
	over: () => Promise<void>;
};

/**
 * Every `start` is followed by a `work` that begins after it, however many starts come meanwhile. A work that fails is
 * heard of by `onFailure` and does not keep the next one from beginning.
 */
export const createCatchUp = (work: () => Promise<void>, onFailure: (error: unknown) => void): CatchUp => {
	let running: Promise<void> = Promise.resolve();
	let isRunning = false;
	let isAsked = false;

	const attempt = async (): Promise<void> => {
		try {
			await work();
		} catch (error) {
			onFailure(error);
		}
	};
	const run = async (): Promise<void> => {
		do {
			isAsked = false;
			await attempt();
		} while (isAsked);
		// In the same breath as the last look at `isAsked`.
		isRunning = false;
	};
	const start = () => {
		isAsked = true;
		if (isRunning) return;
		isRunning = true;
		running = run();
	};
	const over = async (): Promise<void> => {
		while (isRunning) await running;
	};
	return { start, over };
};
