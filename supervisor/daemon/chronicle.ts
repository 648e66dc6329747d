// chronicle: what all stages of a supervisor said lately, and whoever follows what they say now

import type { Request } from './control.ts';
import { createRing, type Ring, type Said } from './ring.ts';

export type Chronicle = {
	/** A stage says something: it is kept, and passed on to all who follow. */
	hear: (said: Said) => void;
	/** Say what a request for `logs` asks for, oldest first; with `follow` it goes on until `gone` is aborted. */
	tell: (request: Request, say: (said: Said) => void, gone: AbortSignal) => Promise<void>;
	/** Drop the lines of all but these, which are pipelines and stages by their full names. */
	keep: (names: string[]) => void;
};

export const createChronicle = (): Chronicle => {
	const rings = new Map<string, Ring>();
	const followers = new Set<(said: Said) => void>();
	return {
		hear: (said) => {
			if (!rings.has(said.stage)) rings.set(said.stage, createRing());
			rings.get(said.stage)!.add(said);
			for (const follow of followers) follow(said);
		},
		tell: async ({ targets = [], follow, since = 0, lines = Number.MAX_SAFE_INTEGER }, say, gone) => {
			const isMeant = ({ stage }: Said) =>
				targets.length === 0 || targets.some((one) => stage === one || stage.startsWith(`${one}/`));
			const all = [...rings.values()].flatMap((ring) => ring.lines()).filter(isMeant);
			const said = all.filter(({ ts }) => ts >= since).sort((a, b) => a.ts - b.ts);
			for (const one of said.slice(Math.max(0, said.length - lines))) say(one);
			if (!follow || gone.aborted) return;
			const pass = (one: Said) => isMeant(one) && say(one);
			followers.add(pass);
			await new Promise((resolve) => gone.addEventListener('abort', resolve, { once: true }));
			followers.delete(pass);
		},
		keep: (names) => {
			for (const name of rings.keys()) if (!names.includes(name)) rings.delete(name);
		},
	};
};
