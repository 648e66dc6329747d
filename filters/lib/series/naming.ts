// naming: how a series and a host are spelled in the data set of metrics, and read back
//
//   cpu-lat of comm nginx on cpu 0 is   cpu-lat{comm="nginx",cpu="0"}
//   sample data of host web1 are of     synthetic/web1
//
// Two series never have one name: in a metric, `\`, `"`, newline and `{` are written with a backslash before them (the
// newline as `\n`), in the names and values of attributes the first three are. Names that only others write stay whole.

const ESCAPED: Record<string, string> = { '\\': '\\\\', '"': '\\"', '\n': '\\n', '{': '\\{' };
const escapedOf = (character: string): string => ESCAPED[character]!;
const plainOf = (_pair: string, character: string): string => (character === 'n' ? '\n' : character);

const unescaped = (text: string): string => text.replace(/\\(.)/g, plainOf);
const quoted = (text: string): string => text.replace(/[\\"\n]/g, escapedOf);

/** A metric and its attributes as one name; equal exactly when both are equal. */
export const nameOf = (metric: string, attributes: Record<string, string>): string => {
	const plain = metric.replace(/[\\"\n{]/g, escapedOf);
	const keys = Object.keys(attributes).sort();
	if (keys.length === 0) return plain;
	return `${plain}{${keys.map((key) => `${quoted(key)}="${quoted(attributes[key]!)}"`).join(',')}}`;
};

/** What a name stands for. */
export type SeriesName = { metric: string; attributes: Record<string, string> };

const METRIC = /(?:[^\\"\n{]|\\[\\"n{])*/y;
const ATTRIBUTE = /((?:[^\\"\n]|\\[\\"n])*)="((?:[^\\"\n]|\\[\\"n])*)"([,}])/y;

/** The attributes in `name` from `from` to its end, or undefined when something else stands there. */
const attributesIn = (name: string, from: number): Record<string, string> | undefined => {
	const pairs: [string, string][] = [];
	ATTRIBUTE.lastIndex = from;
	for (let found = ATTRIBUTE.exec(name); found; found = ATTRIBUTE.exec(name)) {
		pairs.push([unescaped(found[1]!), unescaped(found[2]!)]);
		if (found[3] === '}') return ATTRIBUTE.lastIndex === name.length ? Object.fromEntries(pairs) : undefined;
	}
	return undefined;
};

/** The counterpart of `nameOf`; a name that it does not write is a metric without attributes, as it stands. */
export const parseName = (name: string): SeriesName => {
	METRIC.lastIndex = 0;
	const [text] = METRIC.exec(name)!;
	if (text.length === name.length) return { metric: unescaped(text), attributes: {} };
	const attributes = name[text.length] === '{' ? attributesIn(name, text.length + 1) : undefined;
	return attributes ? { metric: unescaped(text), attributes } : { metric: name, attributes: {} };
};

const SYNTHETIC = 'synthetic/';

/** A host as a source; the mark stays in it, so that sample data cannot pass for real data. */
export const sourceOf = (host: string, isSynthetic: boolean): string => {
	const plain = host === '' ? 'unknown' : host;
	return isSynthetic && !plain.startsWith(SYNTHETIC) ? SYNTHETIC + plain : plain;
};

/** Whether a source is one of sample data. */
export const isSynthetic = (source: string): boolean => source.startsWith(SYNTHETIC);

/** The host of a source. */
export const hostOf = (source: string): string =>
	isSynthetic(source) ? source.slice(SYNTHETIC.length) : source;
