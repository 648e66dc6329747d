// prefix: rows, times and JSON that stand behind other text, as journald, CRI, docker, syslog and `ts` write it
// They are not taken in, for the text may be of any form, and hold a time that counts.

// No row is longer; a pattern's time may grow faster than the line.
const LONGEST = 4096;
const MAP_ROW = /[\])] *\d{1,20} \|[@ ]*\|/;
const TABLE_ROW = / \d{1,20} *: -?\d{1,20} *\|[* ]*\+?\|/;
const JSON_LINE = /.\{\\?"type\\?": ?\\?"(?:hist|map|stats)\\?"/;

const TIME = /.#!ts \d/;

/** Whether a line that nobody understands holds a row of a histogram, a `#!ts`, or one of bpftrace's JSON objects. */
export const isPrefixed = (line: string): boolean => {
	if (line.length > LONGEST) return false;
	if (line.includes('|') && (MAP_ROW.test(line) || TABLE_ROW.test(line))) return true;
	return (line.includes('{') && JSON_LINE.test(line)) || (line.includes('#!ts ') && TIME.test(line));
};
