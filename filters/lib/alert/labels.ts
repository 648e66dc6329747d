// labels: who a series or an alert is: names and values, in one order

export type LabelSet = {
	/** The same for two sets exactly when they are equal. */
	key: string;
	map: ReadonlyMap<string, string>;
};

const byName = ([left]: readonly [string, string], [right]: readonly [string, string]): number =>
	left < right ? -1 : Number(left > right);

/** A label without a value is none, as with Prometheus. */
export const labelSet = (entries: Iterable<readonly [string, string]>): LabelSet => {
	const list = [...new Map(entries)].filter(([, value]) => value !== '').sort(byName);
	return { key: JSON.stringify(list), map: new Map(list) };
};

/** Where what was made up or replayed says so; it stays through every expression. */
export const SYNTHETIC = 'synthetic';
