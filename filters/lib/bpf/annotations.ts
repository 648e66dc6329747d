// annotations: the file that says what the maps of an object mean: metric, unit, kind, labels, slots
// It is read and checked whole; every mistake is reported at once, each with file:line:column.

import { EXIT, Failure } from '../failure.ts';
import { nearest } from '../yaml/nearest.ts';
import { readYaml } from '../yaml/yaml.ts';
import { DECODERS } from './decoders.ts';
import type { Slots } from './slots.ts';

type Path = (string | number)[];

export type Label = { name: string; key: string; decode: string; values: Map<string, string>; path: Path };

/** One metric out of one map. `value` and `slotKey` name fields; of a histogram whose key has the slot, `slotKey`. */
export type Metric = {
	name: string;
	map: string;
	kind: 'sum' | 'gauge' | 'histogram';
	unit: string;
	value: string;
	slots: Slots | undefined;
	slotKey: string | undefined;
	slotCount: number | undefined;
	labels: Label[];
	path: Path;
};

/** A count of what went wrong in the kernel program; whatever it rises by is told. */
export type Trouble = {
	map: string;
	value: string;
	kind: string;
	metric: string;
	detail: string;
	path: Path;
};

/** An option that says whom the object counts: the map that takes what is named, and MAP.FIELD that takes how much it is. */
export type Filter = { name: (typeof FILTERS)[number]; map: string; count: string; path: Path };

export type Annotations = {
	programs: string[] | undefined;
	filters: Filter[];
	metrics: Metric[];
	notices: Trouble[];
	/** Say what is wrong at a place of the file; `settle` throws when anything was said. */
	fault: (path: Path, message: string) => undefined;
	settle: () => void;
};

const FILTERS = ['cgroup', 'comm', 'pid'] as const;
const KEYS = {
	file: ['programs', 'filters', 'metrics', 'notices'],
	filter: ['map', 'count'],
	metric: ['map', 'kind', 'unit', 'value', 'slots', 'labels'],
	slots: ['scale', 'first', 'from', 'step', 'last', 'key', 'count'],
	label: ['key', 'decode', 'values'],
	notice: ['map', 'value', 'kind', 'metric', 'detail'],
};
const KINDS = ['sum', 'gauge', 'histogram'] as const;
const MOST_FAULTS = 20;
// Every slot of a histogram beyond this would count what no 64-bit number reaches.
const MOST_SLOTS = 65_536;

type Fault = Annotations['fault'];
type Values = Record<string, unknown>;

/** Reads values of one map in the file, with the complaints about it. */
class Reader {
	readonly path: Path;
	private readonly values: Values;
	private readonly fault: Fault;

	constructor(value: unknown, path: Path, known: readonly string[], fault: Fault) {
		this.path = path;
		this.fault = fault;
		const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
		if (!isMap) fault(path, `this is no map; it has ${known.join(', ')}`);
		this.values = isMap ? (value as Values) : {};
		for (const key of Object.keys(this.values))
			if (!known.includes(key)) fault([...path, key], `unknown key "${key}"${nearest(key, known)}`);
	}

	has(key: string): boolean {
		return this.values[key] !== undefined;
	}

	raw(key: string): unknown {
		return this.values[key];
	}

	/** A text; `otherwise` where it is missing, and a fault when there is no such. */
	text(key: string, otherwise?: string): string {
		const value = this.values[key];
		if (typeof value === 'string' && value !== '') return value;
		if (value === undefined && otherwise !== undefined) return otherwise;
		this.fault(value === undefined ? this.path : [...this.path, key], `"${key}" must be a text`);
		return '';
	}

	word<Word extends string>(key: string, words: readonly Word[], otherwise?: Word): Word {
		const value = this.text(key, otherwise);
		const found = words.find((word) => word === value);
		if (!found && value !== '')
			this.fault([...this.path, key], `"${value}" is none of ${words.join(', ')}${nearest(value, words)}`);
		return found ?? words[0]!;
	}

	whole(key: string, least: number, otherwise?: number): bigint {
		const value = this.values[key] ?? otherwise;
		if (Number.isSafeInteger(value) && (value as number) >= least) return BigInt(value as number);
		this.fault([...this.path, key], `"${key}" must be a whole number from ${least} on`);
		return 1n;
	}
}

const slotsOf = (reader: Reader): Slots => {
	const scale = reader.word('scale', ['log2', 'linear'] as const);
	const isOpen = reader.word('last', ['open', 'closed'] as const, 'open') === 'open';
	if (scale === 'log2') return { scale, first: reader.whole('first', 1), isOpen };
	const from = reader.whole('from', Number.MIN_SAFE_INTEGER, 0);
	return { scale, from, step: reader.whole('step', 1), isOpen };
};

