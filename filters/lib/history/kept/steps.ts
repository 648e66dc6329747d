// steps: into which steps time is divided: the rings of a history, and the columns of an answer
// All times are milliseconds. Steps are such that a coarser ring's slots are whole numbers of a finer one's.

/** A ring of every series: its step, how many there are, and how far back it reaches. */
export type Level = { step: number; length: number; reach: number };

const SECOND = 1000;
const FINE = { step: SECOND, reach: 300 * SECOND };
const MIDDLE = { step: 5 * SECOND, reach: 900 * SECOND };
const COARSE_SLOTS = 240;
// Beyond what is promised, so that who asks for all of it a little late still has it.
const SLACK = 1.07;

const SECONDS = [
	1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400,
];

/** The smallest step of a kind that people read easily, at least `least`, of which `base` is a part. */
export const stepFor = (least: number, base: number): number => {
	const nice = SECONDS.map((one) => one * SECOND).find((one) => one >= least && one % base === 0);
	return nice ?? base * Math.ceil(least / base);
};

const levelOf = ({ step, reach }: { step: number; reach: number }): Level => ({
	step,
	reach,
	length: Math.ceil((reach / step) * SLACK) + 1,
});

/** The rings that hold `span`, the finest first. */
export const levelsFor = (span: number): Level[] => {
	const finer = [FINE, MIDDLE].filter(({ reach }) => reach < span);
	const step = Math.max(stepFor(span / COARSE_SLOTS, MIDDLE.step), MIDDLE.step);
	const last = [FINE, MIDDLE].find(({ reach }) => reach >= span)?.step ?? step;
	return [...finer, { step: last, reach: span }].map(levelOf);
};
