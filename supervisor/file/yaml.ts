// yaml: a pipeline file into plain values, with the spelling of each

import { type Document, visit } from 'yaml';
import type { Place } from '../../filters/lib/yaml/place.ts';
import { readYaml as read } from '../../filters/lib/yaml/yaml.ts';
import { spelled, type Written } from './spelling.ts';

/** A YAML file: its values, the same with the spelling of what is no text, and where in it they stand. */
export type Content = { value: unknown; written: unknown; place: Place };

/** Let every value that is no text keep its spelling; aliases and merged maps then bring it along. */
const keepSpelling = (document: Document): void => {
	visit(document, {
		Scalar: (position, node) => {
			const { type, source, value } = node;
			if (position === 'key' || type !== 'PLAIN' || typeof value === 'string') return;
			node.value = spelled(value as Written['value'], source ?? '');
		},
	});
};

/**
 * The values in a pipeline file.
 * @throws Failure(78) with file:line:column for what is no text, no YAML, or too much of it.
 */
export const readYaml = (file: string): Content => {
	const { value, place, document, again } = read(file, 'pipeline file');
	keepSpelling(document);
	return { value, written: again(), place };
};
