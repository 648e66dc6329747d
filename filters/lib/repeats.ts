// repeats: which of what a program says is news, and which is only counted
// Of a trouble that comes again within half a minute the count is enough; that it is over, or back, is news.

export type Saying = { level: string; message: string; fields: Record<string, string | number | boolean> };

/** Says all that is news through `print`, at once or a little later; `settle` prints what is still only counted. */
export type Repeats = {
	/** `topic`: what the saying is about; what is over for one topic is not over for another. */
	say: (topic: string, like: string, saying: Saying) => void;
	settle: () => void;
};

const WINDOW_MS = 30_000;
// News of one kind come at most this often, however fast something comes and goes.
const CALM_MS = 1000;
// Distinct sayings remembered at once; far more than any stage has, and a bound on memory.
const MOST_REMEMBERED = 256;

type Entry = Saying & {
	/** How often it was said without being printed, and when at last. */
	more: number;
	last: number;
	printed: number;
	/** The turn of its topic in which it was printed. */
	turn: number;
};

const isTrouble = ({ level }: Saying): boolean => level === 'error' || level === 'warn';

/** What is remembered of one topic. A turn begins where trouble follows good news, or the reverse. */
class Topic {
	private readonly entries = new Map<string, Entry>();
	private turn = 0;
	private trouble: boolean | undefined;
	private timer: NodeJS.Timeout | undefined;
	private due = Number.POSITIVE_INFINITY;
	private readonly print: (saying: Saying) => void;
	private readonly window: number;

	constructor(print: (saying: Saying) => void, window: number) {
		this.print = print;
		this.window = window;
	}

	/** The answer is how many more sayings are remembered. */
	say(like: string, saying: Saying, now: number): number {
		const before = this.entries.size;
		this.judge(like, saying, now);
		return this.entries.size - before;
	}

	private judge(like: string, saying: Saying, now: number): void {
		if (this.trouble !== undefined && this.trouble !== isTrouble(saying)) this.turn += 1;
		this.trouble = isTrouble(saying);
		const before = this.entries.get(like);
		const isNews = before !== undefined && before.turn !== this.turn;
		const quietUntil = before ? before.printed + (isNews ? CALM_MS : this.window) : 0;
		if (before && now < quietUntil) return this.count(before, saying, now, quietUntil);
		if (before && !isNews) this.flushOne(like, before);
		// What was said before comes before, or a trouble would seem to follow its end.
		else if (this.isOtherwiseWaiting(saying)) this.flush();
		this.entries.set(like, { ...saying, more: 0, last: now, printed: now, turn: this.turn });
		this.print(saying);
	}

	private count(entry: Entry, { message }: Saying, now: number, due: number): void {
		entry.more += 1;
		entry.message = message;
		entry.last = now;
		if (due >= this.due) return;
		clearTimeout(this.timer);
		this.due = due;
		this.timer = setTimeout(() => this.flush(), due - now).unref();
	}

	private isOtherwiseWaiting(saying: Saying): boolean {
		if (this.turn === 0) return false;
		return [...this.entries.values()].some(
			({ more, ...one }) => more > 0 && isTrouble(one) !== isTrouble(saying),
		);
	}

	private flushOne(like: string, { level, message, more }: Entry): void {
		this.entries.delete(like);
		if (more > 0) this.print({ level, message: `${message} (and ${more} more like it)`, fields: {} });
	}

	/** Print all counts, and forget what they are about. */
	flush(): void {
		clearTimeout(this.timer);
		this.due = Number.POSITIVE_INFINITY;
		const counted = [...this.entries].filter(([, { more }]) => more > 0);
		const isMixed = new Set(counted.map(([, entry]) => isTrouble(entry))).size > 1;
		if (isMixed) counted.sort(([, a], [, b]) => a.last - b.last);
		for (const [like, entry] of counted) this.flushOne(like, entry);
	}
}

export const createRepeats = (print: (saying: Saying) => void, window = WINDOW_MS): Repeats => {
	const topics = new Map<string, Topic>();
	let remembered = 0;
	const settle = () => {
		for (const topic of topics.values()) topic.flush();
		topics.clear();
		remembered = 0;
	};
	return {
		say: (name, like, saying) => {
			if (remembered >= MOST_REMEMBERED) settle();
			if (!topics.has(name)) topics.set(name, new Topic(print, window));
			remembered += topics.get(name)!.say(like, saying, performance.now());
		},
		settle,
	};
};
