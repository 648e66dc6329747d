// expression: what a rule's condition is made of, and its text

import { durationText } from './duration.ts';
import { type Matcher, matcherText } from './matcher.ts';

/** Series by name and labels. A name may be matched as well: {__name__=~"..."}. */
export type Selector = { name: string | undefined; matchers: Matcher[] };

export type Arithmetic = '+' | '-' | '*' | '/' | '%';
export type Comparison = '==' | '!=' | '>' | '<' | '>=' | '<=';
export type SetOperator = 'and' | 'or' | 'unless';
export type Aggregation = 'sum' | 'min' | 'max' | 'avg' | 'count';

export type Select = { kind: 'select'; selector: Selector };
/** A function of what was counted, or of whether anything was, in the last `rangeMs`. */
export type Window = {
	kind: 'window';
	function: 'rate' | 'increase' | 'absent_over_time';
	selector: Selector;
	rangeMs: number;
};
export type Binary = {
	kind: 'binary';
	operator: Arithmetic | Comparison | SetOperator;
	left: Expression;
	right: Expression;
};
export type Aggregate = {
	kind: 'aggregate';
	operator: Aggregation;
	grouping: 'by' | 'without';
	labels: string[];
	of: Expression;
};

export type Expression =
	| { kind: 'number'; value: number }
	| { kind: 'time' }
	| Select
	| Window
	| { kind: 'absent' | 'timestamp'; of: Select }
	| { kind: 'histogram_quantile'; quantile: number; of: Expression }
	| { kind: 'histogram_count'; of: Expression }
	| { kind: 'negative'; of: Expression }
	| Aggregate
	| Binary;

/** `scalar`: one number. `vector`: a number, or a histogram, for each series. */
export const typeOf = (expression: Expression): 'scalar' | 'vector' => {
	switch (expression.kind) {
		case 'number':
		case 'time':
			return 'scalar';
		case 'negative':
			return typeOf(expression.of);
		case 'binary':
			return typeOf(expression.left) === 'scalar' && typeOf(expression.right) === 'scalar'
				? 'scalar'
				: 'vector';
		default:
			return 'vector';
	}
};

/** An expression's parts, itself first. */
export const partsOf = (expression: Expression): Expression[] => {
	if (expression.kind === 'binary')
		return [expression, ...partsOf(expression.left), ...partsOf(expression.right)];
	return 'of' in expression ? [expression, ...partsOf(expression.of)] : [expression];
};

export const isComparison = (operator: Binary['operator']): operator is Comparison =>
	/^[=!<>]/.test(operator);

export const numberText = (value: number): string => {
	if (Number.isNaN(value)) return 'NaN';
	if (Number.isFinite(value)) return String(value);
	return value > 0 ? '+Inf' : '-Inf';
};

const selectorText = ({ name = '', matchers }: Selector): string =>
	`${name}${matchers.length > 0 || name === '' ? `{${matchers.map(matcherText).join(',')}}` : ''}`;

const aggregateText = ({ operator, grouping, labels, of }: Aggregate): string => {
	const group = grouping === 'by' && labels.length === 0 ? '' : ` ${grouping} (${labels.join(', ')})`;
	return `${operator}${group === '' ? '' : `${group} `}(${expressionText(of)})`;
};

const inner = (expression: Expression): string =>
	expression.kind === 'binary' ? `(${expressionText(expression)})` : expressionText(expression);

/** Text that is read as the same expression; equal for equal ones. */
export const expressionText = (expression: Expression): string => {
	switch (expression.kind) {
		case 'number':
			return numberText(expression.value);
		case 'time':
			return 'time()';
		case 'select':
			return selectorText(expression.selector);
		case 'window':
			return `${expression.function}(${selectorText(expression.selector)}[${durationText(expression.rangeMs)}])`;
		case 'histogram_quantile':
			return `histogram_quantile(${numberText(expression.quantile)}, ${expressionText(expression.of)})`;
		case 'negative':
			return `-${inner(expression.of)}`;
		case 'aggregate':
			return aggregateText(expression);
		case 'binary':
			return `${inner(expression.left)} ${expression.operator} ${inner(expression.right)}`;
		default:
			return `${expression.kind}(${expressionText(expression.of)})`;
	}
};
