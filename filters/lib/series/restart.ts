// restart: which barriers a stage that keeps baselines may pass on, because a restart there loses nothing
// After a restart the first burst is only a baseline, so its increments must have been delivered before.

/** Barriers held back until they are safe. All times are the stream's, in milliseconds since the epoch. */
export type RestartPoints = {
	/** Forget the barriers held so far: a newer one has gone on. */
	clear: () => void;
	/** Time was set back: what was held is not needed any more, and any time may come now. */
	startOver: () => void;
	hold: (line: string) => void;
	/** A record of time `ms` comes; the answer is the epoch that its series' baseline now belongs to. */
	record: (ms: number) => number;
	/** The stream's time has come to `ms`: every burst before it is complete. */
	time: (ms: number) => void;
	/** The newest safe barrier, once; `oldest` gives the lowest epoch of any baseline still in use. */
	release: (oldest: () => number) => string | undefined;
};

export const createRestartPoints = (): RestartPoints => {
	let fresh: { line: string; after: number } | undefined;
	let held: { line: string; epoch: number; burst: number }[] = [];
	let epoch = 0;
	let last = Number.NEGATIVE_INFINITY;
	let now = Number.NEGATIVE_INFINITY;
	let toCheck = false;

	const clear = () => {
		held = [];
		fresh = undefined;
	};
	const hold = (line: string) => {
		fresh = { line, after: last };
	};
	const record = (ms: number): number => {
		// A barrier inside a burst is no place to restart: the rest of the burst would pass for a first print.
		if (fresh && ms === fresh.after) fresh = undefined;
		if (fresh && ms > fresh.after) {
			epoch += 1;
			held.push({ line: fresh.line, epoch, burst: ms });
			fresh = undefined;
		}
		last = Math.max(last, ms);
		return epoch;
	};
	const time = (ms: number) => {
		if (ms <= now) return;
		now = ms;
		toCheck = held.length > 0;
	};
	const release = (oldest: () => number): string | undefined => {
		if (!toCheck) return undefined;
		toCheck = false;
		const limit = oldest();
		const safe = held.filter(({ epoch, burst }) => epoch <= limit && burst < now);
		held = held.slice(safe.length);
		return safe.at(-1)?.line;
	};
	const startOver = () => {
		clear();
		[last, now] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
	};
	return { clear, startOver, hold, record, time, release };
};
