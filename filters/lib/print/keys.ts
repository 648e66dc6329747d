// keys: the text between the brackets of a map, split into its parts and named
// Nothing in a key is quoted, so a comma inside a string is told from a separator only by the number of parts.

/** How parts are joined: text puts a blank behind the comma, JSON does not. */
export type Dialect = 'text' | 'json';

const JOINT: Record<Dialect, string> = { text: ', ', json: ',' };
const CLOSING: Record<string, string> = { '(': ')', '[': ']', '{': '}' };

// A stack spans lines; its own commas, as in C++ names, separate nothing.
const stackEnd = (key: string, at: number): number => {
	if (key[at] !== '\n') return at;
	const end = key.indexOf('\n,', at);
	return end < 0 ? key.length : end + 1;
};

// JSON puts nothing behind its comma, so one with a blank behind it belongs to a string.
const SEPARATOR: Record<Dialect, RegExp> = { text: /, /y, json: /,(?! )/y };
const isSeparator = (key: string, at: number, dialect: Dialect): boolean => {
	SEPARATOR[dialect].lastIndex = at;
	return SEPARATOR[dialect].test(key);
};

/** Split at separators outside brackets; undefined when the brackets do not match. */
const splitOutside = (key: string, dialect: Dialect): string[] | undefined => {
	const parts: string[] = [];
	const expected: string[] = [];
	let from = 0;
	for (let at = stackEnd(key, 0); at < key.length; at++) {
		const character = key[at]!;
		if (character in CLOSING) expected.push(CLOSING[character]!);
		else if (character === expected.at(-1)) expected.pop();
		else if (')]}'.includes(character)) return undefined;
		else if (expected.length === 0 && character === ',' && isSeparator(key, at, dialect)) {
			parts.push(key.slice(from, at));
			from = at + JOINT[dialect].length;
			at = stackEnd(key, from) - 1;
		}
	}
	return expected.length > 0 ? undefined : [...parts, key.slice(from)];
};

/** `\n    f+1\n    g+2\n` as `f+1;g+2`: leaf first, as printed; any other part as it is. */
const foldStack = (part: string): string =>
	part.startsWith('\n')
		? part
				.split('\n')
				.map((frame) => frame.trim())
				.filter((frame) => frame !== '')
				.join(';')
		: part;

const isWhole = (text: string) => /^-?\d+$/.test(text);

/** Too many parts for `wanted`: some string held separators. Numbers hold none, so the first run without one. */
const joinSurplus = (parts: string[], wanted: number, separator: string): string[] => {
	const run = parts.length - wanted + 1;
	const holdsNone = (at: number) => !parts.slice(at, at + run).some(isWhole);
	const starts = Array.from({ length: wanted }, (_, at) => at);
	const start = starts.find(holdsNone) ?? 0;
	return [
		...parts.slice(0, start),
		parts.slice(start, start + run).join(separator),
		...parts.slice(start + run),
	];
};

/** The parts of a key; `wanted`, when known, is how many there are. */
export const partsOf = (key: string, dialect: Dialect, wanted?: number): string[] => {
	if (wanted === 1) return [foldStack(key)];
	const joint = JOINT[dialect];
	const parts = splitOutside(key, dialect) ?? key.split(joint);
	const right = wanted !== undefined && parts.length > wanted ? joinSurplus(parts, wanted, joint) : parts;
	return right.map(foldStack);
};

/** The key of a map as attributes: under the given names, else `key`, or `key1`, `key2` and so on. */
export const attributesOf = (key: string, dialect: Dialect, names?: string[]): Record<string, string> => {
	const parts = partsOf(key, dialect, names?.length);
	const nameOf = (at: number) => names?.[at] ?? (parts.length === 1 ? 'key' : `key${at + 1}`);
	return Object.fromEntries(parts.map((part, at) => [nameOf(at), part]));
};
