// silence: tells for how long nothing has come in although this process was ready for it
// Silence while this process was stopped, or held up by a slow reader downstream, is not the source's.

/** What silence means to a stage. */
export type SilenceOptions = {
	/** From one look to the next; silence is noticed this much late at the most. */
	tickMs?: number;
	/** Whether we are held up ourselves. */
	isBlocked: () => boolean;
	/** Whether silence would end anything; while it would not, no timer runs. */
	isHeld?: () => boolean;
	/** Shorter silence is not told (0). */
	leastMs?: number;
	/** Nothing has come for `quietMs`. Called at each look that finds it so. */
	onQuiet: (quietMs: number) => void;
};

// Short beside the second or two that a stage waits, and long beside the pauses of a busy machine.
const TICK_MS = 250;

/** What is returned is called whenever something has come, after it has been taken. It costs an addition. */
export const createSilence = (options: SilenceOptions): (() => void) => {
	const { tickMs = TICK_MS, isBlocked, isHeld = () => true, leastMs = 0, onQuiet } = options;
	let pieces = 0;
	let lookedAt = performance.now();
	let piecesThen = 0;
	let quietMs = 0;
	let isTicking = true;

	const look = () => {
		const now = performance.now();
		// A look that comes much later says that the process did not run, not that nothing came.
		const passed = Math.min(now - lookedAt, 2 * tickMs);
		const isQuiet = pieces === piecesThen && !isBlocked();
		[lookedAt, piecesThen] = [now, pieces];
		quietMs = isQuiet ? quietMs + passed : 0;
		if (quietMs > 0 && quietMs >= leastMs) onQuiet(quietMs);
		isTicking = isHeld();
		if (isTicking) timer.refresh();
	};
	// Input that waits in the pipe is read between a timer and what setImmediate calls.
	const timer = setTimeout(() => setImmediate(look), tickMs).unref();
	const wake = () => {
		if (!isHeld()) return;
		[isTicking, quietMs, lookedAt, piecesThen] = [true, 0, performance.now(), pieces];
		timer.refresh();
	};
	return () => {
		pieces += 1;
		if (!isTicking) wake();
	};
};
