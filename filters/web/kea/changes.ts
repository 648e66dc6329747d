// changes: which figures of a range moved against the range before it, the biggest first

import { shareText } from '../../lib/chart/number.ts';
import { intervalText, rateOfUnit } from '../../lib/chart/quantity.ts';
import type { ColumnsAnswer, Row } from '../../lib/history/answers.ts';
import type { Exact } from '../../lib/record.ts';
import {
	type Count,
	countIn,
	groupOf,
	isMeasured,
	isProbed,
	orNone,
	percentileOf,
	secondsOf,
} from './figures.ts';
import type { Place } from './places.ts';
import type { KeaAnswers } from './questions.ts';

export type Change = {
	key: string;
	/** What it is of, and which of them, a name from outside. */
	what: string;
	of: string;
	before: string;
	after: string;
	/** How many times as much; Infinity where there was nothing before, 0 where there is nothing now. */
	factor: number;
	/** How far it moved, for the order: the logarithm of that, of no more than was counted. */
	size: number;
};

export type Fullness = Map<string, { place: Place; last: Exact | undefined }>;
export type Compared = { now: KeaAnswers; before: KeaAnswers; fullNow: Fullness; fullBefore: Fullness };

/** Beyond so many standard deviations a count did not move by chance. */
const BEYOND = 3;
const PERCENTS = [50, 99];

const rate = (count: number, seconds: number, unit: string): string =>
	rateOfUnit(count / seconds, unit.replace(/[{}]/g, ''));

/** Rates of one kind of count, by its groups; undefined among them where a figure did not move. */
const countChanges = (
	what: string,
	[now, before]: [ColumnsAnswer | undefined, ColumnsAnswer | undefined],
	[seconds, earlier]: [number, number],
	isProbes: boolean,
): (Change | undefined)[] => {
	if (!(seconds > 0) || !(earlier > 0)) return [];
	const names = new Set([...(now?.groups ?? []), ...(before?.groups ?? [])].map(({ name = '' }) => name));
	return [...names].flatMap((name) => {
		if (name === '') return [];
		const [after, was]: Count[] = [now, before].map((one) => orNone(countIn(one, name), isProbes));
		if (after === undefined || was === undefined) return [];
		const [a, b] = [Number(after), Number(was)];
		if (a === 0 && b === 0) return [];
		// Of Poisson's counts; one more on each side keeps few of them from being certain.
		const deviation = Math.sqrt((a + 1) / seconds ** 2 + (b + 1) / earlier ** 2);
		if (Math.abs(a / seconds - b / earlier) <= BEYOND * deviation) return [undefined];
		const unit = now?.unit ?? before?.unit ?? '1';
		return [
			{
				key: `${what} ${name}`,
				what,
				of: name,
				before: rate(b, earlier, unit),
				after: rate(a, seconds, unit),
				factor: a / seconds / (b / earlier),
				size: Math.abs(Math.log2((a + 1) / seconds / ((b + 1) / earlier))),
			},
		];
	});
};

/** An edge to compare by: the upper one; of what has none, the lower. */
const edge = ([lower, upper]: Row): number => Number(upper ?? lower ?? 0);

const timeChanges = (
	what: string,
	[now, before]: [ColumnsAnswer | undefined, ColumnsAnswer | undefined],
): (Change | undefined)[] => {
	if (!now || !before) return [];
	return now.groups.flatMap((group) => {
		const name = group.name ?? '';
		const other = groupOf(before, name);
		if (!other) return [];
		return PERCENTS.flatMap((percent): (Change | undefined)[] => {
			const [after, was] = [percentileOf(now, group, percent), percentileOf(before, other, percent)];
			if (!after || !was) return [];
			if (edge(after) === edge(was)) return [undefined];
			const factor = edge(after) / edge(was);
			return [
				{
					key: `${what} ${percent} ${name}`,
					what: `${what}, p${percent}`,
					of: name,
					before: intervalText(was, before.unit),
					after: intervalText(after, now.unit),
					factor,
					size: Math.abs(Math.log2(factor)),
				},
			];
		});
	});
};

