// ramp: how a count becomes a colour, by the logarithm, and the legend out of the same table
// Nothing is the ground, one event is at once the first full step. The steps keep 3:1 against an empty cell, in both
// themes and for those who do not see red or green.

/** Dark or light. */
export type Theme = 'dark' | 'light';

const STEPS = {
	dark: ['#3664a8', '#6265c5', '#9163d5', '#c165c7', '#e96cad', '#fe8d8a', '#ffb481', '#ffd79b', '#fff7c6'],
	light: ['#4097da', '#5383e0', '#6b6bdd', '#834eca', '#952fab', '#961a77', '#8e0746', '#720821', '#540c02'],
} as const;

/** The colours of a theme, from one event to the most. */
export const ramp = (theme: Theme): readonly string[] => STEPS[theme];

const COUNT = STEPS.dark.length;

/** Everything else that is drawn, by theme. */
export const colours = (theme: Theme) => COLOURS[theme];

const COLOURS = {
	dark: {
		page: '#0b0f14',
		panel: '#11161d',
		text: '#e7ecf2',
		muted: '#9aa7b5',
		line: '#27303b',
		hatch: '#1d242e',
		bar: '#5f8fd6',
		percentiles: ['#7cc4ff', '#f2c14e', '#ff7b9c'],
		warn: '#ffb454',
		sample: '#c9a2ff',
	},
	light: {
		page: '#f4f6f8',
		panel: '#ffffff',
		text: '#131a22',
		muted: '#4d5a68',
		line: '#d5dbe2',
		hatch: '#e9edf1',
		bar: '#5b7fdb',
		percentiles: ['#0a5fb4', '#a86200', '#8b0f5c'],
		warn: '#8a4b00',
		sample: '#5b2a86',
	},
} as const;

/** The least that each step stands for, ascending; the step of a value is the number of those up to it. */
export type HeatScale = { kind: 'count' | 'share'; least: number[]; most: number };

/** Counts from one to the most in view. */
export const countScale = (most: number): HeatScale => {
	const top = Math.max(1, most);
	const least = Array.from({ length: COUNT }, (_, step) => {
		const power = top ** (step / COUNT);
		// A power that should be whole may lie a hair above it.
		const nearest = Math.round(power);
		return Math.abs(power - nearest) < 1e-9 * nearest ? nearest : Math.ceil(power);
	});
	return { kind: 'count', least, most: top };
};

const LEAST_SHARE = 1e-4;

/** Parts of a column, whatever its load: a ten-thousandth and less to all. */
export const shareScale = (): HeatScale => ({
	kind: 'share',
	least: Array.from({ length: COUNT }, (_, step) => (step === 0 ? 0 : LEAST_SHARE ** (1 - step / COUNT))),
	most: 1,
});

/** The step of a value: 0 for nothing, 1 to 9 for anything. */
export const stepOf = ({ least }: HeatScale, value: number): number => {
	if (!(value > 0)) return 0;
	let step = 1;
	while (step < COUNT && value >= least[step]!) step += 1;
	return step;
};

/** The legend's numbers: the least, that of the middle step, the most. */
export const legendOf = ({ kind, least, most }: HeatScale): [low: number, middle: number, high: number] => [
	kind === 'count' ? 1 : LEAST_SHARE,
	least[COUNT >> 1]!,
	most,
];
