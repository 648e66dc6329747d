// tally: notices counted by kind, metric and host, as the one metric that an exposition has of its own

import { add } from '../exact.ts';
import type { Exact } from '../record.ts';
import { type Family, familyOf } from './family.ts';
import { type Labels, labelsOf, named } from './labels.ts';
import { valueMessage } from './messages.ts';
import { numberText } from './text.ts';

/** What a notice is counted by; whatever else it holds. */
export type Noticed = {
	kind: string;
	metric?: unknown;
	host?: unknown;
	attributes?: unknown;
	synthetic?: unknown;
	count?: unknown;
};

export type Tally = {
	family: Family;
	/** Count a notice; one without a whole count above zero counts once. */
	take: (notice: Noticed) => void;
};

// Hosts and metrics come from outside; what is beyond has one line together.
const MOST_SERIES = 1000;
const BEYOND = 'more_kinds';

const countOf = (count: unknown): Exact => {
	if (typeof count === 'number' && Number.isSafeInteger(count) && count > 0) return count;
	return typeof count === 'string' && /^\d{1,40}$/.test(count) && BigInt(count) > 0n ? count : 1;
};
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

export const createTally = (): Tally => {
	const family = familyOf({
		kind: 'counter',
		name: 'bpfpipe_notices',
		utf8: 'bpfpipe_notices',
		unit: '',
		help: 'Notices on the quality of the data, and what an exposition had to leave out, by kind.',
	});
	const counts = new Map<string, { count: Exact }>();

	const labelsFor = ({ kind, metric, host, synthetic }: Noticed): Labels =>
		labelsOf({
			host: textOf(host),
			attributes: { kind, metric: textOf(metric) },
			synthetic: synthetic === true,
		})!;
	const lineOf = (labels: Labels) => {
		const made = { count: 0 as Exact };
		const prefix = `${named('bpfpipe_notices_total', labels.text)} `;
		// No time behind these: they count on for as long as the program runs, whatever the stream's time is.
		family.members.add({
			lines: () => `${prefix}${numberText(made.count)}\n`,
			...valueMessage({ labels }, 'counter', () => Number(made.count)),
		});
		counts.set(labels.text, made);
		return made;
	};
	const take = (notice: Noticed) => {
		const labels = labelsFor(notice);
		const known = counts.get(labels.text);
		const own = known || counts.size < MOST_SERIES ? labels : labelsFor({ kind: BEYOND });
		const counted = counts.get(own.text) ?? lineOf(own);
		counted.count = add(counted.count, countOf(notice.count));
	};
	return { family, take };
};
