// labels: who a series is, as the text between its braces

import { labelName } from './name.ts';
import { labelValue } from './text.ts';

/** What a series is called beside its metric. */
export type Identity = { host: string; attributes: Record<string, string>; synthetic?: boolean };

/**
 * The labels in one order, so that two series are the same to Prometheus exactly when this text is; undefined when two
 * attributes come to one name. An empty value is left out: to Prometheus it is as good as no label.
 */
export const labelsOf = ({ host, attributes, synthetic }: Identity): string | undefined => {
	const names = new Set<string>();
	const own: string[] = [];
	for (const [attribute, value] of Object.entries(attributes)) {
		const name = labelName(attribute);
		if (names.has(name)) return undefined;
		names.add(name);
		if (value !== '') own.push(`${name}="${labelValue(value)}"`);
	}
	const first = host === '' ? [] : [`host="${labelValue(host)}"`];
	return [...first, ...own.sort(), ...(synthetic ? ['synthetic="true"'] : [])].join(',');
};

/** The labels in their braces, with another one behind them or without; nothing where there are none. */
export const braced = (labels: string, more = ''): string => {
	const all = [labels, more].filter((part) => part !== '').join(',');
	return all === '' ? '' : `{${all}}`;
};
