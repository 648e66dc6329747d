// json-fault: where a text stops being JSON; JSON.parse gives the place in some of its messages only

const SPACE = /[ \t\r\n]*/y;
const TOKEN =
	/[{}[\],:]|"[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[\da-fA-F]{4})[^"\\\x00-\x1f]*)*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

type Want = 'value' | 'element' | 'member' | 'key' | 'colon' | 'more' | 'end';

const WANTED: Record<Want, string> = {
	value: 'a value',
	element: 'a value or ]',
	member: 'a key in quotes or }',
	key: 'a key in quotes',
	colon: ':',
	more: ', or the end of the list or object',
	end: 'the end',
};

const end = (pattern: RegExp, text: string, at: number): number => {
	pattern.lastIndex = at;
	return pattern.test(text) ? pattern.lastIndex : -1;
};

/** What is wanted after a token, or undefined when the token is not what was. `open` is changed with it. */
const follow = (want: Want, token: string, open: string[]): Want | undefined => {
	const after = (): Want => (open.length > 0 ? 'more' : 'end');
	const close = (bracket: string): Want | undefined => {
		if (open.pop() !== bracket) return undefined;
		return after();
	};
	if (want === 'colon') return token === ':' ? 'value' : undefined;
	if (want === 'key' || want === 'member') {
		if (token === '}' && want === 'member') return close('}');
		return token.startsWith('"') ? 'colon' : undefined;
	}
	if (want === 'more') {
		if (token === ',') return open.at(-1) === '}' ? 'key' : 'value';
		return token === '}' || token === ']' ? close(token) : undefined;
	}
	if (want === 'element' && token === ']') return close(']');
	if (want === 'end' || /^[}\],:]/.test(token)) return undefined;
	if (token === '{') open.push('}');
	if (token === '[') open.push(']');
	if (token === '{') return 'member';
	return token === '[' ? 'element' : after();
};

/** The first character that cannot be, counted from 0, and what should stand there; undefined when all is well. */
export const faultIn = (text: string): { offset: number; problem: string } | undefined => {
	const open: string[] = [];
	let want: Want = 'value';
	for (let at = end(SPACE, text, 0); ; at = end(SPACE, text, at)) {
		if (at === text.length && want === 'end') return undefined;
		const next = end(TOKEN, text, at);
		const following: Want | undefined = next < 0 ? undefined : follow(want, text.slice(at, next), open);
		const problem = `${at === text.length ? 'it ends' : 'something else stands'} where ${WANTED[want]} should`;
		if (following === undefined) return { offset: at, problem };
		want = following;
		at = next;
	}
};
