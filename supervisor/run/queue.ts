// queue: one operation after the other, whoever asked for it

/** Runs the work it is given when all earlier work is over, be it well or badly. */
export type Queue = <Result>(work: () => Promise<Result> | Result) => Promise<Result>;

/** A queue of its own. */
export const createQueue = (): Queue => {
	let last: Promise<unknown> = Promise.resolve();
	return (work) => {
		const result = last.then(work);
		last = result.catch(() => {});
		return result;
	};
};
