// path: the steps of a request's path

import { HttpError } from './http-error.ts';

// Longer than any path that is meant, with what stands behind its question mark.
const LONGEST_PATH = 8000;

/**
 * The steps of the path of a request target, decoded one by one, so that an encoded slash stays inside its step.
 * @throws HttpError 400 or 414.
 */
export const stepsOf = (target: string): string[] => {
	const [path] = target.split('?', 1);
	if (target.length > LONGEST_PATH) throw new HttpError(414, 'bad-request', 'the path is too long');
	if (!path!.startsWith('/')) throw new HttpError(400, 'bad-request', 'the path does not begin with a slash');
	try {
		return path!.split('/').slice(1).map(decodeURIComponent);
	} catch {
		throw new HttpError(400, 'bad-request', 'the path has a % that is no encoded character');
	}
};
