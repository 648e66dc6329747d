// key-lines: lines one after the other, those of a map whose key spans several put together before they are placed

import { mapLineOf, opensKey } from '../bpftrace/text/map-line.ts';
import { statusOf } from '../bpftrace/text/status.ts';
import type { Lines } from './lines.ts';
import { createLongKey } from './long-key.ts';

export type KeyLines = {
	/** Take in line number `at`. */
	take: (line: string, at: number) => void;
	/** A key that is open does not end: its first line is damaged, and the others are what they are. */
	giveUp: () => void;
	isOpen: () => boolean;
};

/** `count` hears of lines that count as the header of a map, beside the one that `lines` counts itself. */
export const createKeyLines = (lines: Lines, count: (name: string, by: number) => void): KeyLines => {
	const key = createLongKey();

	const giveUp = () => {
		const [first, ...others] = key.giveUp();
		if (!first) return;
		lines.badMap(...first);
		for (const [line, at] of others) lines.place(line, at);
	};
	const begin = (line: string, at: number) => {
		if (line[0] !== '@' || !opensKey(line)) return lines.place(line, at);
		const found = mapLineOf(line);
		if (found) return lines.place(line, at, found);
		lines.dropAbove();
		key.open(line, at);
	};
	const goOn = (line: string, at: number) => {
		const said = statusOf(line);
		if (said) return lines.status(said);
		if (key.isBrokenBy(line)) {
			giveUp();
			return begin(line, at);
		}
		const whole = key.add(line, at);
		if (!whole) return;
		// One line counts as the map; the others as its key.
		count('headers', whole.lines - 1);
		lines.map(whole.map);
	};
	return {
		take: (line, at) => (key.isOpen() ? goOn(line, at) : begin(line, at)),
		giveUp,
		isOpen: key.isOpen,
	};
};
