import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { announce } from '../../../../../filters/lib/hollow/folder/announcement.ts';
import { watchAnnouncements } from '../../../../../filters/lib/hollow/folder/watch.ts';
import { writeWhole } from '../../../../data/published.ts';

const test = suite('hollow watch');
const silent = (why: string) => assert.unreachable(why);
const newFolder = () => mkdtempSync(join(tmpdir(), 'hollow-'));
const LONG_MS = 3000;

/** How long a wait takes, in ms. */
const timed = async (wait: Promise<void>): Promise<number> => {
	const began = performance.now();
	await wait;
	return performance.now() - began;
};

test('every announcement wakes, one that came before the wait too; blobs do not', async () => {
	const folder = newFolder();
	const { wait, renew, close } = watchAnnouncements(folder, new AbortController().signal, silent);
	renew();
	for (let n = 1; n <= 20; n++) {
		if (n % 2 === 0) {
			announce(folder, String(n));
			await sleep(20);
		} else setTimeout(() => announce(folder, String(n)), 5);
		renew();
		assert.ok((await timed(wait(LONG_MS))) < LONG_MS / 2, `announcement ${n}`);
		await sleep(20);
		// What is left of the hint for the same announcement: its file came, and took its name.
		await wait(0);
	}
	setTimeout(() => writeWhole(folder, 'snapshot-1', 'x'), 5);
	assert.ok((await timed(wait(150))) >= 145);
	close();
});

test('a folder that comes later, goes and comes again; TERM ends a wait', async () => {
	const folder = join(newFolder(), 'later');
	const stopping = new AbortController();
	const { wait, renew, close } = watchAnnouncements(folder, stopping.signal, silent);
	renew();
	assert.ok((await timed(wait(50))) >= 45);
	for (let times = 0; times < 2; times++) {
		mkdirSync(folder);
		renew();
		announce(folder, '1');
		assert.ok((await timed(wait(LONG_MS))) < LONG_MS / 2);
		rmSync(folder, { recursive: true });
		renew();
	}
	setTimeout(() => stopping.abort(), 20);
	assert.ok((await timed(wait(LONG_MS))) < LONG_MS / 2);
	assert.ok((await timed(wait(LONG_MS))) < LONG_MS / 2);
	close();
});

test.run();
