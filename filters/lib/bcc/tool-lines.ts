// tool-lines: lines above a table in the own form of one tool of libbpf-tools: biostacks and futexctn
// Figures in them that change from print to print are left out, for they would make each print a series of its own.

type Attributes = Record<string, string>;

// `shopd          811    sda    `: a command in 14 columns, a pid in 6, a disk in 7; then a symbol on each line.
const BIOSTACKS = /^(\S.{13}) (\d{1,10}) +(\S+) *$/;
const SYMBOL = /^(?:[\w.$]+|\[unknown\])$/;
// `shopd[811] lock 0x7f0000001000 contended 7 times, 3 avg usecs [max: 6 usecs, min 1 usecs]`
const FUTEXCTN = /^(.{1,16})\[(\d{1,10})\] lock (0x[0-9a-f]+) contended \d+ times/;
const FRAME = / {4}(.+)$/;

const stackOf = (frames: string[]): Attributes => (frames.length > 0 ? { stack: frames.join(';') } : {});

const biostacks = (head: string, lines: string[]): Attributes | undefined => {
	const [, comm, pid, disk] = BIOSTACKS.exec(head) ?? [];
	if (!disk || !lines.every((line) => SYMBOL.test(line))) return undefined;
	return { comm: comm!.trim(), pid: pid!, disk, ...stackOf(lines) };
};

const futexctn = (head: string, lines: string[]): Attributes | undefined => {
	const [, comm, pid, lock] = FUTEXCTN.exec(head) ?? [];
	const frames = lines.map((line) => FRAME.exec(line)?.[1]?.trim());
	if (!lock || frames.includes(undefined)) return undefined;
	const symbols = frames.filter((frame): frame is string => frame !== '-');
	return { comm: comm!, pid: pid!, lock, ...stackOf(symbols) };
};

/** What lines of such a tool say together, and how many of them, from the last up; undefined when they are none. */
export const toolSection = (all: string[]): { attributes: Attributes; lines: number } | undefined => {
	const from = all.findLastIndex((line) => BIOSTACKS.test(line) || FUTEXCTN.test(line));
	if (from < 0) return undefined;
	const [head, ...lines] = all.slice(from) as [string, ...string[]];
	const attributes = biostacks(head, lines) ?? futexctn(head, lines);
	return attributes && { attributes, lines: lines.length + 1 };
};
