// state: what the reader of the board has chosen, and what each key makes of it; pure

/** `busiest`: most events a second; `slowest`: highest 99th percentile. */
const SORTS = ['busiest', 'slowest', 'name'] as const;
export type Sort = (typeof SORTS)[number];

/** The lengths of time that the chart may show, ms. */
export const RANGES = [60_000, 300_000, 900_000, 3_600_000] as const;

export type State = {
	/** The key of the item that the chart shows; undefined for the first of the list. */
	selected: string | undefined;
	/** Only items whose name contains this, in any case. */
	filter: string;
	/** Whether keys go into the filter. */
	isTyping: boolean;
	sort: Sort;
	/** The attribute, or host, by which metrics are divided; undefined: each metric as a whole. */
	by: string | undefined;
	/** Which of RANGES. */
	range: number;
	/** Colour by the part of each column instead of by the count. */
	isShare: boolean;
	/** What is shown stands still. */
	isFrozen: boolean;
	isHelp: boolean;
	/** The chart has all of the screen. */
	isWide: boolean;
};

export const START: State = {
	selected: undefined,
	filter: '',
	isTyping: false,
	sort: 'busiest',
	by: undefined,
	range: 1,
	isShare: false,
	isFrozen: false,
	isHelp: false,
	isWide: false,
};

/** What a key may move among: the keys of the items in their order, and the names that metrics can be divided by. */
export type Choices = { items: string[]; names: string[]; page: number };

const next = <T>(list: readonly T[], now: T): T => list[(list.indexOf(now) + 1) % list.length]!;

const moved = (state: State, { items }: Choices, by: number): State => {
	const at = Math.max(0, state.selected === undefined ? 0 : items.indexOf(state.selected));
	const to = Math.max(0, Math.min(items.length - 1, at + by));
	return { ...state, selected: items[to] };
};

const typed = (state: State, key: string): State => {
	const { filter } = state;
	if (key === 'enter') return { ...state, isTyping: false };
	if (key === 'escape') return { ...state, isTyping: false, filter: '' };
	if (key === 'backspace') return { ...state, filter: [...filter].slice(0, -1).join('') };
	return [...key].length === 1 ? { ...state, filter: filter + key } : state;
};

/** What each key does; those that are not here do nothing. */
const ACTIONS: Record<string, (state: State, choices: Choices) => State> = {
	j: (state, choices) => moved(state, choices, 1),
	down: (state, choices) => moved(state, choices, 1),
	k: (state, choices) => moved(state, choices, -1),
	up: (state, choices) => moved(state, choices, -1),
	'page-down': (state, choices) => moved(state, choices, choices.page),
	'page-up': (state, choices) => moved(state, choices, -choices.page),
	g: (state, { items }) => ({ ...state, selected: items[0] }),
	home: (state, { items }) => ({ ...state, selected: items[0] }),
	G: (state, { items }) => ({ ...state, selected: items.at(-1) }),
	end: (state, { items }) => ({ ...state, selected: items.at(-1) }),
	'/': (state) => ({ ...state, isTyping: true }),
	s: (state) => ({ ...state, sort: next(SORTS, state.sort) }),
	a: (state, { names }) => ({ ...state, by: next([undefined, ...names], state.by), selected: undefined }),
	c: (state) => ({ ...state, isShare: !state.isShare }),
	' ': (state) => ({ ...state, isFrozen: !state.isFrozen }),
	'+': (state) => ({ ...state, range: Math.max(0, state.range - 1) }),
	'-': (state) => ({ ...state, range: Math.min(RANGES.length - 1, state.range + 1) }),
	enter: (state) => ({ ...state, isWide: !state.isWide }),
	'?': (state) => ({ ...state, isHelp: true }),
	escape: (state) => ({ ...state, filter: '', isWide: false, isFrozen: false }),
};
for (const [at] of RANGES.entries()) ACTIONS[String(at + 1)] = (state) => ({ ...state, range: at });

/** What the help says, in its order. */
export const HELP: [keys: string, what: string][] = [
	['j k, arrows, g G', 'choose a line'],
	['/', 'only names that contain what is typed; Enter keeps it, Escape ends it'],
	['s', 'order: busiest, slowest, by name'],
	['a', 'divide by an attribute, then the next, by host, not at all'],
	['1 2 3 4, + -', 'the last minute, 5, 15 minutes, hour'],
	['c', 'colour by share of each column, so that load does not show'],
	['Space', 'freeze, and go on'],
	['Enter', 'the chart alone'],
	['q, Ctrl-C', 'quit'],
];

/** The state after a key, or `quit`. */
export const pressed = (state: State, key: string, choices: Choices): State | 'quit' => {
	if (key === 'interrupt') return 'quit';
	if (state.isTyping) return typed(state, key);
	if (state.isHelp) return key === 'q' ? 'quit' : { ...state, isHelp: false };
	if (key === 'q' || key === 'end-of-input') return 'quit';
	return ACTIONS[key]?.(state, choices) ?? state;
};
