// stream: the newest metrics to one client, at once and each interval, at the pace at which it reads
// A client that is slow misses what is in between, never the newest; what waits for it is one round of messages.

/** Where messages go: false says that the client has to read first. */
export type Reader = {
	write: (message: object) => boolean;
	onDrain: (resume: () => void) => void;
	/** The client is told that it was too slow for too long. */
	giveUp: () => void;
};

export type StreamOptions = {
	intervalMs: number;
	/** The messages of now. */
	newest: () => object[];
	/** A round was left out because the client has not read the one before. */
	onSkipped: () => void;
};

/** A client that has read nothing for so long is gone. */
const PATIENCE_MS = 300_000;

/** Begin; the answer ends it. */
export const beginStream = (
	reader: Reader,
	{ intervalMs, newest, onSkipped }: StreamOptions,
): (() => void) => {
	let isFull = false;
	let fullSince = 0;

	const tell = () => {
		if (isFull) {
			onSkipped();
			if (performance.now() - fullSince > PATIENCE_MS) reader.giveUp();
			return;
		}
		for (const message of newest()) isFull = !reader.write(message) || isFull;
		if (!isFull) return;
		fullSince = performance.now();
		reader.onDrain(() => {
			isFull = false;
		});
	};
	tell();
	const timer = setInterval(tell, intervalMs);
	return () => clearInterval(timer);
};
