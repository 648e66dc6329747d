// strangers: series that were left out or forgotten, so that what they had counted meanwhile is never taken for new

export type Strangers = {
	/** Remember a series; false when it was known already, or there are too many to remember one more. */
	add: (key: string) => boolean;
	/** The series is taken up; the answer is whether it is to begin with what it has now. */
	remove: (key: string) => boolean;
	/** There were more than can be remembered: from now on every new series is one. */
	isFull: () => boolean;
};

// As numbers: a name may be a mebibyte long.
const MOST = 100_000;

/** 53 bits out of a text, two rounds of multiplication and exclusive or. */
const hashOf = (text: string): number => {
	let [high, low] = [0x2f5a1c37, 0x61c8d5b9];
	for (let at = 0; at < text.length; at++) {
		const code = text.charCodeAt(at);
		high = Math.imul(high ^ code, 0x9e3779b1);
		low = Math.imul(low ^ code, 0x5f356495);
	}
	high = Math.imul(high ^ (high >>> 15), 0x85ebca6b) ^ (low >>> 13);
	low = Math.imul(low ^ (low >>> 16), 0xc2b2ae35) ^ (high >>> 11);
	return (high & 0x1fffff) * 0x100000000 + (low >>> 0);
};

export const createStrangers = (): Strangers => {
	const known = new Set<number>();
	let isFull = false;
	return {
		add: (key) => {
			if (known.size >= MOST) {
				isFull = true;
				return false;
			}
			return known.size < known.add(hashOf(key)).size;
		},
		remove: (key) => (known.size > 0 && known.delete(hashOf(key))) || isFull,
		isFull: () => isFull,
	};
};
