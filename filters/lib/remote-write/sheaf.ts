// sheaf: items of a body by the series that they are of, each series once, its samples in the order of their times

import type { Item, NativeSample, Sample } from './item.ts';
import type { Remote } from './target.ts';

export type Timed<Value> = { value: Value; ts: number; start: number | undefined };
export type Sheaf = {
	remote: Remote;
	samples: Timed<Sample['value']>[];
	natives: Timed<NativeSample['value']>[];
};

const isEnd = ({ samples: [sample], natives: [native] }: Item): boolean =>
	sample?.value === 'stale' || native?.value === 'stale';

export const sheavesOf = (items: readonly Item[]): Sheaf[] => {
	const sheaves = new Map<Remote | string, Sheaf>();
	// A series that has ended and come again is another object with the same labels.
	const hasEnds = items.some(isEnd);
	const sheafOf = (remote: Remote): Sheaf => {
		const key = hasEnds ? JSON.stringify(remote.labels) : remote;
		const known = sheaves.get(key);
		if (known) return known;
		const fresh: Sheaf = { remote, samples: [], natives: [] };
		sheaves.set(key, fresh);
		return fresh;
	};
	for (const { ts, start, samples, natives } of items) {
		for (const { remote, value } of samples) sheafOf(remote).samples.push({ value, ts, start });
		for (const { remote, value } of natives) sheafOf(remote).natives.push({ value, ts, start });
	}
	return [...sheaves.values()];
};