/** A subnet as a reader knows it. */
const placeName = ({ id, cidr, leaseType }: Place): string =>
	[cidr, `id ${id}`, leaseType].filter(Boolean).join(' · ');

/** Of utilisation, a hundredth counts for nothing. */
const LEAST_PART = 0.01;

const fullChanges = (now: Fullness, before: Fullness): (Change | undefined)[] =>
	[...now].flatMap(([key, { place, last }]) => {
		const was = before.get(key)?.last;
		if (last === undefined || was === undefined) return [];
		const [a, b] = [Number(last), Number(was)];
		if (Math.abs(a - b) < LEAST_PART) return [undefined];
		return [
			{
				key: `full ${key}`,
				what: 'pool utilisation',
				of: placeName(place),
				before: shareText(b),
				after: shareText(a),
				factor: a / b,
				size: Math.abs(Math.log2((a + LEAST_PART) / (b + LEAST_PART))),
			},
		];
	});

/** All figures of both ranges: those that moved, the biggest first, and how many did not. */
export const changesOf = ({
	now,
	before,
	fullNow,
	fullBefore,
}: Compared): { moved: Change[]; still: number } => {
	const probes: [number, number] = [secondsOf(now.received), secondsOf(before.received)];
	const kea: [number, number] = [secondsOf(now.keaReceived), secondsOf(before.keaReceived)];
	const isLooking = isProbed(now) && isProbed(before);
	const ofProbes = (what: string, pick: (one: KeaAnswers) => ColumnsAnswer | undefined) =>
		countChanges(what, [pick(now), pick(before)], probes, isLooking);
	const ofKea = (what: string, pick: (one: KeaAnswers) => ColumnsAnswer | undefined) =>
		countChanges(what, [pick(now), pick(before)], kea, false);
	const times = (what: string, pick: (one: KeaAnswers) => ColumnsAnswer | undefined) =>
		isMeasured(pick(now)) && isMeasured(pick(before)) ? timeChanges(what, [pick(now), pick(before)]) : [];
	const all = [
		...ofProbes('packets dropped', (one) => one.drops?.all),
		...ofProbes('received', (one) => one.received),
		...ofProbes('sent', (one) => one.sent),
		...ofProbes('allocation failures', (one) => one.failures),
		...ofProbes('exceptions', (one) => one.errors?.all),
		...ofKea('Kea’s statistics: received', (one) => one.keaReceived),
		...ofKea('Kea’s statistics: sent', (one) => one.keaSent),
		...ofKea('Kea’s statistics: dropped in all', (one) => one.keaDropped),
		...ofKea('Kea’s statistics: dropped', (one) => one.keaDrops),
		...ofKea('Kea’s statistics: allocation failures', (one) => one.keaFailures),
		...times('processing', (one) => one.answered?.all),
		...times('stage', (one) => one.stages),
		...times('lease database', (one) => one.operations),
		...times('relay', (one) => one.relays),
		...fullChanges(fullNow, fullBefore),
	];
	const moved = all.filter((one) => one !== undefined);
	return {
		moved: moved.sort((a, b) => b.size - a.size || (a.key < b.key ? -1 : 1)),
		still: all.length - moved.length,
	};
};

/** A factor in words. */
export const factorText = (factor: number): string => {
	if (factor === Number.POSITIVE_INFINITY) return 'new';
	if (factor === 0) return 'gone';
	const up = factor >= 1 ? factor : 1 / factor;
	const digits = up >= 10 ? up.toFixed(0) : up.toFixed(up >= 2 ? 1 : 2);
	return `${factor >= 1 ? '▲' : '▼'} × ${factor >= 1 ? digits : `1/${digits}`}`;
};
