// soak: a thousand deaths, of every kind and part, and what became of the lines
// usage:  npm run soak [-- KILLS]
//
// Ends with 1 when a promise was broken: at-least-once misses nothing; best-effort loses nothing to TERM, and to
// KILL at most what the victim held.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildFixtures, HEAD, killMatrix, rowText } from './harness/kills.ts';

const LANES = 2;

const folder = mkdtempSync(join(tmpdir(), 'bpfpipe-soak-'));
try {
	await buildFixtures(folder);
	console.log(HEAD);
	const rows = await killMatrix(Number(process.argv[2] ?? 1000), folder, LANES, (row) =>
		console.log(rowText(row)),
	);
	const broken = rows.filter(({ fault }) => fault !== '').length;
	const kills = rows.reduce((sum, row) => sum + row.kills, 0);
	console.log(`${kills} kills, ${broken} promises broken`);
	process.exitCode = broken > 0 ? 1 : 0;
} finally {
	rmSync(folder, { recursive: true });
}
