// text: a value as JSON text: whole numbers of any size as their digits, members in their order

import type { Json, Members } from './json.ts';

/** An object of these members; those that are undefined are left out. */
export const objectOf = (members: Record<string, Json | undefined>): Members => {
	const list: Members['members'] = [];
	for (const name of Object.keys(members)) {
		const value = members[name];
		if (value !== undefined) list.push([name, value]);
	}
	return { members: list };
};

/** `text` between brackets, what stands in it being on lines of its own where there is an indent. */
const enclosed = (text: string, [open, close]: string, indent: string, inner: string): string => {
	if (text === '' || inner === '') return `${open}${text}${close}`;
	return `${open}\n${inner}${text}\n${indent}${close}`;
};

/** JSON on one line, or with `step` on many, each level indented by one more. */
export const jsonText = (value: Json, step = '', indent = ''): string => {
	if (typeof value === 'bigint') return value.toString();
	if (value === null || typeof value !== 'object') return JSON.stringify(value);
	const inner = step === '' ? '' : indent + step;
	const comma = step === '' ? ',' : `,\n${inner}`;
	let text = '';
	if (Array.isArray(value)) {
		for (const one of value) text += (text === '' ? '' : comma) + jsonText(one, step, inner);
		return enclosed(text, '[]', indent, inner);
	}
	if ('number' in value) return value.number;
	const colon = step === '' ? ':' : ': ';
	for (const [name, one] of value.members)
		text += (text === '' ? '' : comma) + JSON.stringify(name) + colon + jsonText(one, step, inner);
	return enclosed(text, '{}', indent, inner);
};
