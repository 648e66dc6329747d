// serial: one operation after the other, whoever asked for it

/** Runs the work it is given when all earlier work is over, be it well or badly; the answer is that work's own. */
export type Serial = <Result>(work: () => Result | Promise<Result>) => Promise<Result>;

/** A row of its own. */
export const createSerial = (): Serial => {
	let last: Promise<unknown> = Promise.resolve();
	return (work) => {
		const result = last.then(work);
		last = result.catch(() => {});
		return result;
	};
};
