// yaml: a YAML file into plain values, with the place of each, and bounds on what a file may ask of us
// Files that users write by hand are a few KiB; whoever reads one says what it is called in complaints.

import { isUtf8 } from 'node:buffer';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import {
	type Document,
	Lexer,
	LineCounter,
	Parser,
	parseDocument,
	visit,
	type YAMLError,
	type YAMLWarning,
} from 'yaml';
import { describe, EXIT, Failure } from '../failure.ts';
import { type Place, placer } from './place.ts';

// The longest file of pipelines seen in practice is a few KiB.
const LARGEST_FILE = 1024 * 1024;
// Beyond some hundreds of levels the YAML library takes Node itself down ("RegExpCompiler Allocation failed").
const DEEPEST = 64;
const MOST_ALIASES = 100;
const MOST_FAULTS = 20;

/** A YAML file: its values, and where in it they stand. */
export type Content = {
	value: unknown;
	place: Place;
	document: Document;
	/** The values anew, after a change to the document. */
	again: () => unknown;
};

const refuse = (message: string): never => {
	throw new Failure(EXIT.config, message);
};

/** The bytes of `file`; a pipe or /dev/stdin will do, a folder or an endless device will not. */
const bytesOf = (file: string, kind: string): Buffer => {
	let fd: number | undefined;
	try {
		fd = openSync(file, 'r');
		if (fstatSync(fd).isDirectory()) refuse(`${file}: is a folder; give the path of one ${kind} in it`);
		const bytes = Buffer.alloc(LARGEST_FILE + 1);
		let length = 0;
		for (let got = -1; got !== 0 && length < bytes.length; length += got) {
			got = readSync(fd, bytes, length, bytes.length - length, null);
		}
		if (length > LARGEST_FILE) refuse(`${file}: is larger than 1 MiB; a ${kind} is a few KiB`);
		return bytes.subarray(0, length);
	} catch (error) {
		if (error instanceof Failure) throw error;
		const what = describe(Object.assign(error as Error, { path: file }));
		return refuse(`${what}; give the path of a ${kind} that you may read`);
	} finally {
		if (fd !== undefined) closeSync(fd);
	}
};

/** `LINE:COLUMN` of a character that has `before` in front of it. */
const lineAndColumn = (before: string): string =>
	`${before.split('\n').length}:${before.length - before.lastIndexOf('\n')}`;

const textOf = (file: string, bytes: Buffer): string => {
	const text = bytes.toString();
	const broken = isUtf8(bytes) ? -1 : text.indexOf('\ufffd');
	if (broken >= 0) {
		refuse(
			`${file}:${lineAndColumn(text.slice(0, broken))}: this is not UTF-8; save the file with that encoding`,
		);
	}
	const control = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/.exec(text);
	if (control) {
		const code = control[0].charCodeAt(0).toString(16).padStart(2, '0');
		refuse(
			`${file}:${lineAndColumn(text.slice(0, control.index))}: the byte 0x${code} is no text; remove it`,
		);
	}
	return text;
};

/** Refuse deep nesting before anything recursive sees it. */
const checkDepth = (file: string, kind: string, text: string): void => {
	const parser = new Parser();
	for (const lexeme of new Lexer().lex(text)) {
		for (const token of parser.next(lexeme)) void token;
		if (parser.stack.length > DEEPEST) {
			const place = lineAndColumn(text.slice(0, parser.offset));
			refuse(`${file}:${place}: nested too deep; a ${kind} needs no more than ten levels`);
		}
	}
};

// The library's words where ours say more about what to do.
const wordsFor = (kind: string): Record<string, string> => ({
	DUPLICATE_KEY: 'this name is there already; each may stand once in its map',
	MULTIPLE_DOCS: `a second document begins here; a ${kind} is one, without ---`,
	TAB_AS_INDENT: 'a tab indents this line; YAML wants blanks',
	NON_STRING_KEY: 'a name is plain text; put it in quotes',
	TAG_RESOLVE_FAILED: 'tags (!...) are not understood here; put text that begins with ! in quotes',
	BAD_SCALAR_START: 'a plain value cannot begin with this character; put the value in quotes',
});
const NESTED =
	'a ": " inside a value makes it a map; put the value in quotes, or begin the map on a new line';

