// options: what users write after a command, turned into numbers and lists
// Every reader throws a Failure(64) that says what was wrong, where, and what to write instead.

import { EXIT, Failure } from './failure.ts';

const refuse = (text: string, where: string, wanted: string): never => {
	throw new Failure(EXIT.usage, `${where}: "${text}" is not ${wanted}`);
};

const DURATION_MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `500ms`, `15s`, `5m`, `1h`, `1d`, or bare seconds; the answer is in whole milliseconds. */
export const duration = (text: string, where: string): number => {
	const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text);
	const ms = match ? Number(match[1]) * DURATION_MS[match[2] ?? 's']! : Number.NaN;
	if (!Number.isSafeInteger(ms)) refuse(text, where, 'a duration; write for example 500ms, 15s, 5m or 1h');
	return ms;
};

/** A duration above zero. */
export const positiveDuration = (text: string, where: string): number => {
	const ms = duration(text, where);
	return ms > 0 ? ms : refuse(text, where, 'a duration above zero');
};

const BYTES: Record<string, number> = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 };

/** `4096`, `64K`, `10M`, `2G`: bytes, the suffixes being powers of 1024. */
export const byteSize = (text: string, where: string): number => {
	const match = /^(\d+)([KMGT]?)$/i.exec(text);
	const size = match ? Number(match[1]) * BYTES[match[2]!.toUpperCase()]! : Number.NaN;
	if (!Number.isSafeInteger(size)) refuse(text, where, 'a size; write for example 64K, 10M or 2G');
	return size;
};

/** A whole number from `least` to `most`. */
export const whole = (text: string, where: string, least = 0, most = Number.MAX_SAFE_INTEGER): number => {
	const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
	if (!(value >= least && value <= most)) {
		refuse(text, where, `a whole number from ${least} to ${most}`);
	}
	return value;
};

/** One of a closed list of words. */
export const oneOf = <Word extends string>(text: string, where: string, words: readonly Word[]): Word =>
	words.find((word) => word === text) ?? refuse(text, where, `one of ${words.join(', ')}`);

/** `a=1,b=2` given once or several times, in order; a repeated name is refused. */
export const pairs = (texts: readonly string[], where: string): Map<string, string> => {
	const found = new Map<string, string>();
	for (const text of texts.flatMap((list) => list.split(','))) {
		const at = text.indexOf('=');
		if (at < 1) refuse(text, where, 'of the form name=value');
		const name = text.slice(0, at);
		if (found.has(name)) refuse(text, where, `usable: "${name}" is given twice`);
		found.set(name, text.slice(at + 1));
	}
	return found;
};

/** `host`, `host:port`, `[::1]:port`; a missing port becomes `port`. */
export const hostPort = (text: string, where: string, port: number): { host: string; port: number } => {
	const match = /^(?:\[([0-9a-fA-F:.%\w]+)\]|([^:[\]\s/]+))(?::(\d{1,5}))?$/.exec(text);
	const given = match?.[3] === undefined ? port : Number(match[3]);
	const isBare = /^[0-9a-f:.]*:[0-9a-f:.]*:[0-9a-f:.]*(%\w+)?$/i.test(text);
	const wanted = isBare
		? `a HOST or HOST:PORT; write an IPv6 address in brackets: [${text}]`
		: 'a HOST or HOST:PORT';
	if (!match || given < 1 || given > 65_535) refuse(text, where, wanted);
	return { host: (match?.[1] ?? match?.[2])!, port: given };
};
