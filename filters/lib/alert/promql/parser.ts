// parser: the part of PromQL that rules on one machine's records need; every expression that it takes is PromQL
// What PromQL has besides is refused by name, with what to write instead.

import { Cursor } from './cursor.ts';
import { durationOf } from './duration.ts';
import {
	type Aggregation,
	type Binary,
	type Expression,
	isComparison,
	type Select,
	typeOf,
	type Window,
} from './expression.ts';
import type { Token } from './lexer.ts';
import { type Matcher, matcherOf } from './matcher.ts';

const AGGREGATIONS = new Set(['sum', 'min', 'max', 'avg', 'count']);
const WINDOWS = new Set(['rate', 'increase', 'absent_over_time']);
const FUNCTIONS =
	'rate, increase, absent_over_time, absent, histogram_quantile, histogram_count, timestamp, time; and sum, min, max, avg, count';

/** Loosest first. */
const LEVELS: readonly (readonly string[])[] = [
	['or'],
	['and', 'unless'],
	['==', '!=', '>', '<', '>=', '<='],
	['+', '-'],
	['*', '/', '%'],
];

const MODIFIERS: Record<string, string> = {
	bool: '"bool" is not taken: a comparison keeps the series for which it holds',
	on: '"on" is not taken: bring both sides to the same labels with sum by (...)',
	ignoring: '"ignoring" is not taken: bring both sides to the same labels with sum by (...)',
	group_left: '"group_left" is not taken: bring both sides to the same labels with sum by (...)',
	group_right: '"group_right" is not taken: bring both sides to the same labels with sum by (...)',
	offset: '"offset" is not taken: what is past is not kept',
	atan2: '"atan2" is not taken; operators are + - * / %, comparisons, and, or, unless',
};

/** Words that are no metric's name where one could stand. */
const RESERVED = new Set([...LEVELS.flat(), ...Object.keys(MODIFIERS), 'by', 'without']);

class Parser extends Cursor {
	end(): void {
		const { kind, text } = this.next();
		if (kind === 'end') return;
		if (text === '^') this.fail('"^" is not taken; operators are + - * / %, comparisons, and, or, unless');
		if (text === '@') this.fail('"@" is not taken: a rule is about now');
		this.fail(MODIFIERS[text.toLowerCase()] ?? `"${text}" is one too many here`);
	}

	expression(level = 0): Expression {
		if (level === LEVELS.length) return this.unary();
		let left = this.expression(level + 1);
		for (let token = this.next(); this.isOperator(LEVELS[level]!); token = this.next()) {
			this.take();
			const modifier = MODIFIERS[this.word() ?? ''];
			if (modifier !== undefined) this.fail(modifier);
			const right = this.expression(level + 1);
			const operator = token.text.toLowerCase() as Binary['operator'];
			left = this.binary({ kind: 'binary', operator, left, right }, token);
		}
		return left;
	}
	private isOperator(operators: readonly string[]): boolean {
		const { kind, text } = this.next();
		return (kind === 'sign' || kind === 'word') && operators.includes(text.toLowerCase());
	}
	private binary(made: Binary, token: Token): Binary {
		const { operator, left, right } = made;
		const scalars = [left, right].filter((side) => typeOf(side) === 'scalar').length;
		if (/^[aou]/.test(operator) && scalars > 0)
			this.fail(`"${operator}" is between series, not numbers`, token);
		if (isComparison(operator) && scalars === 2) this.fail('two numbers are compared; name a metric', token);
		return made;
	}
	private unary(): Expression {
		const token = this.next();
		if (this.skip('+')) return this.unaryOf(token, (of) => of);
		if (!this.skip('-')) return this.primary();
		return this.unaryOf(token, (of) =>
			of.kind === 'number' ? { kind: 'number', value: -of.value } : { kind: 'negative', of },
		);
	}
	private unaryOf(token: Token, make: (of: Expression) => Expression): Expression {
		return this.deeper(token, () => make(this.unary()));
	}
	private primary(): Expression {
		const token = this.next();
		if (this.skip('(')) {
			const inner = this.deeper(token, () => this.expression());
			this.need(')');
			return this.instant(inner);
		}
		if (token.kind === 'number') {
			this.take();
			return { kind: 'number', value: token.value };
		}
		if (token.kind === 'sign' && token.text === '{') return this.instant(this.select());
		if (token.kind === 'end') this.fail('the expression ends where a metric or a number is wanted');
		if (token.kind === 'string') this.fail('a string stands only in {label="..."}');
		if (token.kind !== 'word') this.fail(`"${token.text}" stands where a metric or a number is wanted`);
		return this.named(token);
	}
	private named(token: Token): Expression {
		const word = token.text.toLowerCase();
		if (/^(?:inf|nan)$/.test(word)) {
			this.take();
			return { kind: 'number', value: word === 'nan' ? Number.NaN : Number.POSITIVE_INFINITY };
		}
		const after = this.next(1);
		const isCalled = after.kind === 'sign' && after.text === '(';
		const isGrouped = after.kind === 'word' && /^(?:by|without)$/i.test(after.text);
		if (AGGREGATIONS.has(word) && (isCalled || isGrouped)) return this.aggregate();
		if (isCalled) return this.deeper(token, () => this.call());
		if (RESERVED.has(word)) this.fail(`"${token.text}" stands where a metric or a number is wanted`);
		return this.instant(this.select());
	}
	/** What follows a selector where its last value is meant. */
	private instant<Found extends Expression>(found: Found): Found {
		if (this.isSign('['))
			this.fail('a range like [5m] stands only in rate(), increase() and absent_over_time()');
		const modifier = this.word() === 'offset' ? MODIFIERS.offset : undefined;
		if (modifier !== undefined) this.fail(modifier);
		return found;
	}

