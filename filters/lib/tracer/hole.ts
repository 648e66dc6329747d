// hole: NULs in a line, as a file has them that was truncated, or lost power, while it was written
// What stands behind them is a line of its own; what stands before them is the start of one that is lost.

// A key that holds a NUL or two is no hole.
const HOLE = '\0\0\0\0';

/** The text behind the last hole, or behind NULs at the start; undefined where there are none. */
export const behindHole = (line: string): string | undefined => {
	const hole = line.lastIndexOf(HOLE);
	if (hole < 0 && line.charCodeAt(0) !== 0) return undefined;
	let at = Math.max(hole, 0);
	while (line.charCodeAt(at) === 0) at += 1;
	return hole < 0 && at === line.length ? undefined : line.slice(at);
};
