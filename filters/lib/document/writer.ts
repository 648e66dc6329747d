// writer: where documents go: lines on stdout, one file that has the newest, or a folder with a file for each

import { statSync } from 'node:fs';
import { replaceFile } from '../disk/replace.ts';
import { replaceTarget } from '../disk/target.ts';
import { EXIT, Failure } from '../failure.ts';
import type { Json } from '../json/json.ts';
import { jsonText } from '../json/text.ts';
import { positiveDuration, whole } from '../options.ts';
import { createFolder } from './folder.ts';

/** What a user says of where documents go, and how they look. */
export type WriterOptions = {
	output: string | undefined;
	keep: string | undefined;
	'keep-for': string | undefined;
	pretty: boolean;
};

export type WriterSurroundings = {
	/** Whole lines to stdout. */
	print: (text: string) => void;
	count: (name: string) => void;
};

// As the predecessor's --pretty.
const INDENT = '  ';

const isFolder = (path: string): boolean => {
	if (path.endsWith('/')) return true;
	return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
};

/**
 * Writes the document of the time `ts`.
 * @throws Failure(64) for options that do not go together, and the system's error when a file cannot be written.
 */
export const createWriter = (
	options: WriterOptions,
	{ print, count }: WriterSurroundings,
): ((ts: number, document: Json) => void) => {
	const { output, keep, pretty } = options;
	const keepFor = options['keep-for'];
	const textOf = (document: Json) => `${jsonText(document, pretty ? INDENT : '')}\n`;
	const kept = {
		keep: keep === undefined ? undefined : whole(keep, '--keep', 1),
		keepMs: keepFor === undefined ? undefined : positiveDuration(keepFor, '--keep-for'),
	};
	if (output === undefined || !isFolder(output)) {
		if (keep !== undefined || keepFor !== undefined)
			throw new Failure(EXIT.usage, '--keep and --keep-for need -o DIR/');
		const target = output === undefined ? undefined : replaceTarget(output, '--output');
		return (_ts, document) => {
			count('documents');
			if (target === undefined) print(textOf(document));
			else replaceFile(target, textOf(document), { mode: 0o644 });
		};
	}
	const write = createFolder({ folder: output, ...kept, onRemoved: () => count('removed') });
	return (ts, document) => {
		count('documents');
		write(ts, textOf(document));
	};
};
