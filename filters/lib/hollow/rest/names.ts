// names: data sets, versions and addresses as they stand in the REST interface of the predecessor
//
//   POST BASE/api/datasets/NAME/versions                {"version":"20251121000000000","status":"ANNOUNCING"}
//   POST BASE/api/datasets/NAME/versions/VERSION/data   the payload
//   PUT  BASE/api/datasets/NAME/versions/VERSION/status {"status":"PUBLISHED"}

import { EXIT, Failure } from '../../failure.ts';
import { type CycleVersion, isCycleVersion, versionAt } from '../version.ts';

const LONGEST_NAME = 100;

/** Whether a data set may be called so; the name is also that of a folder. */
export const isDataset = (name: string): boolean =>
	name.length <= LONGEST_NAME && /^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(name) && !name.includes('..');

/** What `isDataset` asks for, in words. */
export const DATASET_RULE = `1 to ${LONGEST_NAME} letters, digits, "-", "_" and single "."; the first a letter, a digit or "_"`;

/**
 * A version as somebody wrote it: 17 digits, or the 13 of milliseconds since the epoch, which the predecessor sends.
 * Numbers are taken too as far as they are exact. Undefined when it is neither.
 */
export const cycleVersionOf = (value: unknown): CycleVersion | undefined => {
	const digits = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
	if (isCycleVersion(digits)) return digits;
	return typeof digits === 'string' && /^[1-9]\d{12}$/.test(digits) ? versionAt(Number(digits)) : undefined;
};

/** What `cycleVersionOf` asks for, in words. */
export const VERSION_RULE = 'a version is 17 digits, or the 13 digits of milliseconds since the epoch';

/**
 * The address that `/datasets` follows, `http://HOST:7001/api`, from a producer URL with or without `/api` or a slash.
 * @throws Failure(64) when it is no http or https URL, or holds a password.
 */
export const apiBase = (text: string, where: string): URL => {
	const refuse = (why: string) => new Failure(EXIT.usage, `${where}: ${why}`);
	if (!URL.canParse(text)) throw refuse(`"${text}" is no URL; write for example http://localhost:7001`);
	const url = new URL(text);
	// The text itself is not repeated here: it may be a secret.
	if (url.username !== '' || url.password !== '')
		throw refuse('no user and password in it; use --token-file');
	if (!/^https?:$/.test(url.protocol)) throw refuse(`"${text}" is not an http or https URL`);
	if (url.search !== '' || url.hash !== '') throw refuse(`"${text}" has a part behind ? or #`);
	url.pathname = `${url.pathname.replace(/(?:\/+api)*\/*$/, '')}/api`;
	return url;
};

/** Whether a name can be a step of a path: a URL has no way to write the names of this folder and the one above. */
export const isStep = (name: string): boolean => !/^\.{0,2}$/.test(name);

/** An address below the base; each part, for which `isStep` holds, is one step of the path. */
export const addressBelow = (base: URL, ...parts: string[]): URL => {
	const url = new URL(base);
	url.pathname = `${base.pathname}/${parts.map(encodeURIComponent).join('/')}`;
	return url;
};
