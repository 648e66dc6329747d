// shape: whether a data set is one of metrics, by what its types are and not by their names alone
// Another producer may have added keys and fields; those do no harm.

import type { State } from '../blob/state.ts';
import type { Field, FieldType, Schema } from '../blob/type/schema.ts';

const schemaOf = (state: State, type: string | undefined): Schema | undefined =>
	type === undefined ? undefined : state.tables.get(type)?.schema;

const fieldOf = (state: State, type: string | undefined, name: string): Field | undefined => {
	const schema = schemaOf(state, type);
	return schema?.kind === 'object' ? schema.fields.find((field) => field.name === name) : undefined;
};

/** Whether the records of a type are bare values of one of these types. */
const isBare = (state: State, type: string | undefined, ...types: FieldType[]): boolean => {
	const schema = schemaOf(state, type);
	if (schema?.kind !== 'object' || schema.fields.length !== 1) return false;
	return schema.fields[0]!.name === 'value' && types.includes(schema.fields[0]!.type);
};

const holds = (state: State, field: Field | undefined, ...types: FieldType[]): boolean =>
	field !== undefined && (types.includes(field.type) || isBare(state, field.target, ...types));

const isText = (state: State, type: string | undefined, name: string): boolean =>
	holds(state, fieldOf(state, type, name), 'STRING');
const isWhole = (state: State, type: string | undefined, name: string): boolean =>
	holds(state, fieldOf(state, type, name), 'INT', 'LONG');

const areBuckets = (state: State, list: Schema | undefined): boolean =>
	list?.kind === 'list' && ['lower', 'upper', 'count'].every((name) => isWhole(state, list.element, name));

const areMetrics = (state: State, map: Schema | undefined): boolean => {
	if (map?.kind !== 'map' || !isBare(state, map.keyType, 'STRING')) return false;
	const { valueType } = map;
	return (
		['name', 'unit'].every((name) => isText(state, valueType, name)) &&
		isWhole(state, valueType, 'total') &&
		areBuckets(state, schemaOf(state, fieldOf(state, valueType, 'buckets')?.target))
	);
};

const areAggregates = (state: State, field: Field | undefined): boolean => {
	if (!field) return true;
	const map = schemaOf(state, field.target);
	if (map?.kind !== 'map' || !isBare(state, map.keyType, 'STRING')) return false;
	return isBare(state, map.valueType, 'INT', 'LONG');
};

/** Whether a state is of the data set of metrics: everything that is read of it is there and of its kind. */
export const hasMetrics = (state: State): boolean => {
	const fieldOfState = (name: string) => fieldOf(state, 'MetricsState', name);
	return (
		['timestamp', 'source'].every((name) => isText(state, 'MetricsState', name)) &&
		areMetrics(state, schemaOf(state, fieldOfState('metrics')?.target)) &&
		areAggregates(state, fieldOfState('aggregates'))
	);
};
