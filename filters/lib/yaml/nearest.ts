// nearest: the known name that a mistyped one was probably meant to be

/** Distance between two words, for "did you mean": edits and swapped neighbours. */
const editDistance = (a: string, b: string): number => {
	let before: number[] = [];
	let row = Array.from({ length: b.length + 1 }, (_, i) => i);
	for (let i = 1; i <= a.length; i++) {
		const next = [i];
		for (let j = 1; j <= b.length; j++) {
			const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
			const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
			const swap = isSwap ? before[j - 2]! + 1 : change;
			next.push(Math.min(change, swap, row[j]! + 1, next[j - 1]! + 1));
		}
		[before, row] = [row, next];
	}
	return row[b.length]!;
};

// Nobody mistypes a longer name, and the distance takes time by the square of it.
const LONGEST_GUESSED = 64;

/** `; did you mean "x"?` when a known name is close to `word`, else ''. */
export const nearest = (word: string, known: readonly string[]): string => {
	if (word.length > LONGEST_GUESSED) return '';
	const [best] = known
		.filter((name) => Math.abs(name.length - word.length) <= LONGEST_GUESSED / 4)
		.map((name) => [editDistance(word, name), name] as const)
		.sort((x, y) => x[0] - y[0]);
	return best && best[0] <= Math.max(1, Math.floor(word.length / 3)) ? `; did you mean "${best[1]}"?` : '';
};
