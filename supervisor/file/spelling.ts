// spelling: a value together with its spelling, since YAML's numbers and words are often neither: 1.10, 0750, 25921e05

/** A value that YAML does not take for text, and the text that stands in the file. */
export class Written {
	readonly value: number | boolean | null;
	readonly text: string;
	constructor(value: number | boolean | null, text: string) {
		this.value = value;
		this.text = text;
	}
}

/** One setting: always a single value. */
export type Value = string | number | boolean | null | Written;

/** The value, with its spelling where that says more. */
export const spelled = (value: Written['value'], text: string): Value =>
	String(value ?? '') === text ? value : new Written(value, text);

/** What it is, to compare and to decide by. */
export const typed = (value: Value): string | number | boolean | null =>
	value instanceof Written ? value.value : value;

/** What a command is given: as it was written. */
export const textOf = (value: Value): string => (value instanceof Written ? value.text : String(value ?? ''));
