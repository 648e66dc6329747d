// parameters: what stands behind the question mark of a request, read with care

import { HttpError } from '../http/http-error.ts';

export type Parameters = URLSearchParams;

export const parametersOf = (target: string | undefined): Parameters =>
	new URL(target ?? '', 'http://localhost').searchParams;

const refuse = (name: string, text: string, wanted: string): never => {
	throw new HttpError(400, 'bad-request', `${name}=${text.slice(0, 100)} is not ${wanted}`);
};

/** A whole number from `least` to `most`; `usual` when it is not there. @throws HttpError 400 */
export const wholeIn = (
	parameters: Parameters,
	name: string,
	{ least = 0, most = Number.MAX_SAFE_INTEGER, usual }: { least?: number; most?: number; usual: number },
): number => {
	const text = parameters.get(name);
	if (text === null || text === '') return usual;
	const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
	return value >= least && value <= most
		? value
		: refuse(name, text, `a whole number from ${least} to ${most}`);
};

/** One of a few words; @throws HttpError 400. */
export const wordIn = <Word extends string>(
	parameters: Parameters,
	name: string,
	words: readonly Word[],
): Word => {
	const text = parameters.get(name) ?? '';
	return words.find((word) => word === text) ?? refuse(name, text, `one of ${words.join(', ')}`);
};

/** What has to be there; @throws HttpError 400. */
export const textIn = (parameters: Parameters, name: string): string => {
	const text = parameters.get(name);
	if (text === null) throw new HttpError(400, 'bad-request', `the parameter ${name} is missing`);
	return text;
};

const ATTRIBUTE = 'attribute.';

/** Every `attribute.NAME=VALUE`. */
const attributesIn = (parameters: Parameters): Record<string, string> =>
	Object.fromEntries(
		[...parameters]
			.filter(([name]) => name.startsWith(ATTRIBUTE))
			.map(([name, value]) => [name.slice(ATTRIBUTE.length), value]),
	);

/** `host` and the attributes that a record has to have. */
export type Filter = { host: string | undefined; attributes: Record<string, string> };

export const filterIn = (parameters: Parameters): Filter => ({
	host: parameters.get('host') ?? undefined,
	attributes: attributesIn(parameters),
});
