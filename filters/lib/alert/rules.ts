// rules: a rule file, in the grammar of Prometheus' own, read whole and checked whole before anything starts
// Every mistake is reported at once, each with file:line:column and what to write instead.

import { EXIT, Failure } from '../failure.ts';
import { nearest } from '../yaml/nearest.ts';
import type { Place } from '../yaml/place.ts';
import { readYaml } from '../yaml/yaml.ts';
import { durationOf } from './promql/duration.ts';
import {
	type Comparison,
	type Expression,
	expressionText,
	isComparison,
	typeOf,
} from './promql/expression.ts';
import { ExpressionFault } from './promql/fault.ts';
import { parseExpression } from './promql/parser.ts';
import { type Template, templateOf } from './promql/template.ts';

/** When an alert that fires may end: as soon as this comparison holds, or `of` has no value for it. */
export type Resolve = { of: Expression; operator: Comparison; than: number };

export type Rule = {
	/** The same for a rule as long as it stands in its group under its name. */
	key: string;
	name: string;
	expression: Expression;
	forMs: number;
	keepMs: number;
	resolve: Resolve | undefined;
	labels: [string, Template][];
	annotations: [string, Template][];
};

export type Group = { name: string; intervalMs: number; rules: Rule[] };

const KIND = 'rule file';
const OWN = 'bpfpipe_';
const RESOLVE = `${OWN}resolve`;
const MOST_RULES = 1000;

const KEYS = {
	file: ['groups'],
	group: ['name', 'interval', 'rules'],
	rule: ['alert', 'expr', 'for', 'keep_firing_for', 'labels', 'annotations'],
};

/** What Prometheus has, or what one may think of, and why it is not here. */
const REFUSED: Record<string, string> = {
	record: 'recording rules are not taken; write the expression into the alert',
	limit: '"limit" is not taken; --max-alerts bounds all rules',
	query_offset: '"query_offset" is not taken: rules are worked out at the time of the records',
	partial_response_strategy: '"partial_response_strategy" is of Thanos, and not taken',
	resolve: `write the annotation ${RESOLVE}, so that promtool still takes the file`,
	repeat: '--repeat says it, for all rules',
	command: '--command says it, for all rules',
};

type Path = (string | number)[];

/** Reads values out of a file, and keeps what is wrong with them. */
class Reader {
	readonly faults: string[] = [];
	private readonly place: Place;

	constructor(place: Place) {
		this.place = place;
	}

	fault(path: Path, message: string): undefined {
		this.faults.push(`${this.place(path)}: ${message}`);
		return undefined;
	}

	map(value: unknown, path: Path, what: string, known?: string[]): Record<string, unknown> {
		if (typeof value !== 'object' || value === null || Array.isArray(value)) {
			this.fault(path, `${what} should be a map`);
			return {};
		}
		for (const key of known ? Object.keys(value) : [])
			if (!known!.includes(key))
				this.fault(
					[...path, key],
					REFUSED[key] ?? `unknown key "${key}"${nearest(key, known!) || `; it may be ${known!.join(', ')}`}`,
				);
		return value as Record<string, unknown>;
	}

	list(value: unknown, path: Path, what: string): unknown[] {
		if (Array.isArray(value) && value.length > 0) return value;
		this.fault(path, `${what} should be a list with something in it`);
		return [];
	}

	text(value: unknown, path: Path): string | undefined {
		if (typeof value === 'string') return value;
		const what = value === undefined || value === null ? 'is missing' : 'is no text; put it in quotes';
		return this.fault(path, `"${path.at(-1)}" ${what}`);
	}

	name(value: unknown, path: Path): string {
		const name = this.text(value, path);
		if (name?.trim() === '') this.fault(path, `"${path.at(-1)}" is empty`);
		return name ?? '';
	}

	duration(value: unknown, path: Path, otherwise: number): number {
		if (value === undefined || value === null) return otherwise;
		const ms = durationOf(String(value));
		if (ms === undefined) this.fault(path, `"${value}" is no duration; write for example 30s, 5m or 1h30m`);
		return ms ?? otherwise;
	}

	/** What `read` makes of a text; an ExpressionFault is a mistake in the file. */
	parsed<Result>(text: string, path: Path, read: (text: string) => Result): Result | undefined {
		try {
			return read(text);
		} catch (error) {
			if (!(error instanceof ExpressionFault)) throw error;
			return this.fault(path, `"${path.at(-1)}", at character ${error.at + 1}: ${error.message}`);
		}
	}
}

const vectorOf = (text: string): Expression => {
	const expression = parseExpression(text);
	if (typeOf(expression) === 'scalar') throw new ExpressionFault('this is a number; name a metric', 0);
	return expression;
};

const COMPARISON_FIRST = /^\s*(?:==|!=|>=|<=|>|<)/;

