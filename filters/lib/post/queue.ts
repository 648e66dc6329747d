// queue: items that wait, gathered into batches by number, by weight and by time

/** Items that are sent in one body; `end` is the number that the next item behind them has, `at` when the first came (ms). */
export type Batch<Item> = { items: readonly Item[]; weight: number; end: number; at: number };

export type QueueOptions = {
	/** How many items a batch has at the most, and how much they weigh together (bytes, about). */
	most: number;
	heaviest: number;
	/** How long an item waits for others to fill its batch, in ms. */
	lingerMs: number;
	/** There is a batch to be sent. */
	onReady: () => void;
};

export type Queue<Item> = {
	push: (item: Item, weight: number) => void;
	/** The oldest batch that is to be sent now. */
	first: () => Batch<Item> | undefined;
	/** The oldest batch has gone. */
	shift: () => void;
	/** Give up the oldest batch behind the one that is on its way; undefined where there is none. */
	drop: () => Batch<Item> | undefined;
	/** Two halves in place of the oldest batch; false where it has one item only. */
	halve: () => boolean;
	/** Send what there is: it does not wait for more. */
	seal: () => void;
	/** The number that the next item will have. */
	next: () => number;
	/** What waits: items, and what they weigh; since when the oldest. */
	size: () => number;
	weight: () => number;
	oldest: () => number | undefined;
	close: () => void;
};

export const createQueue = <Item>({ most, heaviest, lingerMs, onReady }: QueueOptions): Queue<Item> => {
	let sealed: Batch<Item>[] = [];
	let open: { items: Item[]; weight: number; at: number } | undefined;
	let timer: NodeJS.Timeout | undefined;
	let [pushed, size, weight] = [0, 0, 0];

	const seal = () => {
		clearTimeout(timer);
		if (!open) return;
		sealed.push({ ...open, end: pushed });
		open = undefined;
		onReady();
	};
	const forget = (batch: Batch<Item> | undefined) => {
		size -= batch?.items.length ?? 0;
		weight -= batch?.weight ?? 0;
		return batch;
	};
	return {
		push: (item, own) => {
			if (open && open.weight + own > heaviest) seal();
			if (!open) {
				open = { items: [], weight: 0, at: performance.now() };
				timer = setTimeout(seal, lingerMs);
			}
			open.items.push(item);
			open.weight += own;
			pushed += 1;
			size += 1;
			weight += own;
			if (open.items.length >= most) seal();
		},
		first: () => sealed[0],
		shift: () => {
			forget(sealed.shift());
		},
		drop: () => forget(sealed.splice(1, 1)[0]),
		halve: () => {
			const [whole] = sealed;
			if (!whole || whole.items.length < 2) return false;
			const middle = whole.items.length >> 1;
			const half = whole.weight / 2;
			const left = { ...whole, items: whole.items.slice(0, middle), weight: half };
			const right = { ...whole, items: whole.items.slice(middle), weight: half };
			sealed = [{ ...left, end: whole.end - right.items.length }, right, ...sealed.slice(1)];
			return true;
		},
		seal,
		next: () => pushed,
		size: () => size,
		weight: () => weight,
		oldest: () => sealed[0]?.at ?? open?.at,
		close: () => clearTimeout(timer),
	};
};
