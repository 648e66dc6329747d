// value: what stands behind `@map[key]: `, where that is a number or a `stats` triple
// Texts, pointers, tuples, arrays, records and booleans are values too, but no metrics.

import type { Stats } from '../../print/emitter.ts';

const WHOLE = /^-?\d{1,20}$/;
const STATS_TO_023 = /^count (-?\d{1,20}), average (-?\d{1,20}), total (-?\d{1,20})$/;
const STATS_FROM_024 = /^\{ \.count = (-?\d{1,20}), \.average = (-?\d{1,20}), \.total = (-?\d{1,20}) \}$/;

/** A value as a number or as stats; undefined when it is neither. */
export const metricValueOf = (text: string): bigint | Stats | undefined => {
	if (WHOLE.test(text)) return BigInt(text);
	const match = STATS_TO_023.exec(text) ?? STATS_FROM_024.exec(text);
	if (!match) return undefined;
	return { count: BigInt(match[1]!), average: BigInt(match[2]!), total: BigInt(match[3]!) };
};
