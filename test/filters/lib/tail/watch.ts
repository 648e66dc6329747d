import {
	appendFileSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createWatch } from '../../../../filters/lib/tail/watch.ts';

const LONG_MS = 3000;

const test = suite('tail: watch');

/** How long, in ms, a wait takes during which `change` happens. */
const waiting = async (change: (path: string) => void, renew = false): Promise<number> => {
	const folder = mkdtempSync(join(tmpdir(), 'watch-'));
	const path = join(folder, 'a.log');
	const troubles: string[] = [];
	writeFileSync(path, '');
	const stop = new AbortController();
	const watch = createWatch(path, stop.signal, (why) => troubles.push(why));
	watch.renew();
	await sleep(150);
	if (renew) {
		renameSync(path, `${path}.1`);
		writeFileSync(path, '');
		watch.renew();
		await sleep(150);
		await watch.wait(1);
	}
	const from = performance.now();
	const waited = watch.wait(LONG_MS).then(() => performance.now() - from);
	setTimeout(change, 50, path);
	const ms = await waited;
	watch.close();
	stop.abort();
	rmSync(folder, { recursive: true });
	assert.equal(troubles, []);
	return ms;
};

test('a write, a rename and a removal of the log end a wait', async () => {
	const append = (path: string) => appendFileSync(path, 'x\n');
	assert.ok((await waiting(append)) < LONG_MS / 2, 'write');
	assert.ok((await waiting((path) => renameSync(path, `${path}.1`))) < LONG_MS / 2, 'rename');
	assert.ok((await waiting((path) => rmSync(path))) < LONG_MS / 2, 'removal');
	assert.ok((await waiting(append, true)) < LONG_MS / 2, 'write after a rotation');
});

test('other files of the folder do not', async () => {
	const ms = await waiting((path) => writeFileSync(`${path}.other`, 'x\n'));
	assert.ok(ms >= LONG_MS - 1, `${ms} ms`);
});

test('the kernel watches one thing, the log', async () => {
	const folder = mkdtempSync(join(tmpdir(), 'watch-'));
	for (const name of ['a.log', 'b', 'c']) writeFileSync(join(folder, name), '');
	const stop = new AbortController();
	const watch = createWatch(join(folder, 'a.log'), stop.signal, () => {});
	watch.renew();
	await sleep(150);
	const infos = readdirSync('/proc/self/fdinfo').flatMap((fd) => {
		try {
			return readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8').split('\n');
		} catch {
			return [];
		}
	});
	watch.close();
	rmSync(folder, { recursive: true });
	assert.is(infos.filter((line) => line.startsWith('inotify ')).length, 1);
});

test('an abort ends a wait, and no wait begins after it', async () => {
	const stop = new AbortController();
	const watch = createWatch('/not/there/a.log', stop.signal, () => {});
	const from = performance.now();
	setTimeout(() => stop.abort(), 20);
	await watch.wait(LONG_MS);
	await watch.wait(LONG_MS);
	watch.close();
	assert.ok(performance.now() - from < LONG_MS / 2);
});

test.run();
