// labels: who a series is, as the text between its braces and as a list

import { wellFormed } from '../protobuf/text.ts';
import { labelName, labelNameUtf8 } from './name.ts';
import type { Spelling } from './style.ts';
import { labelValue } from './text.ts';

/** What a series is called beside its metric. */
export type Identity = { host: string; attributes: Record<string, string>; synthetic?: boolean };

/** One label; `utf8` is its name where any name is taken. */
export type Label = { name: string; utf8: string; value: string };

/** `text` is the same for two series exactly when they are the same to Prometheus. */
export type Labels = { text: string; list: Label[] };

const PLAIN = /^[A-Za-z_][A-Za-z0-9_]*$/;
const textOf = ({ name, value }: Label): string => `${name}="${labelValue(value)}"`;
const quotedName = (name: string): string => (PLAIN.test(name) ? name : `"${labelValue(name)}"`);
const byText = (left: Label, right: Label): number => (textOf(left) < textOf(right) ? -1 : 1);

/**
 * The labels in one order; undefined when two attributes come to one name. An empty value is left out: to Prometheus it is
 * as good as no label.
 */
export const labelsOf = ({ host, attributes, synthetic }: Identity): Labels | undefined => {
	const names = new Set<string>();
	const own: Label[] = [];
	for (const [attribute, value] of Object.entries(attributes)) {
		const name = labelName(attribute);
		if (names.has(name)) return undefined;
		names.add(name);
		if (value !== '') own.push({ name, utf8: labelNameUtf8(attribute), value: wellFormed(value) });
	}
	const first = host === '' ? [] : [{ name: 'host', utf8: 'host', value: wellFormed(host) }];
	const last = synthetic ? [{ name: 'synthetic', utf8: 'synthetic', value: 'true' }] : [];
	const list = [...first, ...own.sort(byText), ...last];
	return { text: list.map(textOf).join(','), list };
};

/** The labels as text, with their names spelled in one way. */
export const labelText = ({ text, list }: Labels, spelling: Spelling): string =>
	spelling === 'underscores'
		? text
		: list.map(({ utf8, value }) => `${quotedName(utf8)}="${labelValue(value)}"`).join(',');

/**
 * The name of a sample and its labels in their braces, with another one behind them or without; nothing where there are
 * none. A name that no older reader takes stands in the braces itself.
 */
export const named = (name: string, labels: string, more = ''): string => {
	const isPlain = PLAIN.test(name);
	const all = [isPlain ? '' : `"${labelValue(name)}"`, labels, more].filter((part) => part !== '').join(',');
	return `${isPlain ? name : ''}${all === '' ? '' : `{${all}}`}`;
};

/** A metric's name as it stands in a header. */
export const headed = quotedName;
