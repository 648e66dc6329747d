// text: how Hollow spells the characters of a STRING: each UTF-16 unit as a vint
// ASCII is one byte a character; lone surrogates survive; it is not UTF-8.

/** How many bytes `text` takes. */
export const textSize = (text: string): number => {
	let size = text.length;
	for (let at = 0; at < text.length; at++) {
		const unit = text.charCodeAt(at);
		if (unit >= 0x80) size += unit >= 0x4000 ? 2 : 1;
	}
	return size;
};

/** Put `text` into `bytes` at `at`; there must be room for textSize(text). Returns the end. */
export const putText = (text: string, bytes: Uint8Array, at: number): number => {
	let to = at;
	for (let from = 0; from < text.length; from++) {
		const unit = text.charCodeAt(from);
		if (unit >= 0x4000) bytes[to++] = 0x80 | (unit >> 14);
		if (unit >= 0x80) bytes[to++] = 0x80 | (unit >> 7);
		bytes[to++] = unit & 0x7f;
	}
	return to;
};

/** A text as bytes. */
export const encodeText = (text: string): Uint8Array => {
	const bytes = new Uint8Array(textSize(text));
	putText(text, bytes, 0);
	return bytes;
};

const LONGEST_PLAIN = 64;

/** The text of `bytes[from..to)`; undefined when the last character is cut short. */
export const decodeText = (bytes: Uint8Array, from: number, to: number): string | undefined => {
	let text = '';
	let units: number[] = [];
	let unit = 0;
	for (let at = from; at < to; at++) {
		const byte = bytes[at]!;
		unit = (unit << 7) | (byte & 0x7f);
		if (byte & 0x80) continue;
		units.push(unit);
		unit = 0;
		if (units.length === LONGEST_PLAIN) {
			text += String.fromCharCode(...units);
			units = [];
		}
	}
	if (to > from && bytes[to - 1]! & 0x80) return undefined;
	return text + String.fromCharCode(...units);
};
