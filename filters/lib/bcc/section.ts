// section: the lines right above a bcc table that say which of several it is
// `disk = sda`, `pid = 12 bash`, `cpu = 3 hardirq = eth0`, or a title `Packet Processing Time:`.

/** What the lines above a table say: a metric from a title, attributes from labels. */
export type Section = { title?: string; attributes: Record<string, string> };

const LABEL = /^([A-Za-z][\w ]*?):? = (.*)$/;
const CPU_AND_MORE = /^(cpu = \d+) (\w+ = .*)$/;
const TITLE = /^([A-Za-z][\w ()/.-]*):$/;
// libbpf-tools put a figure that changes from print to print into the label of the series.
const AVERAGE = / \[AVG -?\d+\]$/;

/** `Packet Processing Time` as `packet_processing_time`. */
export const snakeCase = (text: string): string => text.trim().toLowerCase().replace(/\W+/g, '_');

/** The text behind a label, without the quotes that Python puts around it. */
const textOf = (text: string): string => {
	const value = text.trim().replace(AVERAGE, '');
	return /^b?(?:'(.*)'|"(.*)")$/.exec(value)?.slice(1).join('') ?? value;
};

const labelsOf = (line: string): [name: string, value: string][] => {
	const pieces = line.split('\t').flatMap((piece) => CPU_AND_MORE.exec(piece)?.slice(1) ?? piece);
	return pieces.flatMap((piece) => {
		const match = LABEL.exec(piece.trim());
		return match ? [[snakeCase(match[1]!), textOf(match[2]!)]] : [];
	});
};

/** Whether a line may stand above a table; only the table's header below it makes it so. */
export const mayBeSection = (line: string): boolean => TITLE.test(line) || labelsOf(line).length > 0;

/** What the lines above a table say together. */
export const sectionOf = (lines: string[]): Section => {
	const title = lines.map((line) => TITLE.exec(line)?.[1]).findLast((found) => found !== undefined);
	return {
		...(title !== undefined && { title: snakeCase(title) }),
		attributes: Object.fromEntries(lines.flatMap(labelsOf)),
	};
};
