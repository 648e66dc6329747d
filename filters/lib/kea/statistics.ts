// statistics: what `statistic-get-all` and the lease commands say, as records

import { type Json, membersOf } from '../json/json.ts';
import { exact } from '../record.ts';
import type { Counters } from './counters.ts';
import { createUtilisation } from './leases.ts';
import { meaningOf, placeOf } from './names.ts';
import type { Sheet } from './sheet.ts';
import { attributesOf, type Subnets } from './subnets.ts';

/** A statistic's newest value; each stands in a list of values and their times, the newest first. */
const newest = (value: Json): Json | undefined => {
	const first = Array.isArray(value) ? value[0] : undefined;
	return Array.isArray(first) ? first[0] : undefined;
};

// A name is a metric and stands in files and paths; Kea's own have less than 80 characters.
const LONGEST_NAME = 500;

const WRAP = 1n << 64n;

export type Sources = {
	/** Of every record. */
	common: Record<string, string>;
	subnets: Subnets;
	/** By names of statistics, in place of those. */
	leases: Map<string, bigint>;
	counters: Counters;
	/** Hears of a statistic that is not known, and of one that is left out, and why. */
	unknown: (name: string) => void;
	fault: (what: string) => void;
};

/** A whole number as Kea means it, with a notice where it is not as it stands; undefined when nobody can know. */
const trueValue = (
	value: bigint,
	isTotal: boolean,
	notice: (kind: string, detail: string) => void,
): bigint | undefined => {
	if (value >= 0n) return value;
	if (!isTotal) {
		notice('negative', `Kea counts ${value}, which nothing can be; left out`);
		return undefined;
	}
	// Kea counts in 64 bits and prints them with a sign; what does not fit it holds at the greatest number.
	if (value === -1n) notice('saturated', 'Kea counts no further than 2^64 - 1; this many or more');
	else notice('wrapped_count', `Kea prints ${value}, the 64 bits of ${WRAP + value}`);
	return WRAP + value;
};

/** Print all statistics in `args`, and how full what they speak of is. Gives the ids of subnets that nobody knows. */
export const printStatistics = (
	sheet: Sheet,
	args: Json | undefined,
	{ common, subnets, leases, counters, unknown, fault }: Sources,
): string[] => {
	const utilisation = createUtilisation();
	const strangers = new Set<string>();
	const take = (name: string, value: Json | undefined) => {
		if (name.length > LONGEST_NAME) return fault(`a statistic with a name of ${name.length} characters`);
		const { place, rest } = placeOf(name);
		const { type, metric, unit, attributes: own, isKnown } = meaningOf(rest, place);
		if (place.subnet !== undefined && !subnets.has(place.subnet)) strangers.add(place.subnet);
		const attributes = { ...common, ...attributesOf(place, subnets), ...own };
		const series = { metric, unit, attributes };
		if (!isKnown) unknown(name);
		if (typeof value === 'bigint') {
			const whole = trueValue(value, own.kind === 'total', (kind, detail) =>
				sheet.notice(kind, detail, { metric, attributes }),
			);
			if (whole === undefined) return;
			if (type === 'sum') return sheet.sum(series, exact(whole), counters.startOf(name, whole));
			sheet.gauge(series, exact(whole));
			return utilisation.take(series, exact(whole));
		}
		const number =
			typeof value === 'object' && value !== null && 'number' in value ? Number(value.number) : Number.NaN;
		if (type === 'gauge' && Number.isFinite(number)) return sheet.gauge(series, number);
		fault(`${name} is no number`);
	};
	const all = membersOf(args) ?? [];
	for (const [name, values] of all) take(name, leases.get(name) ?? newest(values));
	// A subnet of which only the lease database has heard.
	const names = new Set(all.map(([name]) => name));
	for (const [name, value] of leases) if (!names.has(name)) take(name, value);
	utilisation.print(sheet);
	return [...strangers];
};
