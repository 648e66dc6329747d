// Every way to die for every part of a pipeline, once each; `npm run soak` does the same a thousand times.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { buildFixtures, CASES, HEAD, killMatrix, type Row, rowText } from '../../harness/kills.ts';

const LANES = 2;

const test = suite('kill-matrix');

test('each promise is kept', async () => {
	const folder = mkdtempSync(join(tmpdir(), 'bpfpipe-kills-'));
	try {
		await buildFixtures(folder);
		const rows: Row[] = await killMatrix(CASES.length, folder, LANES, () => {});
		const broken = rows.filter(({ fault }) => fault !== '');
		assert.is(broken.length, 0, [HEAD, ...broken.map(rowText)].join('\n'));
		assert.is(rows.length, CASES.length);
	} finally {
		rmSync(folder, { recursive: true });
	}
});

test.run();
