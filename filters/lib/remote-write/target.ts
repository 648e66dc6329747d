// target: the series of a remote write that one series of ours becomes: one, or one for each row of a histogram

import { type Family, nameIn } from '../prometheus/family.ts';
import type { Label } from '../prometheus/labels.ts';
import type { Spelling } from '../prometheus/style.ts';

/** One series as the server knows it: what its family is called there, names and values of its labels, in order of the names. */
export type Remote = { family: Family; name: string; labels: readonly string[] };

/** The series of one of ours. Each is one object, however often it is asked for. */
export type Target = {
	family: Family;
	/** A value's, or a native histogram's. */
	plain: () => Remote;
	/** A row's, by its inclusive upper bound. */
	row: (upper: number) => Remote;
	/** How much a classic histogram counted in all. */
	count: () => Remote;
	/** All that were asked for so far. */
	all: () => Remote[];
	/** How many bytes the labels of one take, about. */
	weight: number;
};

/** A bound as Prometheus itself writes one that it has scraped: 3.0, 6.3e-05, 1.048575e+06, +Inf. */
const leOf = (upper: number): string => {
	if (!Number.isFinite(upper)) return upper > 0 ? '+Inf' : '-Inf';
	const [digits = '', exponent = '0'] = upper.toExponential().split('e');
	const power = Number(exponent);
	if (power < -4 || power > 5) {
		const sign = power < 0 ? '-' : '+';
		return `${digits}e${sign}${String(Math.abs(power)).padStart(2, '0')}`;
	}
	return Number.isInteger(upper) ? `${upper}.0` : String(upper);
};

const byName = ([left]: [string, string], [right]: [string, string]): number => (left < right ? -1 : 1);

export const createTarget = (family: Family, list: readonly Label[], spelling: Spelling): Target => {
	const familyName = nameIn(family, spelling);
	const made = new Map<string, Remote>();
	const own = list.map(({ name, utf8, value }): [string, string] => [
		spelling === 'utf8' ? utf8 : name,
		value,
	]);
	const remote = (suffix: string, le?: string): Remote => {
		const key = le === undefined ? suffix : `le ${le}`;
		const known = made.get(key);
		if (known) return known;
		const extra: [string, string][] = le === undefined ? [] : [['le', le]];
		const labels = [['__name__', `${familyName}${suffix}`] as [string, string], ...own, ...extra];
		const fresh = { family, name: familyName, labels: labels.sort(byName).flat() };
		made.set(key, fresh);
		return fresh;
	};
	return {
		family,
		plain: () => remote(family.kind === 'counter' ? '_total' : ''),
		row: (upper) => remote('_bucket', leOf(upper)),
		count: () => remote('_count'),
		all: () => [...made.values()],
		weight: own.reduce((sum, [name, value]) => sum + name.length + value.length + 4, familyName.length + 40),
	};
};
