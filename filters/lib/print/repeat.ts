// repeat: a series comes a second time at one time: two keys that look alike, or the next print?
// bpftrace prints all keys of a map in one go, the smallest first. So a map that comes back after something else,
// or a value smaller than the one before it, begins another print.

/**
 * What a second one means. `again`: only that it was printed again, as for a map without keys. `key`: a key of a map,
 * in ascending order. `member`: a key of a map that is one line of JSON. `label`: a table with labels.
 * `lost`: a table that nothing names, beside others.
 */
export type Repeat = 'again' | 'key' | 'member' | 'label' | 'lost';

/** What came in one go before it: the order values, where among them its series was, and whether a `#!ts` is in force. */
export type Before = { orders: number[]; earlier: number; timed: boolean };

const lastDrop = (orders: number[], from: number): number => {
	for (let at = orders.length - 1; at >= from; at--) if (orders[at]! < orders[at - 1]!) return at;
	return -1;
};

/**
 * Where the next print begins: the place among those before it, their number for "with this one", or -1 when all
 * are one print. Without `#!ts` lines a file of prints has no other mark than these, so an only key is printed again.
 */
export const nextPrintAt = (repeat: Repeat, order: number, { orders, earlier, timed }: Before): number => {
	if (repeat === 'again') return orders.length;
	if (earlier < 0) return 0;
	if (repeat === 'label') return !timed && earlier === 0 ? orders.length : -1;
	if (repeat !== 'key') return -1;
	const drop = lastDrop([...orders, order], earlier + 1);
	return drop < 0 && !timed && orders.length === 1 ? 1 : drop;
};
