// window: what was sent lately, kept until it can be taken for delivered, and sent again after a loss
// A write that succeeds only reached a kernel. carbon may die with what it has read but not yet written to disk.

/** Bytes sent together. `low` is the lowest number of a point in them, `fresh` the series that they begin. */
export type Batch = { bytes: Buffer; points: number; low: number; fresh: string[] };

/** `clock` is milliseconds of healthy connection: it stands still while the server does not read. */
export type Window = {
	/** Keep a batch; it is the next to be sent. */
	add: (batch: Batch) => void;
	/** The next batch to put on the connection, counted as sent from now on. */
	next: (now: number) => Batch | undefined;
	/** The connection is lost: everything kept is to be sent again. The answer is how many points had been sent. */
	rewind: () => number;
	/** The same, but for what is settled: that stays so on the next connection. */
	carry: () => number;
	/** Whether there is something sent of which that is not known yet. */
	isUnsettled: () => boolean;
	/** The peer's kernel has the first `bytes` bytes of this connection. */
	settle: (bytes: number, clock: number) => void;
	/** Let go of what has stayed settled for the whole window. */
	expire: (clock: number) => Batch[];
	/** Everything sent was read and the connection closed in order. */
	confirmSent: () => Batch[];
	/** The lowest number of a point kept, infinite when nothing is. */
	lowest: () => number;
	bytes: () => number;
	/** Points kept; how many of them are not on this connection yet; how many are, and not settled, since when. */
	points: () => { kept: number; unsent: number; unsettled: number; unsettledSince: number | undefined };
};

/** `settledAt` is undefined in all that is not sent on this connection. */
type Kept = Batch & { end: number; sentAt: number; settledAt: number | undefined };

export const createWindow = (windowMs: number): Window => {
	let kept: Kept[] = [];
	let sent = 0;
	let offset = 0;
	let bytes = 0;

	const letGo = (howMany: number): Kept[] => {
		const gone = kept.slice(0, howMany);
		kept = kept.slice(howMany);
		sent -= howMany;
		for (const batch of gone) bytes -= batch.bytes.length;
		return gone;
	};
	const pointsFrom = (from: number, to: number) =>
		kept.slice(from, to).reduce((all, { points }) => all + points, 0);
	/** How many batches at the start are settled. */
	const settled = () => {
		const first = kept.findIndex(({ settledAt }) => settledAt === undefined);
		return first < 0 ? kept.length : first;
	};
	/** Back to batch `from`, on another connection. */
	const back = (from: number): number => {
		const points = pointsFrom(from, sent);
		for (const batch of kept.slice(from)) batch.settledAt = undefined;
		sent = from;
		offset = 0;
		return points;
	};

	return {
		add: (batch) => {
			kept.push({ ...batch, end: 0, sentAt: 0, settledAt: undefined });
			bytes += batch.bytes.length;
		},
		next: (now) => {
			const batch = kept[sent];
			if (!batch) return undefined;
			sent += 1;
			batch.sentAt = now;
			offset += batch.bytes.length;
			batch.end = offset;
			return batch;
		},
		rewind: () => back(0),
		carry: () => back(settled()),
		isUnsettled: () => sent > 0 && kept[sent - 1]!.settledAt === undefined,
		settle: (upTo, clock) => {
			for (const batch of kept.slice(0, sent)) if (batch.end <= upTo) batch.settledAt ??= clock;
		},
		expire: (clock) => {
			const isOver = ({ settledAt }: Kept) => settledAt !== undefined && clock - settledAt >= windowMs;
			const young = kept.findIndex((batch) => !isOver(batch));
			return letGo(young < 0 ? kept.length : young);
		},
		confirmSent: () => letGo(sent),
		lowest: () => kept.reduce((least, { low }) => Math.min(least, low), Number.POSITIVE_INFINITY),
		bytes: () => bytes,
		points: () => {
			const first = settled();
			return {
				kept: pointsFrom(0, kept.length),
				unsent: pointsFrom(sent, kept.length),
				unsettled: pointsFrom(first, sent),
				unsettledSince: first < sent ? kept[first]!.sentAt : undefined,
			};
		},
	};
};
