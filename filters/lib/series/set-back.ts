// set-back: tells a clock that was set back from records that only come late
// With a clock at hand it is asked. Without one, as when a log is read again, the stream has to say it by itself: some
// steps' worth of records in a row that are far behind, and none of the time that was reached.

export type SetBackOptions = {
	stepMs: number;
	/** What the way from the source to here may take. */
	graceMs: number;
	/** Milliseconds since the epoch, where the clock of this machine is that of the records. */
	clock?: () => number;
};

// A step that is open ends up to two steps and the grace ahead of the clock; fewer are waited for.
const FEW = 3;

/** Whether, with a record of time `ts` and an open step that ends at `end`, time was set back. All in ms. */
export type SetBack = (ts: number, end: number) => boolean;

export const createSetBack = ({ stepMs, graceMs, clock }: SetBackOptions): SetBack => {
	let behind: { first: number; last: number } | undefined;
	if (clock) return (_ts, end) => end - clock() > FEW * stepMs + graceMs;
	return (ts, end) => {
		if (end - ts <= FEW * stepMs + graceMs) behind = undefined;
		else if (!behind || ts < behind.first) behind = { first: ts, last: ts };
		else behind.last = Math.max(behind.last, ts);
		const isBack = behind !== undefined && behind.last - behind.first >= FEW * stepMs;
		if (isBack) behind = undefined;
		return isBack;
	};
};
