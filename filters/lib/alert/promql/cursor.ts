// cursor: a place in the tokens of an expression, which moves on

import { ExpressionFault } from './fault.ts';
import { type Token, tokensOf } from './lexer.ts';

// Prometheus' own limit is Go's stack; a rule that is read by people has a handful.
const DEEPEST = 50;

export class Cursor {
	private readonly tokens: Token[];
	private at = 0;
	private depth = 0;

	constructor(text: string) {
		this.tokens = tokensOf(text);
	}

	protected next(ahead = 0): Token {
		return this.tokens[this.at + ahead]!;
	}
	protected take(): Token {
		const token = this.next();
		if (token.kind !== 'end') this.at += 1;
		return token;
	}
	protected fail(message: string, { at }: { at: number } = this.next()): never {
		throw new ExpressionFault(message, at);
	}
	protected isSign(text: string): boolean {
		const { kind, text: found } = this.next();
		return kind === 'sign' && found === text;
	}
	protected skip(text: string): boolean {
		const is = this.isSign(text);
		if (is) this.at += 1;
		return is;
	}
	protected need(sign: string): void {
		if (!this.skip(sign)) this.fail(`"${sign}" is missing`);
	}
	protected word(): string | undefined {
		const { kind, text } = this.next();
		return kind === 'word' ? text.toLowerCase() : undefined;
	}
	/** What lies within is one level deeper. */
	protected deeper<Result>(token: Token, work: () => Result): Result {
		this.depth += 1;
		if (this.depth > DEEPEST) this.fail(`more than ${DEEPEST} levels`, token);
		const result = work();
		this.depth -= 1;
		return result;
	}
}
