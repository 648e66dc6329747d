// hint: a wait until something may have changed: when the kernel hints at it, or else at the next look at the clock
// A hint only saves time. Whoever waits looks for itself afterwards, so a lost hint costs one wait and no change.

/** A wait that hints cut short. One at a time waits. */
export type HintedWait = {
	/**
	 * Resolves after a hint, be it one that came before the call, or after `ms`, or when the signal is aborted; always
	 * after a turn of the event loop, so that what was printed goes out and signals come in.
	 */
	wait: (ms: number) => Promise<void>;
	/** There may be something new. */
	hint: () => void;
};

/** `spacingMs`: hints that follow a wait more closely than this are taken together. */
export type HintOptions = { spacingMs?: number };

export const createHintedWait = (signal: AbortSignal, { spacingMs = 0 }: HintOptions = {}): HintedWait => {
	let isHinted = false;
	let wake: ((inMs: number) => void) | undefined;
	let wokenAt = Number.NEGATIVE_INFINITY;

	/** How long a hint has to wait, so that those that come with it are taken together. */
	const early = () => Math.max(0, wokenAt + spacingMs - performance.now());
	const hint = () => {
		if (isHinted) return;
		isHinted = true;
		wake?.(early());
	};
	const wait = (ms: number): Promise<void> =>
		new Promise((resolve) => {
			const done = () => {
				signal.removeEventListener('abort', abort);
				[wake, isHinted, wokenAt] = [undefined, false, performance.now()];
				resolve();
			};
			const abort = () => wake?.(0);
			const until = performance.now() + ms;
			let timer = setTimeout(done, signal.aborted ? 0 : isHinted ? Math.min(ms, early()) : ms);
			signal.addEventListener('abort', abort);
			wake = (inMs) => {
				clearTimeout(timer);
				timer = setTimeout(done, Math.min(inMs, Math.max(0, until - performance.now())));
			};
		});
	return { wait, hint };
};
