// family: all series of one metric, below one HELP, TYPE and UNIT, and the names that only they may have

import type { Writer } from 'protobufjs';
import { wellFormed } from '../protobuf/text.ts';
import { baseUnitOf } from './base-unit.ts';
import { headed } from './labels.ts';
import { metricName, metricNameUtf8, unitWord } from './name.ts';
import { scaledNative, scaledText } from './scale.ts';
import { type Spelling, spellingOf, type TextStyle } from './style.ts';
import { helpText } from './text.ts';

/** What a metric is to Prometheus. */
export type Kind = 'counter' | 'gauge' | 'histogram';

/** Whatever renders itself below the header. */
export type Member = {
	lines: (style: TextStyle) => string;
	/** The content of its Metric message. */
	message: (writer: Writer, how: MessageOptions) => void;
	/** Whether there is anything of it in a message just now; there is, where this is not said. */
	isShown?: () => boolean;
	/** Whether it has a native form; only a histogram may have one. */
	isNative?: () => boolean;
};

/** How a family's messages are written. */
export type MessageOptions = { names: Spelling; timestamps: boolean; native: boolean; classic: boolean };

export type Family = {
	kind: Kind;
	/** The name that TYPE has in OpenMetrics; a counter's samples end in _total. */
	name: string;
	/** The same in UTF-8. */
	utf8: string;
	/** The word that its name ends in, or ''. */
	unit: string;
	help: string;
	/** Every name that one of its lines may have, in either format. */
	claims: string[];
	members: Set<Member>;
	/** HELP, TYPE and UNIT. */
	header: (style: TextStyle) => string;
	/** A member had no native form: the family stays classic, for half of one helps nobody. */
	isClassic: boolean;
};

const SUFFIXES: Record<Kind, string[]> = {
	counter: ['', '_total', '_created'],
	gauge: [''],
	histogram: ['', '_bucket', '_count', '_sum', '_created'],
};

export type FamilyOptions = { kind: Kind; name: string; utf8: string; unit: string; help: string };

/** What the family is called in a spelling. */
export const nameIn = ({ name, utf8 }: Pick<Family, 'name' | 'utf8'>, spelling: Spelling): string =>
	spelling === 'utf8' ? utf8 : name;

/** The unit to tell beside `name`: one that is nothing but its unit has none by the rules of OpenMetrics. */
export const unitOf = ({ unit }: Pick<Family, 'unit'>, name: string): string =>
	unit !== '' && name.endsWith(`_${unit}`) ? unit : '';

/** A family that has no member yet. `unit` is the word that ends its name, or ''. */
export const familyOf = ({ kind, name, utf8, unit, help }: FamilyOptions): Family => {
	const headerIn = (style: TextStyle): string => {
		const isOpenMetrics = style.format === 'openMetrics';
		const end = kind === 'counter' && !isOpenMetrics ? '_total' : '';
		const own = nameIn({ name, utf8 }, spellingOf(style));
		const shown = headed(`${own}${end}`);
		const word = unitOf({ unit }, own);
		const lines = [
			`# HELP ${shown} ${helpText(help, isOpenMetrics)}`,
			`# TYPE ${shown} ${kind}`,
			// The older format has no UNIT: there it is a comment, which nobody but people reads.
			...(word === '' ? [] : [`# UNIT ${shown} ${word}`]),
		];
		return `${lines.join('\n')}\n`;
	};
	const claims = SUFFIXES[kind].map((suffix) => `${name}${suffix}`);
	return {
		kind,
		name,
		utf8,
		unit,
		help,
		claims,
		members: new Set(),
		header: headerIn,
		isClassic: false,
	};
};

const NATIVE_HELP =
	'; native: [2,4) is in (2,4], so what lies on a power of two counts one bucket higher; the sum NaN stands for unknown';

/** The help text where the family has native histograms, or none. */
export const helpIn = ({ help }: Pick<Family, 'help'>, isNative: boolean): string =>
	wellFormed(`${help}${isNative ? NATIVE_HELP : ''}`);

/** A metric as its records call it; `base` is the unit that its family has. */
export type Named = { metric: string; unit: string; base: string; prefix: string };

/** What is to be known of a histogram's bounds; where they were scaled also why there is no native form. */
const histogramHelp = ({ unit, base }: Named): string => {
	if (unit === base) return '; whole numbers, le is inclusive: [2,4) ends at le="3"; no sum is known';
	const { scale } = baseUnitOf(unit);
	const isClassic = scaledNative([[2, 4, 0]], scale) === undefined;
	const end = isClassic ? '; classic only: scaled, no bound is a power of two' : '';
	return `; whole ${unit}, le is inclusive: [2,4) ${unit} ends at le="${scaledText(3, scale)}"; no sum is known${end}`;
};

const inUnit = ({ unit, base }: Named): string => {
	if (unit !== base) return ` in ${base}, counted in ${unit}`;
	return unit === '' || unit === '1' ? '' : ` in ${unit}`;
};

/** The family of a metric of ours. */
export const familyFor = (named: Named, kind: Kind): Family => {
	const { metric, unit, base, prefix } = named;
	return familyOf({
		kind,
		name: metricName(metric, unit, prefix, base),
		utf8: metricNameUtf8(metric, unit, prefix, base),
		unit: unitWord(base),
		help: `${metric}${inUnit(named)}, by bpfpipe${kind === 'histogram' ? histogramHelp(named) : ''}`,
	});
};

/** The family of what is estimated about a histogram. */
export const estimateFor = ({ metric, unit, base, prefix }: Named): Family =>
	familyOf({
		kind: 'gauge',
		name: metricName(`${metric}_estimated_sum`, unit, prefix, base),
		utf8: metricNameUtf8(`${metric}_estimated_sum`, unit, prefix, base),
		unit: unitWord(base),
		help: `ESTIMATE of the sum of ${metric} in ${base}: every value is taken for the middle of its bucket`,
	});
