// description: a rule file as it was understood, for people

import { durationText } from './promql/duration.ts';
import { expressionText, numberText } from './promql/expression.ts';
import type { Template } from './promql/template.ts';
import type { Group, Rule } from './rules.ts';

const listed = (title: string, list: [string, Template][]): string[] =>
	list.length === 0
		? []
		: [`    ${title}:`, ...list.map(([name, { text }]) => `      ${name}: ${JSON.stringify(text)}`)];

const ruleLines = ({ name, expression, forMs, keepMs, resolve, labels, annotations }: Rule): string[] => [
	`  ${name}`,
	`    fires when ${expressionText(expression)}${forMs === 0 ? '' : `, for ${durationText(forMs)}`}`,
	resolve
		? `    is over when ${expressionText(resolve.of)} ${resolve.operator} ${numberText(resolve.than)}, or has no value`
		: '    is over when that does not hold any more',
	...(keepMs === 0 ? [] : [`    fires on for ${durationText(keepMs)} after that`]),
	...listed('labels', labels),
	...listed('annotations', annotations),
];

/** Each group and each of its rules. */
export const described = (groups: readonly Group[]): string[] =>
	groups.flatMap(({ name, intervalMs, rules }) => [
		`group ${name}, every ${durationText(intervalMs)}`,
		...rules.flatMap(ruleLines),
	]);
