// troubles: what the rules could not see or say, counted by kind, and told in a notice now and then
// What comes with each look (a rule that cannot be worked out) is told at once, and then every five minutes with its count.

import { hostname } from 'node:os';
import type { Notice } from '../record.ts';

export type Troubles = {
	/** It happened, to this in particular. */
	meet: (kind: string, detail: string) => void;
	/** One notice for each kind whose time has come. */
	notices: (ts: number) => Notice[];
};

const EVERY_MS = 300_000;

type Met = { count: number; detail: string; toldAt: number };

export const createTroubles = (count: (kind: string) => void): Troubles => {
	const met = new Map<string, Met>();
	return {
		meet: (kind, detail) => {
			count(kind);
			const known = met.get(kind);
			if (!known) met.set(kind, { count: 1, detail, toldAt: Number.NEGATIVE_INFINITY });
			else if (known.count++ === 0) known.detail = detail;
		},
		notices: (ts) =>
			[...met].flatMap(([kind, known]): Notice[] => {
				const { count, detail, toldAt } = known;
				// A clock that was set must not keep it silent.
				if (count === 0 || Math.abs(ts - toldAt) < EVERY_MS) return [];
				Object.assign(known, { count: 0, toldAt: ts });
				return [{ type: 'notice', ts, host: hostname(), kind, count, detail }];
			}),
	};
};
