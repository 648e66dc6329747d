// title: how metrics and units are spelled in the document, and how ebpf_to_json.py guessed units

/** `packet_processing_time` as `Packet Processing Time`; `CPU Usage` is `Cpu Usage`, as in what the predecessor counted. */
export const titleOf = (metric: string): string => {
	const words = metric.split(/[\s_-]+/).filter((word) => word !== '');
	const title = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase()).join(' ');
	return title === '' ? metric : title;
};

// What the predecessor's own histograms are in; its tables name most of them, and no record can.
const UNITS = new Map([
	['Packet Processing Time', 'ns'],
	['Lease Allocation Time', 'ns'],
	['Database Query Performance', 'ns'],
	['Packet Drop Rate', 'packets'],
	['Cpu Usage', 'cores'],
	['Memory Usage', 'bytes'],
	['Network Traffic', 'packets'],
	['Error Rates', 'errors'],
]);

/** The unit of one of the predecessor's own histograms, whatever its document says. */
export const knownUnit = (title: string): string | undefined => UNITS.get(title);

const WORDS: Record<string, string> = { By: 'bytes', KiBy: 'kibibytes' };

/** A record's unit in the document's words: `{packet}` is packets, `By` bytes; where it has none the title may have one. */
export const unitOf = (title: string, unit: string): string => {
	if (unit === '1' || unit === '') return UNITS.get(title) ?? 'count';
	return wordOf(unit);
};

/** A unit as a word. */
export const wordOf = (unit: string): string => {
	const counted = /^\{([A-Za-z]+)\}$/.exec(unit)?.[1];
	if (counted !== undefined)
		return counted
			.replace(/ss$/, 'sse')
			.replace(/(?<!s)s$/, '')
			.concat('s');
	return Object.hasOwn(WORDS, unit) ? WORDS[unit]! : unit;
};

const GUESSES: [RegExp, string][] = [
	[/time/i, 'ns'],
	[/cpu/i, 'cores'],
	[/memory/i, 'bytes'],
	[/traffic|packet/i, 'packets'],
	[/error/i, 'errors'],
];

/** The unit that ebpf_to_json.py took a title to be in: the first word that fits. */
export const guessedUnit = (title: string): string =>
	GUESSES.find(([pattern]) => pattern.test(title))?.[1] ?? 'count';
