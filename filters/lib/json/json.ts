// json: a reader of one JSON line that keeps what JSON.parse loses
// Whole numbers stay exact beyond 2^53, and members that occur twice are both there.

/** An object as its members in order, repeated names included. */
export type Members = { members: [name: string, value: Json][] };
/** A JSON value; whole numbers are bigint, all others `{ number }` as written. */
export type Json = null | boolean | string | bigint | { number: string } | Json[] | Members;

// Deeper than any map's key or value; a bound, so that hostile input cannot exhaust the stack.
const DEEPEST = 64;

// Blank, tab, carriage return and newline are the codes up to 32 that may stand between values.
const isSpace = (code: number) => code === 32 || code === 9 || code === 13 || code === 10;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y;
const BACKSLASH = 92;
const WHOLE = /^-?\d+$/;
const LONGEST_WHOLE = 40;

/** Which quotes surround strings: JSON's own, or those of a printed Python dictionary. */
export type Quote = '"' | "'";

class Reader {
	readonly #text: string;
	readonly #quote: Quote;
	#at = 0;

	constructor(text: string, quote: Quote) {
		this.#text = text;
		this.#quote = quote;
	}

	#fail(wanted: string): never {
		throw new SyntaxError(`${wanted} is missing at column ${this.#at + 1}`);
	}
	#match(pattern: RegExp): string | undefined {
		pattern.lastIndex = this.#at;
		const found = pattern.exec(this.#text)?.[0];
		if (found !== undefined) this.#at = pattern.lastIndex;
		return found;
	}
	#skip(): string {
		while (isSpace(this.#text.charCodeAt(this.#at))) this.#at += 1;
		return this.#text[this.#at] ?? '';
	}
	#take(character: string): boolean {
		const there = this.#skip() === character;
		if (there) this.#at += 1;
		return there;
	}
	#need(character: string): void {
		if (!this.#take(character)) this.#fail(`"${character}"`);
	}

	/** Python quotes a text that holds a single quote with double ones, and puts a `b` before bytes. */
	#opening(): string {
		if (this.#quote === '"') return this.#quote;
		if (this.#skip() === 'b' && /['"]/.test(this.#text[this.#at + 1] ?? '')) this.#at += 1;
		return this.#skip() === '"' ? '"' : this.#quote;
	}
	#string(): string {
		const quote = this.#opening();
		this.#need(quote);
		const closing = quote.charCodeAt(0);
		let end = this.#at;
		for (let code = 0; ; end += code === BACKSLASH ? 2 : 1) {
			code = this.#text.charCodeAt(end);
			if (Number.isNaN(code)) this.#fail('the end of a string');
			if (code === closing) break;
		}
		const inner = this.#text.slice(this.#at, end);
		this.#at = end + 1;
		if (!inner.includes('\\')) return inner;
		const plain = inner.replaceAll('\\\\', '').replaceAll(KNOWN[this.#quote], '');
		if (plain.includes('\\')) this.#fail('a known escape');
		return inner.replaceAll(/\\(?:u(....)|(.))/gs, (_all, hex, character) =>
			hex ? String.fromCharCode(Number.parseInt(hex, 16)) : (SHORT[character] ?? character),
		);
	}
	#number(): Json {
		const text = this.#match(NUMBER) ?? this.#fail('a value');
		return text.length <= LONGEST_WHOLE && WHOLE.test(text) ? BigInt(text) : { number: text };
	}
	#word(word: string, value: Json): Json {
		if (!this.#text.startsWith(word, this.#at)) this.#fail('a value');
		this.#at += word.length;
		return value;
	}
	#list(depth: number): Json[] {
		const list: Json[] = [];
		this.#need('[');
		if (this.#take(']')) return list;
		do list.push(this.value(depth + 1));
		while (this.#take(','));
		this.#need(']');
		return list;
	}
	#object(depth: number): Members {
		const members: Members['members'] = [];
		this.#need('{');
		if (this.#take('}')) return { members };
		do {
			const name = this.#string();
			this.#need(':');
			members.push([name, this.value(depth + 1)]);
		} while (this.#take(','));
		this.#need('}');
		return { members };
	}

	value(depth: number): Json {
		if (depth > DEEPEST) this.#fail('an end to the nesting');
		switch (this.#skip()) {
			case '{':
				return this.#object(depth);
			case '[':
				return this.#list(depth);
			case this.#quote:
			case '"':
				return this.#string();
			case 'b':
				return this.#quote === '"' ? this.#number() : this.#string();
			case 't':
				return this.#word('true', true);
			case 'f':
				return this.#word('false', false);
			case 'n':
				return this.#word('null', null);
			case 'N':
				return this.#word('None', null);
			default:
				return this.#number();
		}
	}
	end(): void {
		if (this.#skip() !== '') this.#fail('the end');
	}
}

// Bytes of Python that are no ASCII, `\xff`, stay as they are printed, as in bpftrace's own keys.
const KNOWN: Record<Quote, RegExp> = {
	'"': /\\u[0-9a-fA-F]{4}|\\["'/bfnrt]/g,
	"'": /\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|\\["'/bfnrt]/g,
};
const SHORT: Record<string, string> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', x: '\\x' };

/** Read one line of JSON. @throws SyntaxError naming what is missing and the column. */
export const readJson = (text: string, quote: Quote = '"'): Json => {
	const reader = new Reader(text, quote);
	const value = reader.value(0);
	reader.end();
	return value;
};

/** The members of an object, or undefined when `value` is none. */
export const membersOf = (value: Json | undefined): Members['members'] | undefined =>
	typeof value === 'object' && value !== null && 'members' in value ? value.members : undefined;

/** A whole number, bare or quoted. */
export const wholeOf = (value: Json | undefined): bigint | undefined => {
	if (typeof value === 'bigint') return value;
	return typeof value === 'string' && /^-?\d{1,20}$/.test(value) ? BigInt(value) : undefined;
};

/** The first member called `name`. */
export const member = (value: Json | undefined, name: string): Json | undefined =>
	membersOf(value)?.find(([candidate]) => candidate === name)?.[1];
