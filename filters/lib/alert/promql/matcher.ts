// matcher: one condition on one label: name="value", !=, =~, !~

import { ExpressionFault } from './fault.ts';

export type Matcher = {
	label: string;
	operator: '=' | '!=' | '=~' | '!~';
	value: string;
	/** Whether a value satisfies it; a label that is not there is ''. */
	holds: (value: string) => boolean;
};

// What Prometheus' regular expressions (RE2) do not have, so that nothing passes here and fails there.
const NOT_RE2 = /\(\?(?:[=!]|<[=!])|\\[1-9]|\\k</;

const regexOf = (pattern: string, at: number): RegExp => {
	if (NOT_RE2.test(pattern))
		throw new ExpressionFault('regular expressions have no look-around and no references to groups', at);
	const [, flag = '', rest] = /^(\(\?i\))?(.*)$/s.exec(pattern)!;
	try {
		return new RegExp(`^(?:${rest!.replaceAll('(?P<', '(?<')})$`, flag === '' ? 'us' : 'ius');
	} catch (error) {
		const why = (error as Error).message.replace(/^.*: /s, '');
		throw new ExpressionFault(`"${pattern}" is no regular expression: ${why}`, at);
	}
};

/** `at` is where it stands. @throws ExpressionFault for a pattern that is none. */
export const matcherOf = (
	label: string,
	operator: Matcher['operator'],
	value: string,
	at: number,
): Matcher => {
	const regex = operator.endsWith('~') ? regexOf(value, at) : undefined;
	const isSame = (text: string) => (regex ? regex.test(text) : text === value);
	return { label, operator, value, holds: operator.startsWith('!') ? (text) => !isSame(text) : isSame };
};

export const matcherText = ({ label, operator, value }: Matcher): string =>
	`${label}${operator}${JSON.stringify(value)}`;
