// state-file: alerts that are on, and what was not delivered, kept in a file over a restart

import { readKept } from '../../disk/kept.ts';
import { replaceFile } from '../../disk/replace.ts';
import type { Engine, Kept } from '../engine.ts';
import type { Dispatch, KeptLetters } from './dispatch.ts';

type State = { engine: Kept; letters: KeptLetters };

const VERSION = 1;

const isState = (value: unknown): value is State & { version: number } => {
	if (typeof value !== 'object' || value === null) return false;
	const { version, engine, letters } = value as Record<string, unknown>;
	const isMap = (one: unknown) => typeof one === 'object' && one !== null;
	return version === VERSION && isMap(engine) && isMap(letters) && isMap((engine as Kept).alerts);
};

/** JSON has no NaN and no infinity; values of alerts may be such. */
const SPELLED = new Map<unknown, number>([
	['NaN', Number.NaN],
	['Infinity', Number.POSITIVE_INFINITY],
	['-Infinity', Number.NEGATIVE_INFINITY],
]);
const spell = (_: string, value: unknown): unknown =>
	typeof value === 'number' && !Number.isFinite(value) ? { number: String(value) } : value;
const unspell = (_: string, value: unknown): unknown => {
	const written = (value as { number?: unknown } | null)?.number;
	return SPELLED.get(written) ?? value;
};

/**
 * What the file holds, or undefined when there is none yet.
 * @throws Failure(78) when it holds something else.
 */
const readState = (path: string): State | undefined =>
	readKept(
		path,
		(text) => {
			const value = JSON.parse(text, unspell);
			return isState(value) ? { engine: value.engine, letters: value.letters } : undefined;
		},
		'is not a state file of alert; remove it to start afresh',
	);

const writeState = (path: string, state: State): void =>
	replaceFile(path, `${JSON.stringify({ version: VERSION, ...state }, spell)}\n`, { mode: 0o600 });

export type KeeperOptions = {
	engine: Pick<Engine, 'keep' | 'restore' | 'firing' | 'shift' | 'changed'>;
	dispatch: Pick<Dispatch, 'keep' | 'restore' | 'catchUp' | 'changed'>;
	/** Whether the time is that of this machine's clock, where nothing comes. */
	isLive: boolean;
};

export type Keeper = {
	/** Write it if something is different from what it says. */
	tick: () => void;
	write: () => void;
};

const AHEAD_MS = 60_000;

/**
 * What the file at `path` holds goes into engine and dispatch, now, and what they hold into it later; '' is no file.
 * @throws as `readState` does.
 */
export const keeperOf = (path: string, { engine, dispatch, isLive }: KeeperOptions): Keeper => {
	if (path === '') return { tick: () => {}, write: () => {} };
	const before = readState(path);
	if (before) {
		// First what receivers know, for they may have to be told of an end at once.
		dispatch.restore(before.letters);
		engine.restore(before.engine);
		dispatch.catchUp(engine.firing());
		const ahead = before.engine.now - Date.now();
		if (isLive && ahead > AHEAD_MS)
			engine.shift(-ahead, 'the clock was set back while the stage did not run');
	}
	const changes = () => engine.changed() + dispatch.changed();
	let written = changes();
	const write = () => {
		writeState(path, { engine: engine.keep(), letters: dispatch.keep() });
		written = changes();
	};
	return {
		tick: () => {
			if (written !== changes()) write();
		},
		write,
	};
};
