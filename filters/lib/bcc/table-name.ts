// table-name: what a table is called, by the lines above it and by the value type in its header

import type { TableName } from '../print/emitter.ts';
import type { Section } from './section.ts';
import { nameIn, unitOf } from './value-type.ts';

/** What a table says of itself; without a title its value type is a label like those above it. */
export const tableNameOf = (
	valueType: string,
	{ title = '', attributes }: Omit<Section, 'lines'>,
): TableName => {
	const value = title === '' ? nameIn(valueType) : '';
	return {
		title,
		attributes: { ...attributes, ...(value !== '' && { value }) },
		unit: unitOf(valueType),
		what: valueType,
	};
};