const inWords = ({ code, message }: YAMLError | YAMLWarning, kind: string): string => {
	const [first] = message.split('\n');
	if (first!.startsWith('Nested mappings')) return NESTED;
	return (
		wordsFor(kind)[code] ?? `${first!.replace(/[.:]$/, '')}; see that quotes, brackets and indents match`
	);
};

// Names that JavaScript keeps for itself; a map would lose them in silence.
const RESERVED = new Set(['__proto__', 'prototype', 'constructor']);

/** Values that YAML allows and we cannot use. */
const valueFaults = (document: Document): { offset: number; message: string }[] => {
	const faults: { offset: number; message: string }[] = [];
	visit(document, {
		Scalar: (position, { value, range }) => {
			const offset = range?.[0] ?? 0;
			if (position === 'key' && RESERVED.has(String(value)))
				faults.push({ offset, message: `"${value}" cannot be a name; choose another` });
			if (typeof value === 'string' && value.includes('\0'))
				faults.push({ offset, message: 'no program can be given the character \\0; take it out' });
		},
	});
	return faults;
};

/** Offset of the first alias, where a file has any: what is wrong with aliases is best shown there. */
const firstAlias = (document: Document): number => {
	let offset = 0;
	visit(document, {
		Alias: (_, { range }) => {
			offset = range?.[0] ?? 0;
			return visit.BREAK;
		},
	});
	return offset;
};

const plainValue = (document: Document, at: (offset: number) => string): unknown => {
	try {
		const value = document.toJS({ maxAliasCount: MOST_ALIASES });
		// What holds itself through an alias has no end, and no text.
		JSON.stringify(value);
		return value;
	} catch (error) {
		const { message } = error as Error;
		const unknown = /^Unresolved alias.*: (.*)$/.exec(message)?.[1];
		const what = unknown
			? `*${unknown} refers to nothing; write &${unknown} before the value that is meant`
			: /Excessive alias/.test(message)
				? `aliases (*name) are used more than ${MOST_ALIASES} times over; write some of them out`
				: 'an alias (*name) holds itself; write it out';
		return refuse(`${at(firstAlias(document))}: ${what}`);
	}
};

/** Places and words of what is wrong; what follows on the same line is seldom a mistake of its own. */
const faultsIn = (
	document: Document,
	lines: LineCounter,
	kind: string,
): { place: string; message: string }[] => {
	const found = [...document.errors, ...document.warnings].map((one) => ({
		offset: one.pos[0],
		message: inWords(one, kind),
	}));
	const seen = new Set<number>();
	return [...found, ...valueFaults(document)].flatMap(({ offset, message }) => {
		const { line, col } = lines.linePos(offset);
		if (seen.has(line) || seen.size >= MOST_FAULTS) return [];
		seen.add(line);
		return [{ place: `${line}:${col}`, message }];
	});
};

/**
 * The values in a YAML file, of the `kind` that complaints name ("pipeline file").
 * @throws Failure(78) with file:line:column for what is no text, no YAML, or too much of it.
 */
export const readYaml = (file: string, kind: string): Content => {
	const text = textOf(file, bytesOf(file, kind));
	checkDepth(file, kind, text);
	const lines = new LineCounter();
	const options = { lineCounter: lines, prettyErrors: false, stringKeys: true, merge: true };
	const document = parseDocument(text, options);
	const faults = faultsIn(document, lines, kind);
	if (faults.length > 0)
		refuse(faults.map(({ place, message }) => `${file}:${place}: ${message}`).join('\n'));
	const at = (offset: number) => {
		const { line, col } = lines.linePos(offset);
		return `${file}:${line}:${col}`;
	};
	const again = () => plainValue(document, at) ?? {};
	return { value: again(), place: placer(file, document, lines), document, again };
};
