// plan: annotations fitted to the object they are about: each name of a field becomes the place where it lies

import type { Annotations, Label, Metric, Trouble } from './annotations.ts';
import { DECODERS, type Decoder } from './decoders.ts';
import { type Field, fieldAt, numberIn } from './field.ts';
import type { BpfObject, MapDefinition } from './object.ts';

export type FittedLabel = { name: string; of: (key: Buffer) => string };
export type FittedMetric = {
	metric: Metric;
	labels: FittedLabel[];
	value: Field;
	/** Where the key has the slot, when it has it. */
	slot: Field | undefined;
};
export type FittedTrouble = { trouble: Trouble; value: Field };

/** What is made of one map. */
export type MapPlan = { map: MapDefinition; metrics: FittedMetric[]; troubles: FittedTrouble[] };

/** The maps that are read, in the order of the annotations. */
export type Plan = MapPlan[];

/** A map by its name, which must have types for key and value. */
const mapOf = (object: BpfObject, { map, path }: Metric | Trouble, file: Annotations) => {
	const found = object.maps.get(map);
	if (!found) {
		const known = [...object.maps.keys()].join(', ') || 'none';
		return file.fault([...path, 'map'], `the object has no map "${map}"; there are ${known}`);
	}
	if (found.key === 0 || found.value === 0)
		return file.fault(
			[...path, 'map'],
			`map "${map}" has no types; define it with __type(key, ...) and __type(value, ...)`,
		);
	return found;
};

const labelOf = (object: BpfObject, map: MapDefinition, label: Label, file: Annotations) => {
	const field = fieldAt(object.btf, map.key, label.key);
	if (typeof field === 'string')
		return file.fault([...label.path, 'key'], `key of map "${map.name}": ${field}`);
	const { make, fault } = DECODERS[label.decode]!;
	const wrong = fault(field);
	if (wrong !== '')
		return file.fault(
			[...label.path, 'decode'],
			`"${label.key}" cannot be read as ${label.decode}: ${wrong}`,
		);
	const decode: Decoder = make();
	const { values } = label;
	const of =
		values.size === 0
			? (key: Buffer) => decode(key, field)
			: (key: Buffer) => values.get(numberIn(key, field).toString()) ?? decode(key, field);
	return { name: label.name, of };
};

const isKept = <Value>(value: Value | undefined): value is Value => value !== undefined;

const metricOf = (object: BpfObject, map: MapDefinition, metric: Metric, file: Annotations) => {
	const { path, kind, slotKey } = metric;
	const value = fieldAt(object.btf, map.value, metric.value);
	if (typeof value === 'string')
		return file.fault([...path, 'value'], `value of map "${map.name}": ${value}`);
	const isList = kind === 'histogram' && slotKey === undefined;
	if (value.isArray !== isList) {
		const hint = isList
			? 'a histogram is an array of counts, or its slot is in the key'
			: `a ${kind} is one number`;
		return file.fault([...path, 'value'], `value of map "${map.name}": ${hint}`);
	}
	const slot = slotKey === undefined ? undefined : fieldAt(object.btf, map.key, slotKey);
	if (typeof slot === 'string') return file.fault([...path, 'slots'], `key of map "${map.name}": ${slot}`);
	const labels = metric.labels.map((label) => labelOf(object, map, label, file)).filter(isKept);
	return { metric, labels, value, slot };
};

/**
 * Fit annotations to an object.
 * @throws Failure(78) with all that does not fit, and where the file says it.
 */
export const planOf = (object: BpfObject, file: Annotations): Plan => {
	const plans = new Map<string, MapPlan>();
	const planFor = (map: MapDefinition): MapPlan => {
		const plan = plans.get(map.name) ?? { map, metrics: [], troubles: [] };
		plans.set(map.name, plan);
		return plan;
	};
	for (const metric of file.metrics) {
		const map = mapOf(object, metric, file);
		const fitted = map && metricOf(object, map, metric, file);
		if (fitted) planFor(map).metrics.push(fitted);
	}
	for (const trouble of file.notices) {
		const map = mapOf(object, trouble, file);
		const value = map && fieldAt(object.btf, map.value, trouble.value);
		if (typeof value === 'string' || value?.isArray)
			file.fault([...trouble.path, 'value'], `value of map "${trouble.map}" is no single number`);
		else if (map && value) planFor(map).troubles.push({ trouble, value });
	}
	file.settle();
	return [...plans.values()];
};