	private select(): Select {
		const token = this.next();
		const name = token.kind === 'word' ? this.take().text : undefined;
		const matchers = this.skip('{') ? this.matchers(name) : [];
		if (name === undefined && matchers.every(({ holds }) => holds('')))
			this.fail('name a metric, or a label with a value: this would be every series there is', token);
		return { kind: 'select', selector: { name, matchers } };
	}
	private matchers(name: string | undefined): Matcher[] {
		const found: Matcher[] = [];
		while (!this.skip('}')) {
			if (found.length > 0) this.need(',');
			if (found.length > 0 && this.skip('}')) break;
			const label = this.take();
			if (label.kind !== 'word' || label.text.includes(':')) this.fail('a label is wanted here', label);
			if (label.text === '__name__' && name !== undefined) this.fail(`the name is ${name} already`, label);
			const operator = this.take();
			if (operator.kind !== 'sign' || !/^(?:=|!=|=~|!~)$/.test(operator.text))
				this.fail('one of = != =~ !~ is wanted here', operator);
			const value = this.take();
			if (value.kind !== 'string') this.fail("a label's value stands in quotes", value);
			found.push(matcherOf(label.text, operator.text as Matcher['operator'], value.text, value.at));
		}
		return found;
	}

	private aggregate(): Expression {
		const token = this.take();
		return this.deeper(token, () => {
			const before = this.grouping();
			this.need('(');
			const of = this.expression();
			if (this.isSign(',')) this.fail(`${token.text} takes one expression`);
			this.need(')');
			if (typeOf(of) === 'scalar') this.fail(`${token.text} is of series, not of a number`, token);
			const group = before ?? this.grouping() ?? { grouping: 'by' as const, labels: [] };
			return this.instant({
				kind: 'aggregate',
				operator: token.text.toLowerCase() as Aggregation,
				...group,
				of,
			});
		});
	}
	private grouping(): { grouping: 'by' | 'without'; labels: string[] } | undefined {
		const word = this.word();
		if (word !== 'by' && word !== 'without') return undefined;
		this.take();
		this.need('(');
		const labels: string[] = [];
		while (!this.skip(')')) {
			if (labels.length > 0) this.need(',');
			if (labels.length > 0 && this.skip(')')) break;
			const label = this.take();
			if (label.kind !== 'word' || label.text.includes(':')) this.fail('a label is wanted here', label);
			labels.push(label.text);
		}
		return { grouping: word, labels };
	}

	private call(): Expression {
		const token = this.take();
		// Functions, unlike keywords, have one spelling there.
		const name = token.text;
		this.need('(');
		const made = this.callOf(name, token);
		if (this.isSign(',')) this.fail(`${name} has one argument less`);
		this.need(')');
		return this.instant(made);
	}
	private callOf(name: string, token: Token): Expression {
		if (WINDOWS.has(name)) return this.window(name as Window['function']);
		switch (name) {
			case 'time':
				return { kind: 'time' };
			case 'absent':
			case 'timestamp':
				return { kind: name, of: this.selected(name) };
			case 'histogram_count':
				return { kind: name, of: this.vector(name) };
			case 'histogram_quantile':
				return this.quantile();
			default:
				return this.fail(`there is no function ${name} here; there are ${FUNCTIONS}`, token);
		}
	}
	private quantile(): Expression {
		const start = this.next();
		const quantile = this.expression();
		if (quantile.kind !== 'number')
			this.fail('the quantile is a number: histogram_quantile(0.99, ...)', start);
		if (!(quantile.value >= 0 && quantile.value <= 1)) this.fail('a quantile is a number from 0 to 1', start);
		this.need(',');
		return { kind: 'histogram_quantile', quantile: quantile.value, of: this.vector('histogram_quantile') };
	}
	private vector(name: string): Expression {
		const start = this.next();
		const of = this.expression();
		if (typeOf(of) === 'scalar') this.fail(`${name} is of histograms, not of a number`, start);
		const isAggregate = of.kind === 'aggregate' && of.operator === 'sum';
		if (of.kind !== 'select' && of.kind !== 'window' && !isAggregate)
			this.fail(`${name} is of a histogram: rate(metric[5m]), or sum by (...) (rate(metric[5m]))`, start);
		return of;
	}
	private selected(name: string): Select {
		const start = this.next();
		const isSelector = start.kind === 'word' || (start.kind === 'sign' && start.text === '{');
		if (!isSelector) this.fail(`${name} is of a metric: ${name}(metric{label="value"})`, start);
		const select = this.select();
		if (this.isSign('(')) this.fail(`${name} is of a metric, not of a function`, start);
		if (this.isSign('[') && name === 'absent') this.fail('write absent_over_time(metric[5m])');
		return this.instant(select);
	}
	private window(name: Window['function']): Window {
		const start = this.next();
		const isSelector = start.kind === 'word' || (start.kind === 'sign' && start.text === '{');
		if (!isSelector) this.fail(`${name} is of a metric and a range: ${name}(metric[5m])`, start);
		const { selector } = this.select();
		if (!this.skip('[')) this.fail(`${name} needs a range: ${name}(metric[5m])`);
		const range = this.take();
		const rangeMs = range.kind === 'duration' ? durationOf(range.text) : undefined;
		if (rangeMs === undefined || rangeMs === 0) this.fail('a range is a duration: [5m], [1h30m]', range);
		if (this.isSign(':')) this.fail('subqueries ([5m:1m]) are not taken');
		this.need(']');
		return { kind: 'window', function: name, selector, rangeMs };
	}
}

/**
 * The expression that a text is.
 * @throws ExpressionFault
 */
export const parseExpression = (text: string): Expression => {
	const parser = new Parser(text);
	const found = parser.expression();
	parser.end();
	return found;
};
