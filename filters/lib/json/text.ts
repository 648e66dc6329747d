// text: a value as JSON text: whole numbers of any size as their digits, members in their order

import type { Json, Members } from './json.ts';

/** An object of these members; those that are undefined are left out. */
export const objectOf = (members: Record<string, Json | undefined>): Members => ({
	members: Object.entries(members).filter((pair): pair is [string, Json] => pair[1] !== undefined),
});

const listText = (
	pieces: string[],
	[open, close]: [string, string],
	indent: string,
	inner: string,
): string => {
	if (pieces.length === 0) return `${open}${close}`;
	if (inner === '') return `${open}${pieces.join(',')}${close}`;
	return `${open}\n${inner}${pieces.join(`,\n${inner}`)}\n${indent}${close}`;
};

/** JSON on one line, or with `step` on many, each level indented by one more. */
export const jsonText = (value: Json, step = '', indent = ''): string => {
	if (typeof value === 'bigint') return String(value);
	if (value === null || typeof value !== 'object') return JSON.stringify(value);
	const inner = step === '' ? '' : indent + step;
	if (Array.isArray(value))
		return listText(
			value.map((one) => jsonText(one, step, inner)),
			['[', ']'],
			indent,
			inner,
		);
	if ('number' in value) return value.number;
	const space = step === '' ? '' : ' ';
	const members = value.members.map(
		([name, one]) => `${JSON.stringify(name)}:${space}${jsonText(one, step, inner)}`,
	);
	return listText(members, ['{', '}'], indent, inner);
};
