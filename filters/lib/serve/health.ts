// health: whether what is shown can be trusted to be what happens now, and if not, why

import type { Synthetic } from '../history/answers.ts';
import type { Answer } from '../http/answer.ts';
import type { Source } from './source.ts';

export type HealthInput = {
	source: Source;
	newest: () => number | undefined;
	synthetic: () => Synthetic;
	/** What is not measured here, in words, while the rest is right. */
	lacking: () => string[];
	clock: () => number;
	/** Data older than this are too old, ms. */
	maxAgeMs: number;
};

/** A reason, in a word for programs and in a sentence for people. */
type Reason = { reason: 'waiting' | 'silent' | 'ended' | 'old' | 'synthetic' | 'missing'; detail: string };

const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;

const reasonsFor = ({ source, newest, synthetic, clock, maxAgeMs }: HealthInput): Reason[] => {
	const reasons: Reason[] = [];
	const state = source.state();
	const silent = seconds(source.silentMs());
	if (state === 'waiting') reasons.push({ reason: 'waiting', detail: `nothing has come in ${silent}` });
	if (state === 'silent') reasons.push({ reason: 'silent', detail: `no record has come for ${silent}` });
	if (state === 'ended') reasons.push({ reason: 'ended', detail: 'the input has ended' });
	const last = newest();
	// Notices alone, of a source that cannot read what it should, are no figures.
	if (last === undefined && state === 'flowing')
		reasons.push({ reason: 'waiting', detail: 'no record has come yet' });
	if (last !== undefined && clock() - last > maxAgeMs)
		reasons.push({ reason: 'old', detail: `the newest data are ${seconds(clock() - last)} old` });
	if (synthetic() === 'all') reasons.push({ reason: 'synthetic', detail: 'all of it is sample data' });
	return reasons;
};

/** 200, which may be `degraded`, or 503 and why. A client that may not read `isOpen` no more than that. */
export const healthAnswer = (input: HealthInput, isKnown: boolean): Answer => {
	const failing = reasonsFor(input);
	const lacking = input.lacking().map((detail): Reason => ({ reason: 'missing', detail }));
	const reasons = [...failing, ...lacking];
	const status = failing.length > 0 ? 'failing' : lacking.length > 0 ? 'degraded' : 'ok';
	const newest = input.newest();
	const more = {
		reasons,
		source: input.source.state(),
		synthetic: input.synthetic(),
		...(newest !== undefined && { newest, age_ms: input.clock() - newest }),
	};
	return { status: failing.length === 0 ? 200 : 503, body: isKnown ? { status, ...more } : { status } };
};
