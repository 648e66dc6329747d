// value-type: what a table's header says about its values, `usecs`, `age (ms)`, `size`: their unit, and what they are

const UNITS = new Map([
	['nsecs', 'ns'],
	['usecs', 'us'],
	['msecs', 'ms'],
	['secs', 's'],
	['ns', 'ns'],
	['us', 'us'],
	['µs', 'us'],
	['μs', 'us'],
	['ms', 'ms'],
	['s', 's'],
	['bytes', 'By'],
	['kbytes', 'KiBy'],
]);

/** The unit behind a value type: `usecs`, `time (ns)`, `age (ms)`; undefined when it names none. */
export const unitOf = (valueType: string): string | undefined => {
	const inParentheses = /\((?:.* )?(\S+)\)$/.exec(valueType)?.[1];
	return UNITS.get((inParentheses ?? valueType).toLowerCase());
};

// What a table counts where it is the only one of its tool, or has a title; it tells no table from another.
const PLAIN = new Set(['', '(unit)', 'unit', 'value', 'time', 'latency', 'runqlen', 'backlog']);

/** What a value type names beside its unit: `size`, a command, `age` of `age (ms)`; '' where that tells nothing. */
export const nameIn = (valueType: string): string => {
	const isUnit = unitOf(valueType) !== undefined;
	const name = isUnit ? valueType.replace(/ ?\([^(]*\)$/, '') : valueType;
	return PLAIN.has(name.toLowerCase()) || (isUnit && name === valueType) ? '' : name;
};
