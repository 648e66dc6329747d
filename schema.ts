// schema: supervisor/file/shape.ts becomes etc/bpfpipe.schema.json, which editors complete and check pipeline files by
// usage:  npm run schema

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { toJsonSchema } from '@valibot/to-json-schema';
import { FILE } from './supervisor/file/shape.ts';

/** Where the schema is kept: beside the files that name it in their first line. */
export const SCHEMA_FILE = join(fileURLToPath(new URL('.', import.meta.url)), 'etc', 'bpfpipe.schema.json');

/** The schema as text: of what is written in a file, before defaults and conversions. */
export const schemaText = (): string => {
	// Trimming and the like have no counterpart there, and editors need none.
	const schema = toJsonSchema(FILE, { typeMode: 'input', errorMode: 'ignore' });
	return `${JSON.stringify({ title: 'bpfpipe pipeline file', ...schema }, null, '\t')}\n`;
};

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(SCHEMA_FILE, schemaText());