const resolveOf =
	(expression: Expression) =>
	(text: string): Resolve => {
		const isShort = COMPARISON_FIRST.test(text);
		const compared =
			expression.kind === 'binary' && isComparison(expression.operator) ? expression.left : undefined;
		if (isShort && (!compared || typeOf(compared) === 'scalar'))
			throw new ExpressionFault('expr does not end in a comparison, so write the whole expression', 0);
		const whole = parseExpression(isShort ? `(${expressionText(compared!)})${text}` : text);
		if (whole.kind === 'binary' && isComparison(whole.operator) && typeOf(whole.left) === 'vector') {
			const { operator, left, right } = whole;
			if (right.kind === 'number') return { of: left, operator, than: right.value };
		}
		throw new ExpressionFault('a comparison with a number is wanted: "< 80", or "metric < 80"', 0);
	};

const LABEL = /^[A-Za-z_][A-Za-z0-9_]*$/;

const templatesOf = (reader: Reader, value: unknown, path: Path, what: string): [string, Template][] => {
	if (value === undefined || value === null) return [];
	return Object.entries(reader.map(value, path, what)).flatMap(([name, text]): [string, Template][] => {
		const at = [...path, name];
		if (!LABEL.test(name)) reader.fault(at, `"${name}" is no name; letters, digits and _ are`);
		if (what === 'labels' && (name === 'alertname' || name.startsWith('__')))
			reader.fault(at, `"${name}" cannot be set; alertname is the alert's name`);
		const written = reader.text(text, at);
		const template = written === undefined ? undefined : reader.parsed(written, at, templateOf);
		return template ? [[name, template]] : [];
	});
};

const ruleOf = (reader: Reader, value: unknown, path: Path, group: string): Rule | undefined => {
	const map = reader.map(value, path, 'a rule', KEYS.rule);
	if ('record' in map) return undefined;
	const name = reader.name(map.alert, [...path, 'alert']);
	const text = reader.text(map.expr, [...path, 'expr']);
	const expression = text === undefined ? undefined : reader.parsed(text, [...path, 'expr'], vectorOf);
	const at = [...path, 'annotations'];
	const all = templatesOf(reader, map.annotations, at, 'annotations');
	const annotations = all.filter(([key]) => !key.startsWith(OWN));
	const own = all.filter(([key]) => key.startsWith(OWN));
	for (const [key] of own)
		if (key !== RESOLVE) reader.fault([...at, key], `the only annotation of ours is ${RESOLVE}`);
	const [resolve] = own.flatMap(([key, { text }]) =>
		expression && key === RESOLVE ? [reader.parsed(text, [...at, key], resolveOf(expression))] : [],
	);
	const labels = templatesOf(reader, map.labels, [...path, 'labels'], 'labels');
	const forMs = reader.duration(map.for, [...path, 'for'], 0);
	const keepMs = reader.duration(map.keep_firing_for, [...path, 'keep_firing_for'], 0);
	if (!expression) return undefined;
	return {
		key: JSON.stringify([group, name]),
		name,
		expression,
		forMs,
		keepMs,
		resolve,
		labels,
		annotations,
	};
};

/** Rules of one name in one group are told apart by their order. */
const numbered = (rules: Rule[]): Rule[] => {
	const seen = new Map<string, number>();
	return rules.map((rule) => {
		const before = seen.get(rule.key) ?? 0;
		seen.set(rule.key, before + 1);
		return before === 0 ? rule : { ...rule, key: `${rule.key}${before + 1}` };
	});
};

const groupOf = (reader: Reader, value: unknown, path: Path, intervalMs: number): Group => {
	const map = reader.map(value, path, 'a group', KEYS.group);
	const name = reader.name(map.name, [...path, 'name']);
	const own = reader.duration(map.interval, [...path, 'interval'], intervalMs);
	if (own === 0) reader.fault([...path, 'interval'], 'an interval is above zero');
	const at = [...path, 'rules'];
	const rules = reader
		.list(map.rules, at, '"rules"')
		.flatMap((rule, index) => ruleOf(reader, rule, [...at, index], name) ?? []);
	return { name, intervalMs: own, rules: numbered(rules) };
};

/**
 * The groups of a rule file; those without an interval have `intervalMs`.
 * @throws Failure(78) with every mistake in it.
 */
export const readRules = (file: string, intervalMs: number): Group[] => {
	const { value, place } = readYaml(file, KIND);
	const reader = new Reader(place);
	const map = reader.map(value, [], 'the file', KEYS.file);
	const list = reader.list(map.groups, ['groups'], '"groups"');
	const groups = list.map((group, index) => groupOf(reader, group, ['groups', index], intervalMs));
	groups.forEach(({ name }, at) => {
		if (groups.findIndex((other) => other.name === name) < at)
			reader.fault(['groups', at, 'name'], `a group before it is called "${name}" too`);
	});
	const count = groups.reduce((so, { rules }) => so + rules.length, 0);
	if (count > MOST_RULES) reader.fault(['groups'], `${count} rules; ${MOST_RULES} are the most`);
	if (reader.faults.length > 0) throw new Failure(EXIT.config, reader.faults.join('\n'));
	return groups;
};
