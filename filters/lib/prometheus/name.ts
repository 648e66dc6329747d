// name: what metrics, units and labels are called in Prometheus
// A unit is a word at the end of the name, as OpenTelemetry has it: that of the records, or the base unit of it.

import { wellFormed } from '../protobuf/text.ts';

const UNSAFE = /[^A-Za-z0-9_]/gu;

// UCUM, which OpenTelemetry uses, and what scripts write.
const WORDS: Record<string, string> = {
	'': '',
	'1': '',
	'%': 'percent',
	ns: 'nanoseconds',
	us: 'microseconds',
	'\u00b5s': 'microseconds',
	'\u03bcs': 'microseconds',
	ms: 'milliseconds',
	s: 'seconds',
	min: 'minutes',
	h: 'hours',
	d: 'days',
	bit: 'bits',
	B: 'bytes',
	By: 'bytes',
	kB: 'kilobytes',
	kBy: 'kilobytes',
	MBy: 'megabytes',
	GBy: 'gigabytes',
	KiB: 'kibibytes',
	KiBy: 'kibibytes',
	MiB: 'mebibytes',
	MiBy: 'mebibytes',
	GiB: 'gibibytes',
	GiBy: 'gibibytes',
	Hz: 'hertz',
	Cel: 'celsius',
	V: 'volts',
	A: 'amperes',
	J: 'joules',
	W: 'watts',
	m: 'meters',
	g: 'grams',
};

/** Behind "per" a unit of time is one of them. */
const SINGULAR: Record<string, string> = {
	seconds: 'second',
	minutes: 'minute',
	hours: 'hour',
	days: 'day',
};

/** Letters, digits and underscores only, and no digit in front. */
const safe = (text: string): string => {
	const plain = text.replace(UNSAFE, '_');
	return plain === '' || /^\d/.test(plain) ? `_${plain}` : plain;
};

const wordOf = (unit: string): string =>
	Object.hasOwn(WORDS, unit) ? WORDS[unit]! : unit.replace(/\{[^}]*\}/g, '').replace(UNSAFE, '_');

/** A unit as the end of a name: `us` is microseconds, `By/s` bytes_per_second; '' for none, as of a plain count. */
export const unitWord = (unit: string): string => {
	const [over = '', ...under] = unit.split('/').map(wordOf);
	const words = [over, ...under.flatMap((word) => (word === '' ? [] : ['per', SINGULAR[word] ?? word]))];
	return words
		.join('_')
		.replace(/^_+|_+$/g, '')
		.replace(/__+/g, '_');
};

/** What a name lacks of its unit. */
const unitEnd = (name: string, unit: string): string => {
	const word = unitWord(unit);
	return word === '' || name === word || name.endsWith(`_${word}`) ? '' : `_${word}`;
};

/** How much of the end of a safe name says in which unit its records are; 0 where that is the unit that it has here. */
const unitLength = (name: string, unit: string, base: string): number => {
	if (unit === base) return 0;
	const ends = [unitWord(unit), safe(unit)].filter((word) => word !== '' && word !== '_');
	const end = ends.find((word) => name === word || name.toLowerCase().endsWith(`_${word.toLowerCase()}`));
	return end === undefined ? 0 : end.length + (name === end ? 0 : 1);
};

const shortened = (name: string, length: number): string =>
	length === 0 ? name : [...name].slice(0, -length).join('');

/**
 * `cpu-lat` in `us` is cpu_lat_microseconds; what is there already is not written twice. In another unit, `base`, it is
 * cpu_lat_seconds, and so is `cpu_lat_us`.
 */
export const metricName = (metric: string, unit: string, prefix = '', base = unit): string => {
	const name = safe(prefix === '' ? metric : `${prefix}_${metric}`).replace(/_total$/, '');
	const length = unitLength(name, unit, base);
	const core = shortened(name, length) || (length === 0 ? '_' : unitWord(base));
	return `${core}${unitEnd(core, base)}`;
};

/** The same in UTF-8, cpu-lat_microseconds: two metrics that have two names in letters have two here as well. */
export const metricNameUtf8 = (metric: string, unit: string, prefix = '', base = unit): string => {
	const whole = wellFormed(prefix === '' ? metric : `${prefix}_${metric}`);
	const plain = safe(whole);
	const isTotal = plain.endsWith('_total');
	const name = isTotal ? whole.replace(/.total$/su, '') : whole;
	const safeName = plain.replace(/_total$/, '') || '_';
	const length = unitLength(safeName, unit, base);
	const core = shortened(name, length) || (length === 0 ? '_' : unitWord(base));
	return `${core}${unitEnd(shortened(safeName, length) || core, base)}`;
};

// Ours, and those to which Prometheus gives a meaning.
const RESERVED = new Set(['host', 'le', 'quantile', 'synthetic']);

/** An attribute as a label; one that would pass for a label of ours is exported_NAME, as where Prometheus scrapes. */
export const labelName = (attribute: string): string => {
	const name = safe(attribute);
	return RESERVED.has(name) || name.startsWith('__') ? `exported_${name.replace(/^_+/, '')}` : name;
};

/** The same in UTF-8, where it needs no other name. */
export const labelNameUtf8 = (attribute: string): string => {
	const name = labelName(attribute);
	return name !== safe(attribute) || attribute === '' ? name : wellFormed(attribute);
};
