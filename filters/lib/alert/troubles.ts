// troubles: what the rules could not see or say, counted by kind, and told in a notice at each look that had some

import { hostname } from 'node:os';
import type { Notice } from '../record.ts';

export type Troubles = {
	/** It happened, to this in particular. */
	meet: (kind: string, detail: string) => void;
	/** One notice for each kind since the last time. */
	notices: (ts: number) => Notice[];
};

export const createTroubles = (count: (kind: string) => void): Troubles => {
	const met = new Map<string, { count: number; detail: string }>();
	return {
		meet: (kind, detail) => {
			count(kind);
			const known = met.get(kind);
			if (known) known.count += 1;
			else met.set(kind, { count: 1, detail });
		},
		notices: (ts) => {
			const notices = [...met].map(
				([kind, { count, detail }]): Notice => ({
					type: 'notice',
					ts,
					host: hostname(),
					kind,
					count,
					detail,
				}),
			);
			met.clear();
			return notices;
		},
	};
};
