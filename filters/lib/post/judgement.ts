// judgement: what a server's answer to a body says about the body, by the rules that remote write and OTLP share

import type { Reply } from '../net/client.ts';

/**
 * `taken`: the server has it, all but `refused` items of it, for the reason `why`. `refused`: it will never have it, and with
 * `isDivisible` parts of it may fare better. `wait`: the same again later. `blocked`: also later, but the address or the
 * login has to be set right by somebody. `again`: at once, written in another way.
 */
export type Judgement =
	| { kind: 'taken'; refused: number; why: string }
	| { kind: 'refused'; isDivisible: boolean }
	| { kind: 'wait' }
	| { kind: 'blocked' }
	| { kind: 'again'; why: string };

/** What is wrong with the address or the login and not with the data: another body would fare no better. */
const BLOCKED = new Set([401, 403, 404, 405, 407, 421, 426]);
/** Too large, or not as a whole acceptable. */
const DIVISIBLE = new Set([400, 409, 413, 422]);

/** The judgement of an answer that is not 2xx; `isPassing` knows the statuses after which the same may be sent again. */
export const judgeFailure = (status: number, isPassing: (status: number) => boolean): Judgement => {
	if (isPassing(status)) return { kind: 'wait' };
	if (status < 200 || (status >= 300 && status < 400) || BLOCKED.has(status)) return { kind: 'blocked' };
	return { kind: 'refused', isDivisible: DIVISIBLE.has(status) };
};

/** What the server says is wrong, in a line short enough for a log. */
export const reasonIn = ({ status, text, headers }: Reply): string => {
	const where = status >= 300 && status < 400 ? ` redirects to ${headers.location ?? 'nowhere'}` : '';
	const said = text.trim().slice(0, 300);
	return `${status}${where}${said === '' ? '' : `: ${said}`}`;
};
