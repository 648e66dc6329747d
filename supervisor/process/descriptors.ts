// descriptors: whether there are some left for a child; where a spawn finds none, execa and Node fall over themselves

import { closeSync, openSync } from 'node:fs';
import { EXIT, Failure, verdict } from '../../filters/lib/failure.ts';

// Its three ends, the lifeline, readiness, both sides of each while it starts, and what Node takes in between.
const PER_CHILD = 12;

const ADVICE = 'raise the limit (ulimit -n, or LimitNOFILE= of the unit)';

/** @throws Failure(75) when there are too few to start a child. */
export const checkDescriptors = (): void => {
	const open: number[] = [];
	try {
		while (open.length < PER_CHILD) open.push(openSync('/dev/null', 'r'));
	} catch (error) {
		const { code, message } = verdict(Object.assign(error as Error, { path: undefined }));
		throw new Failure(code, code === EXIT.again ? `${message}; ${ADVICE}` : message, { cause: error });
	} finally {
		for (const fd of open) closeSync(fd);
	}
};
