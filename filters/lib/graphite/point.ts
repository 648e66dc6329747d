// point: one line `PATH VALUE EPOCH` checked before it goes to carbon
// carbon logs a bad line on its own side only, hangs up on some, and writes outside its folder for others.

/** A checked line: `text` is it, with single blanks. */
export type Point = { path: string; value: number; time: number; text: string };

// carbon's line receiver hangs up at 16384 bytes; a path of the file system ends at 4096.
const LONGEST_PATH = 4000;
// A node is a file name, at most 255 bytes with `.wsp` behind it.
const LONGEST_NODE = 251;

const LINE = /^([^ \t]+)[ \t]+([^ \t]+)[ \t]+([^ \t]+)$/;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
// Python splits lines at blanks beyond ASCII too, so only printable ASCII is safe.
const PRINTABLE = /^[!-~]+$/;
const FORBIDDEN = /[/\\*?[\]{}]/;
const EMPTY_NODE = /^\.|\.\.|\.$/;
const TAG = /^(?!name=)[^;!^=]+=[^;~][^;]*$/;

const pathFault = (path: string): string => {
	if (!PRINTABLE.test(path)) return 'the path has characters that carbon cannot take';
	if (FORBIDDEN.test(path)) return 'the path has a slash, a backslash or a wildcard';
	if (path.length > LONGEST_PATH) return `the path is longer than ${LONGEST_PATH} bytes`;
	const [name = '', ...tags] = path.split(';');
	if (name === '' || EMPTY_NODE.test(name)) return 'the path has an empty node';
	if (path.length > LONGEST_NODE && name.split('.').some((node) => node.length > LONGEST_NODE)) {
		return `the path has a node longer than ${LONGEST_NODE} bytes`;
	}
	return tags.every((tag) => TAG.test(tag)) ? '' : 'the path has a tag that Graphite refuses';
};

/** The point on a line without its newline, or what is wrong with it in words. */
export const parsePoint = (line: string): Point | string => {
	const match = LINE.exec(line.trimEnd());
	if (!match) return 'not PATH VALUE EPOCH';
	const [, path, number, epoch] = match as unknown as [string, string, string, string];
	const value = Number(number);
	if (!NUMBER.test(number) || !Number.isFinite(value)) return 'the value is not a finite number';
	// Whisper keeps 32 bits of seconds; milliseconds would make a file and then fail.
	const time = /^\d{1,10}$/.test(epoch) ? Number(epoch) : 0;
	if (time < 1 || time > 4_294_967_295) return 'the time is not in whole seconds since the epoch';
	const fault = pathFault(path);
	if (fault) return fault;
	// A line that is as it should be is kept as it came: pieces put together take several times the memory.
	const length = path.length + number.length + epoch.length + 2;
	const isPlain = line.length === length && !line.includes('\t');
	return { path, value, time, text: isPlain ? line : `${path} ${number} ${epoch}` };
};