const labelOf = (name: string, value: unknown, path: Path, fault: Fault): Label => {
	const reader = new Reader(value, path, KEYS.label, fault);
	const values = new Map<string, string>();
	for (const [number, text] of Object.entries(reader.has('values') ? Object(reader.raw('values')) : {})) {
		if (/^-?\d+$/.test(number) && typeof text === 'string') values.set(number, text);
		else fault([...path, 'values', number], 'values are of the form NUMBER: TEXT');
	}
	const decode = reader.word('decode', Object.keys(DECODERS), 'number');
	return { name, key: reader.text('key', '.'), decode, values, path };
};

const metricOf = (name: string, value: unknown, path: Path, fault: Fault): Metric => {
	const reader = new Reader(value, path, KEYS.metric, fault);
	const kind = reader.word('kind', KINDS);
	if (kind === 'histogram' && !reader.has('slots'))
		fault(path, 'a histogram has "slots", for example {scale: log2, first: 1}');
	if (kind !== 'histogram' && reader.has('slots')) fault([...path, 'slots'], `a ${kind} has no slots`);
	const inner =
		kind === 'histogram' && reader.has('slots')
			? new Reader(reader.raw('slots'), [...path, 'slots'], KEYS.slots, fault)
			: undefined;
	const slotKey = inner?.has('key') ? inner.text('key') : undefined;
	const slotCount = slotKey === undefined ? undefined : Number(inner!.whole('count', 1));
	if (slotCount !== undefined && slotCount > MOST_SLOTS)
		fault([...path, 'slots', 'count'], `at most ${MOST_SLOTS} slots are taken`);
	const labels = Object.entries(reader.has('labels') ? Object(reader.raw('labels')) : {});
	return {
		name,
		map: reader.text('map'),
		kind,
		unit: reader.text('unit'),
		value: reader.text('value', '.'),
		slots: inner && slotsOf(inner),
		slotKey,
		slotCount,
		labels: labels.map(([label, one]) => labelOf(label, one, [...path, 'labels', label], fault)),
		path,
	};
};

const noticeOf = (value: unknown, path: Path, fault: Fault): Trouble => {
	const reader = new Reader(value, path, KEYS.notice, fault);
	return {
		map: reader.text('map'),
		value: reader.text('value', '.'),
		kind: reader.text('kind'),
		metric: reader.text('metric', ''),
		detail: reader.text('detail'),
		path,
	};
};

const filterOf = (name: string, value: unknown, path: Path, fault: Fault): Filter[] => {
	const known = FILTERS.find((one) => one === name);
	const reader = new Reader(value, path, KEYS.filter, fault);
	if (!known) fault(path, `there is no filter "${name}"; there are ${FILTERS.join(', ')}`);
	return known ? [{ name: known, map: reader.text('map'), count: reader.text('count'), path }] : [];
};

/**
 * The annotations in `file`; what is said of the object itself is not looked at yet.
 * @throws Failure(78) when the file cannot be read as YAML.
 */
export const annotationsOf = (file: string): Annotations => {
	const { value, place } = readYaml(file, 'file of annotations');
	const faults: string[] = [];
	const fault: Fault = (path, message) => {
		faults.push(`${place(path)}: ${message}`);
		return undefined;
	};
	const reader = new Reader(value, [], KEYS.file, fault);
	const metrics = Object.entries(Object(reader.raw('metrics') ?? {}));
	if (metrics.length === 0) fault(['metrics'], 'there are no metrics, so nothing would be printed');
	const notices = reader.has('notices') ? reader.raw('notices') : [];
	if (!Array.isArray(notices)) fault(['notices'], '"notices" is a list');
	const programs = reader.raw('programs');
	const isList =
		Array.isArray(programs) && programs.length > 0 && programs.every((one) => typeof one === 'string');
	if (programs !== undefined && !isList) fault(['programs'], '"programs" is a list of names');
	const filters = Object.entries(Object(reader.raw('filters') ?? {}));
	return {
		programs: isList ? programs : undefined,
		filters: filters.flatMap(([name, one]) => filterOf(name, one, ['filters', name], fault)),
		metrics: metrics.map(([name, one]) => metricOf(name, one, ['metrics', name], fault)),
		notices: (Array.isArray(notices) ? notices : []).map((one, i) => noticeOf(one, ['notices', i], fault)),
		fault,
		settle: () => {
			if (faults.length === 0) return;
			const more = faults.length > MOST_FAULTS ? [`and ${faults.length - MOST_FAULTS} more`] : [];
			throw new Failure(EXIT.config, [...faults.slice(0, MOST_FAULTS), ...more].join('; '));
		},
	};
};
