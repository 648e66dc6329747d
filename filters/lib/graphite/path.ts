// path: names from outside made safe as nodes of a Graphite path
// carbon writes a file per path and takes "..", "/" and blanks as they come; nothing here lets them through.

import { createHash } from 'node:crypto';

/** How unsafe characters are spelled: `percent` keeps every two names apart, `underscore` reads better. */
export const ESCAPES = ['percent', 'underscore'] as const;
export type Escape = (typeof ESCAPES)[number];

/** What a host's dots become: `_`, an escape like any other character's, or the end of a node. */
export const HOST_DOTS = ['underscore', 'escape', 'keep'] as const;
export type HostDots = (typeof HOST_DOTS)[number];

// A node is a file name with `.wsp` behind it, and file names end at 255 bytes.
const LONGEST_NODE = 240;
// Far below a path's 4096 bytes, and below the 16384 at which carbon hangs up on a line.
const LONGEST_PATH = 2000;

const SAFE = /^[A-Za-z0-9_-]+$/;
const UNSAFE = /[^A-Za-z0-9_-]/gu;

const hex = (value: number, digits: number): string => value.toString(16).toUpperCase().padStart(digits, '0');

/** `%2F` for each byte of UTF-8; a lone half of a surrogate pair, which has no UTF-8, is `%uD800`. */
const percent = (character: string): string => {
	const code = character.codePointAt(0)!;
	if (code >= 0xd800 && code <= 0xdfff) return `%u${hex(code, 4)}`;
	return [...Buffer.from(character)].map((byte) => `%${hex(byte, 2)}`).join('');
};

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

/** A name that differs from every other, in place of one that is too long; the escapes never write `%_`. */
const shortened = (text: string, most: number): string => {
	const digest = hashOf(text);
	return `${text.slice(0, most - digest.length - 2)}%_${digest}`;
};

/**
 * Any text as one node: letters, digits, `_`, `-` and `%` only, never empty, at most 240 bytes.
 * With `percent` two texts never give the same node (the empty text is `%`; a cut one ends in 64 bits of its hash).
 * `onCut` is told when the node had to be cut.
 */
export const escapeNode = (text: string, how: Escape, onCut: () => void = () => {}): string => {
	let node = text;
	if (text === '') node = how === 'percent' ? '%' : '_';
	else if (!SAFE.test(text)) node = text.replace(UNSAFE, how === 'percent' ? percent : () => '_');
	if (node.length <= LONGEST_NODE) return node;
	onCut();
	return shortened(node, LONGEST_NODE);
};

/** Text whose dots separate nodes, each of them made safe; an empty node becomes one that is not. */
export const escapeNodes = (text: string, how: Escape, onCut?: () => void): string[] =>
	text.split('.').map((node) => escapeNode(node, how, onCut));

/** A user's own nodes, `prod.web`: a dot too many at the end, at the start or in between makes no node. */
export const ownNodes = (text: string, how: Escape, onCut?: () => void): string[] =>
	text
		.split('.')
		.filter((node) => node !== '')
		.map((node) => escapeNode(node, how, onCut));

/** Nodes joined to a path; what would make it too long is one hashed node, so long paths stay different. */
export const joinNodes = (nodes: string[], onCut: () => void = () => {}): string => {
	const path = nodes.join('.');
	if (path.length <= LONGEST_PATH) return path;
	onCut();
	const kept: string[] = [];
	let length = 0;
	for (const node of nodes) {
		length += node.length + 1;
		if (length > LONGEST_PATH - LONGEST_NODE) break;
		kept.push(node);
	}
	return [...kept, shortened(nodes.slice(kept.length).join('%'), LONGEST_NODE)].join('.');
};

// Graphite gives `name` a meaning of its own, and so do we `synthetic`.
const RESERVED = new Set(['name', 'synthetic']);

/** Any text as the name of a tag: as `escapeNode`, and never one that is reserved. */
export const escapeTag = (text: string, how: Escape, onCut?: () => void): string => {
	if (!RESERVED.has(text)) return escapeNode(text, how, onCut);
	return how === 'percent' ? `${percent(text[0]!)}${text.slice(1)}` : `_${text}`;
};

/** Tags behind a path, `;comm=nginx`; what would make the line too long is one tag `cut` with their hash. */
export const joinTags = (tags: string[], onCut: () => void = () => {}): string => {
	const text = tags.map((tag) => `;${tag}`).join('');
	if (text.length <= LONGEST_PATH) return text;
	onCut();
	return `;cut=${hashOf(text)}`;
};
