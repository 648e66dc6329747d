// line-text: the bytes of one line as text, without carriage return, screen codes, or loss
// Bytes that are no UTF-8 become `\xNN`, as bpftrace itself prints them: two keys must not become one.

const CARRIAGE_RETURN = 13;
const ESCAPE = 27;
const REPLACEMENT = '\ufffd';

// The smallest code point that needs so many bytes; a smaller one would be the same character in two spellings.
const SMALLEST = [0, 0, 0x80, 0x800, 0x10000];

/** How many bytes the character at `at` takes; 0 where there is none. */
const lengthAt = (bytes: Buffer, at: number, end: number): number => {
	const lead = bytes[at]!;
	if (lead < 0x80) return 1;
	const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
	if (lead < 0xc2 || lead > 0xf4 || at + length > end) return 0;
	let point = lead & (0x7f >> length);
	for (let next = at + 1; next < at + length; next++) {
		if ((bytes[next]! & 0xc0) !== 0x80) return 0;
		point = (point << 6) | (bytes[next]! & 0x3f);
	}
	const isSurrogate = point >= 0xd800 && point <= 0xdfff;
	return point < SMALLEST[length]! || point > 0x10ffff || isSurrogate ? 0 : length;
};

const withEscapes = (bytes: Buffer, from: number, end: number): string => {
	const pieces: string[] = [];
	let good = from;
	for (let at = from; at < end; ) {
		const length = lengthAt(bytes, at, end);
		if (length === 0) {
			pieces.push(bytes.toString('utf8', good, at), `\\x${bytes[at]!.toString(16)}`);
			good = at + 1;
		}
		at += length || 1;
	}
	return pieces.join('') + bytes.toString('utf8', good, end);
};

// What stands in front of a line and is not of it: the mark at the start of a file; a clear-screen in front of each
// print, which has no newline; and the `^C` that a terminal shows where the next line begins.
const IN_FRONT = /^(?:\ufeff|\x1b(?:\[[0-9;?]*[A-Za-z]|c)|\^[CZ\\])+/;
const MARK = 0xfeff;
const CARET = 94;

/** The text of the line from `from` to its newline at `end`. */
export const textOf = (bytes: Buffer, from: number, end: number): string => {
	const last = end > from && bytes[end - 1] === CARRIAGE_RETURN ? end - 1 : end;
	let line = bytes.toString('utf8', from, last);
	if (line.includes(REPLACEMENT)) line = withEscapes(bytes, from, last);
	return withoutFront(line);
};

/** A line without what stands in front of it. */
export const withoutFront = (line: string): string => {
	const code = line.charCodeAt(0);
	return code === ESCAPE || code === CARET || code === MARK ? line.replace(IN_FRONT, '') : line;
};
