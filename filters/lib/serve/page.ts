// page: the files of the page, out of a folder that is read once; without them a text that says what there is

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Answer } from '../http/answer.ts';

const TYPES: Record<string, string> = {
	css: 'text/css; charset=utf-8',
	html: 'text/html; charset=utf-8',
	ico: 'image/x-icon',
	js: 'text/javascript; charset=utf-8',
	json: 'application/json',
	map: 'application/json',
	png: 'image/png',
	svg: 'image/svg+xml',
	ttf: 'font/ttf',
	txt: 'text/plain; charset=utf-8',
	webmanifest: 'application/manifest+json',
	woff2: 'font/woff2',
};

const NO_PAGE = `bpfpipe serve

This installation has no web page (dist/web is not there). The figures are here:

/api/v1/metrics    every metric, as JSON
/api/v1/columns    ?metric=NAME&unit=UNIT&type=histogram|sum|gauge&from=MS&to=MS&columns=N: a metric over time
/api/v1/notices    what is known about the quality of the data
/api/v1/records    the newest record of every series, a line each
/api/v1/stats      how many there are
/events            server-sent events: a tick whenever something came
/metrics           for Prometheus
/health            200, or 503 and why
`;

/** The same for the same bytes, packed or not. */
const tagOf = (bytes: Buffer): string => `W/"${createHash('sha256').update(bytes).digest('base64url')}"`;

const isText = (type: string): boolean => /^(?:text|application|image\/svg)/.test(type);

/** Every file below a folder by its path; none when the folder is not there. */
const filesIn = (folder: string): Map<string, Buffer> => {
	const files = new Map<string, Buffer>();
	try {
		for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
			if (!entry.isFile()) continue;
			const path = join(entry.parentPath, entry.name);
			files.set(
				path
					.slice(folder.length + 1)
					.split(sep)
					.join('/'),
				readFileSync(path),
			);
		}
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
	}
	return files;
};

/**
 * Answers to the paths of the files in `folder`, `index.html` being at `/`. Nothing outside of it can be asked for, since
 * only names that were found are known.
 */
export const pageIn = (folder: string): ((steps: string[]) => Answer | undefined) => {
	const answers = new Map<string, Answer>();
	for (const [path, bytes] of filesIn(folder)) {
		const type = TYPES[path.split('.').at(-1)!] ?? 'application/octet-stream';
		// Without a name of its own for each version, a file is asked for anew each time; mostly the answer is that it is the same.
		const headers = { 'Content-Type': type, 'Cache-Control': 'no-cache', ETag: tagOf(bytes) };
		answers.set(path, {
			status: 200,
			bytes,
			headers,
			isCompressible: isText(type) && gzipSync(bytes).length < bytes.length,
		});
	}
	const fallback: Answer = { status: 200, bytes: NO_PAGE, headers: { 'Content-Type': TYPES.txt! } };
	return (steps) => {
		const path = steps.join('/');
		if (path === '') return answers.get('index.html') ?? fallback;
		return answers.get(path);
	};
};
