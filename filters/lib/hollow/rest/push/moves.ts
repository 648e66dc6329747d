// moves: what a server's answer to one of the calls for a version means for the next one
//
//   announce -> data -> publish -> done; `lookup` asks where the version stands when an answer was lost

import type { Reply } from '../../../net/client.ts';

export type Step = 'announce' | 'data' | 'publish' | 'lookup';

/** What became of a cycle. */
export type Verdict = 'published' | 'repeated' | 'old' | 'refused';

/**
 * `go`: the next step. `back`: the same, but the server has forgotten something, so not for ever. `end`: it is over.
 * `wait`: the same again later. `blocked`: also later, but the server or the address has to be set right by somebody.
 */
export type Move =
	| { kind: 'go'; step: Step }
	| { kind: 'back'; step: Step }
	| { kind: 'end'; verdict: Verdict }
	| { kind: 'wait' }
	| { kind: 'blocked' };

const go = (step: Step): Move => ({ kind: 'go', step });
const back = (step: Step): Move => ({ kind: 'back', step });
const end = (verdict: Verdict): Move => ({ kind: 'end', verdict });

const fieldOf = (text: string, name: string): string => {
	try {
		const value = JSON.parse(text)?.[name];
		return typeof value === 'string' ? value : '';
	} catch {
		return '';
	}
};

/** What the server says is wrong, in a line short enough for a log. */
export const problemIn = ({ status, text, headers }: Reply): string => {
	const said = fieldOf(text, 'error') || fieldOf(text, 'message') || text.trim();
	const hint = fieldOf(text, 'hint');
	const where = status >= 300 && status < 400 ? `redirects to ${headers.location ?? 'nowhere'}` : '';
	const words = [where, said.slice(0, 300), hint.slice(0, 300)].filter(Boolean).join('; ');
	return `${status}${words === '' ? '' : `: ${words}`}`;
};

const isPassing = (status: number): boolean =>
	status === 408 || status === 425 || status === 429 || (status >= 500 && status !== 501);
// Another cycle would fare no better: it is the token, the address, or something between here and there.
const isBlocked = (status: number): boolean =>
	status < 200 || (status >= 300 && status < 400) || [401, 403, 407, 421, 426].includes(status);
const isGood = (status: number): boolean => status >= 200 && status < 300;

const conflict = (text: string): Move | undefined => {
	const code = fieldOf(text, 'code');
	if (code === 'old') return end('old');
	if (code === 'conflict') return end('refused');
	return code === 'published' || /already (?:been )?published/i.test(text) ? end('repeated') : undefined;
};

const afterAnnounce = ({ status, text }: Reply): Move => {
	if (isGood(status)) return go('data');
	if (status === 404 || status === 405 || status === 501) return { kind: 'blocked' };
	if (status !== 409) return end('refused');
	return conflict(text) ?? (/exist|announc/i.test(text) ? go('data') : back('lookup'));
};

const afterData = ({ status, text }: Reply): Move => {
	if (isGood(status)) return go('publish');
	if (status === 404) return back('announce');
	return status === 409 ? (conflict(text) ?? back('lookup')) : end('refused');
};

const afterPublish = ({ status, text }: Reply): Move => {
	if (isGood(status)) return end('published');
	if (status === 404) return back('announce');
	if (status !== 409) return end('refused');
	return fieldOf(text, 'code') === 'order' ? back('data') : (conflict(text) ?? back('lookup'));
};

/** `sent`: which calls for this version have been answered well, or may have been: the answer of `publish` was lost. */
export type Progress = { data: boolean; publish: boolean };

const afterLookup = ({ status, text }: Reply, sent: Progress): Move => {
	const where = isGood(status) ? fieldOf(text, 'status') : '';
	if (where === 'PUBLISHED') return end(sent.publish ? 'published' : 'repeated');
	if (where === 'ANNOUNCING') return go(sent.data ? 'publish' : 'data');
	// A server that knows only the three calls says 404, 405 or 501 here, whatever it has.
	return back('announce');
};

/** What to do after `reply` to `step`. */
export const moveAfter = (step: Step, reply: Reply, sent: Progress): Move => {
	const { status } = reply;
	if (isPassing(status)) return { kind: 'wait' };
	if (isBlocked(status)) return { kind: 'blocked' };
	if (step === 'announce') return afterAnnounce(reply);
	if (step === 'data') return afterData(reply);
	return step === 'publish' ? afterPublish(reply) : afterLookup(reply, sent);
};
