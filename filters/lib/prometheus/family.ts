// family: all series of one metric, below one HELP, TYPE and UNIT, and the names that only they may have

import { metricName, unitWord } from './name.ts';
import type { Style } from './style.ts';
import { helpText } from './text.ts';

/** What a metric is to Prometheus. */
export type Kind = 'counter' | 'gauge' | 'histogram';

/** Whatever renders itself below the header. */
export type Member = { lines: (style: Style) => string };

export type Family = {
	kind: Kind;
	/** The name that TYPE has in OpenMetrics; a counter's samples end in _total. */
	name: string;
	/** Every name that one of its lines may have, in either format. */
	claims: string[];
	members: Set<Member>;
	/** HELP, TYPE and UNIT. */
	header: (style: Style) => string;
};

const SUFFIXES: Record<Kind, string[]> = {
	counter: ['', '_total', '_created'],
	gauge: [''],
	histogram: ['', '_bucket', '_count', '_sum', '_created'],
};

export type FamilyOptions = { kind: Kind; name: string; unit: string; help: string };

/** A family that has no member yet. `unit` is the word that ends its name, or ''. */
export const familyOf = ({ kind, name, unit, help }: FamilyOptions): Family => {
	// A name that is nothing but its unit has none by the rules of OpenMetrics.
	const hasUnit = unit !== '' && name.endsWith(`_${unit}`);
	const headerIn = (isOpenMetrics: boolean): string => {
		const shown = kind === 'counter' && !isOpenMetrics ? `${name}_total` : name;
		const lines = [
			`# HELP ${shown} ${helpText(help, isOpenMetrics)}`,
			`# TYPE ${shown} ${kind}`,
			// The older format has no UNIT: there it is a comment, which nobody but people reads.
			...(hasUnit ? [`# UNIT ${shown} ${unit}`] : []),
		];
		return `${lines.join('\n')}\n`;
	};
	const headers = { text: headerIn(false), openMetrics: headerIn(true) };
	const claims = SUFFIXES[kind].map((suffix) => `${name}${suffix}`);
	return { kind, name, claims, members: new Set(), header: ({ format }) => headers[format] };
};

const HELP: Record<Kind, string> = {
	counter: '',
	gauge: '',
	histogram: '; whole numbers, le is inclusive: [2,4) ends at le="3"; no sum is known',
};

/** The family of a metric of ours. */
export const familyFor = (metric: string, unit: string, kind: Kind, prefix: string): Family => {
	const inUnit = unit === '' || unit === '1' ? '' : ` in ${unit}`;
	return familyOf({
		kind,
		name: metricName(metric, unit, prefix),
		unit: unitWord(unit),
		help: `${metric}${inUnit}, by bpfpipe${HELP[kind]}`,
	});
};

/** The family of what is estimated about a histogram. */
export const estimateFor = (metric: string, unit: string, prefix: string): Family =>
	familyOf({
		kind: 'gauge',
		name: metricName(`${metric}_estimated_sum`, unit, prefix),
		unit: unitWord(unit),
		help: `ESTIMATE of the sum of ${metric} in ${unit}: every value is taken for the middle of its bucket`,
	});
