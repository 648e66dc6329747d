// keys: what each key does, in one table, which the help shows too

export type Command =
	| {
			do:
				| 'find'
				| 'open'
				| 'pause'
				| 'percentiles'
				| 'scale'
				| 'attribute'
				| 'table'
				| 'save'
				| 'theme'
				| 'help'
				| 'back';
	  }
	| { do: 'metric'; by: number }
	| { do: 'range'; at: number }
	| { do: 'move'; by: number }
	| { do: 'zoom'; by: number };

type Key = { keys: string[]; names: string[]; words: string; command: (key: string) => Command };

export const KEYS: Key[] = [
	{ keys: ['/'], names: ['/'], words: 'find a metric', command: () => ({ do: 'find' }) },
	{
		keys: ['ArrowUp', 'k'],
		names: ['↑', 'k'],
		words: 'metric before',
		command: () => ({ do: 'metric', by: -1 }),
	},
	{
		keys: ['ArrowDown', 'j'],
		names: ['↓', 'j'],
		words: 'metric after',
		command: () => ({ do: 'metric', by: 1 }),
	},
	{
		keys: ['Enter'],
		names: ['Enter'],
		words: 'in the search: open the first found',
		command: () => ({ do: 'open' }),
	},
	{ keys: [' '], names: ['Space'], words: 'pause, go on', command: () => ({ do: 'pause' }) },
	{
		keys: ['1', '2', '3', '4', '5'],
		names: ['1', '…', '5'],
		words: 'range: 5 min, 15 min, 1 h, 6 h, 24 h',
		command: (key) => ({ do: 'range', at: Number(key) - 1 }),
	},
	{
		keys: ['['],
		names: ['['],
		words: 'range half its length back',
		command: () => ({ do: 'move', by: -0.5 }),
	},
	{ keys: [']'], names: [']'], words: 'range half its length on', command: () => ({ do: 'move', by: 0.5 }) },
	{ keys: ['+', '='], names: ['+'], words: 'shorter range', command: () => ({ do: 'zoom', by: 0.5 }) },
	{ keys: ['-'], names: ['-'], words: 'longer range', command: () => ({ do: 'zoom', by: 2 }) },
	{ keys: ['p'], names: ['p'], words: 'percentiles on the heat map', command: () => ({ do: 'percentiles' }) },
	{ keys: ['c'], names: ['c'], words: 'colour by count or by share', command: () => ({ do: 'scale' }) },
	{ keys: ['a'], names: ['a'], words: 'by the next attribute', command: () => ({ do: 'attribute' }) },
	{ keys: ['t'], names: ['t'], words: 'table', command: () => ({ do: 'table' }) },
	{ keys: ['s'], names: ['s'], words: 'save', command: () => ({ do: 'save' }) },
	{ keys: ['d'], names: ['d'], words: 'dark, light, as the system', command: () => ({ do: 'theme' }) },
	{ keys: ['?'], names: ['?'], words: 'this help', command: () => ({ do: 'help' }) },
	{
		keys: ['Escape'],
		names: ['Escape'],
		words: 'back: cursor, selection, filter',
		command: () => ({ do: 'back' }),
	},
	{
		keys: [],
		names: ['←', '→', '↑', '↓'],
		words: 'in a chart: read it, with Shift select',
		command: () => ({ do: 'back' }),
	},
];

const BY_KEY = new Map(KEYS.flatMap(({ keys, command }) => keys.map((key) => [key, command] as const)));

/** Keys that type nothing: they stay when single letters are off. */
const isPlain = (key: string): boolean => key.length > 1;

/**
 * The command of a key. In a text field there is none but Enter and Escape; `hasLetters` is whether single characters
 * are keys.
 */
export const commandOf = (key: string, isTyping: boolean, hasLetters: boolean): Command | undefined => {
	if (isTyping && key !== 'Escape' && key !== 'Enter') return undefined;
	if (!isPlain(key) && !hasLetters) return undefined;
	return BY_KEY.get(key)?.(key);
};
