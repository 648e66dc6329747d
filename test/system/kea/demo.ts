// npm run demo:kea: each fault is seen where it should be, and nothing of it stays, however it ends.

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { leaveWorld, makeWorld, until } from '../../harness/supervised.ts';
import { bpftraceLacks, commandsLack, isRoot, testWith } from '../../parts.ts';
import { cleanEnv, outcome, ROOT } from '../../program.ts';
import { keaLacks } from '../../servers/kea.ts';
import { freePort } from '../../servers/ports.ts';

const test = suite('system: demo of Kea');
const LACK = keaLacks() || bpftraceLacks() || commandsLack('strace', 'ip', 'flock');
const SCRIPT = join(ROOT, 'etc', 'kea-demo.sh');
const NOTES = '/run/bpfpipe-kea-demo';
const HOLD_S = 7;

/** A demo with its page on a port of its own; `NODE` may be another user. */
const startDemo = async (env: Record<string, string> = {}, uid?: number) => {
	const page = `127.0.0.1:${await freePort()}`;
	const args = [SCRIPT, '--set', `hold=${HOLD_S}`, '--set', `page.listen=${page}`];
	const child = spawn('bash', args, {
		env: cleanEnv(env),
		stdio: ['ignore', 'pipe', 'pipe'],
		cwd: '/',
		...(uid === undefined ? {} : { uid, gid: uid }),
	});
	let said = '';
	child.stderr.on('data', (piece) => {
		said += piece;
	});
	const ends = outcome(child);
	const metrics = () =>
		fetch(`http://${page}/metrics`).then(
			(answer) => answer.text(),
			() => '',
		);
	return { child, ends, page, metrics, said: () => said };
};

/** What of a demo is still there. */
const leftovers = (): string[] => {
	const spaces = existsSync('/run/netns') ? readdirSync('/run/netns') : [];
	const commands = readdirSync('/proc')
		.filter((entry) => /^\d+$/.test(entry))
		.flatMap((pid) => {
			try {
				return [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')];
			} catch {
				return [];
			}
		});
	return [
		...spaces.filter((name) => name.startsWith('kea-demo-')),
		...readdirSync(tmpdir()).filter((name) => name.startsWith('bpfpipe-kea-demo.')),
		...(existsSync(NOTES) ? [NOTES] : []),
		...commands.filter((line) =>
			/kea-demo(?:\.sh|\.yaml|-server|-client|-c\b|\/)|bpfpipe-kea-demo/.test(line),
		),
	];
};
const gone = () =>
	until('nothing to be left', () => leftovers().length === 0, 5000).catch(() => {
		assert.equal(leftovers(), []);
	});

const metricIn = (text: string, pattern: RegExp): number =>
	[...text.matchAll(new RegExp(`^${pattern.source} ([\\d.]+)$`, 'gm'))].reduce(
		(sum, [, value]) => sum + Number(value),
		0,
	);

/** How many writes into the lease database took 4 ms or more: those that are in no bucket which ends before. */
const slowOnes = (text: string): number =>
	['add', 'update'].reduce((sum, operation) => {
		const pattern = `^database_query_performance_nanoseconds_bucket\\{.*"${operation}".*le="([^"]+)".*\\} (\\d+)$`;
		const buckets = [...text.matchAll(new RegExp(pattern, 'gm'))].map(([, le, count]) => [le, Number(count)]);
		const all = buckets.find(([le]) => le === '+Inf')?.[1] ?? 0;
		const quick = buckets.filter(([le]) => Number(le) < 2 ** 22).map(([, count]) => Number(count));
		return sum + Number(all) - Math.max(0, ...quick);
	}, 0);

testWith(
	test,
	LACK,
	'each fault is said, and is on the page; a second demo is refused; TERM leaves nothing',
	async () => {
		await gone();
		const demo = await startDemo();
		try {
			const during = (words: string) => until(words, () => demo.said().includes(words), 60_000);
			const shows = (what: string, isSo: (text: string) => boolean) =>
				until(what, async () => isSo(await demo.metrics()), (HOLD_S + 15) * 1000);
			await during('no fault');
			await shows('answers', (text) => metricIn(text, /packets_total\{.*out.*ACK.*\}/) > 0);
			const second = await startDemo();
			assert.is((await second.ends).status, 75);
			assert.match(second.said(), /another demo runs on this machine/);

			await during('the pool is exhausted');
			const isOn = (fault: string) => (text: string) =>
				metricIn(text, new RegExp(`demo_fault\\{.*${fault}.*\\}`)) === 1;
			await shows('the fault itself', isOn('exhausted pool'));
			await shows('drops', (text) => metricIn(text, /packet_drop_rate_total\{.*allocation.*\}/) > 0);
			await shows('a full subnet', (text) => metricIn(text, /kea_utilisation\{.*\}/) >= 0.99);

			await during('malformed packets');
			await shows('drops', (text) => metricIn(text, /packet_drop_rate_total\{.*malformed.*\}/) > 0);
			await shows('errors of several kinds', (text) => text.split('\nerror_rates_total{').length > 4);

			await during('the lease database takes');
			const before = slowOnes(await demo.metrics());
			await shows('slow writes', (text) => slowOnes(text) > before + 10);

			await during('Kea was killed');
			await shows('a server that is away', (text) => metricIn(text, /kea_up\{.*\}/) === 0);
			await shows('a server that is there again', (text) => metricIn(text, /kea_up\{.*\}/) === 1);
			await shows('the gap', (text) => metricIn(text, /bpfpipe_notices_total\{.*"gap".*\}/) > 0);
			await shows('a restart', (text) => metricIn(text, /bpfpipe_restarts_total\{.*"server".*\}/) > 0);
			assert.not.match(await demo.metrics(), /synthetic/);
		} finally {
			demo.child.kill('SIGTERM');
			const { status } = await demo.ends;
			assert.is(status, 0, demo.said().slice(-3000));
		}
		assert.equal(leftovers(), []);
	},
);

testWith(
	test,
	LACK,
	'what a demo leaves that was killed, all of it or its head alone, the next one removes',
	async () => {
		await gone();
		for (const all of [false, true]) {
			const first = await startDemo();
			await until('a server', () => first.said().includes('no fault'), 30_000);
			const [pid] = readFileSync(join(NOTES, 'up'), 'utf8').split(' ');
			first.child.kill('SIGKILL');
			if (all) process.kill(Number(pid), 'SIGKILL');
			await sleep(1000);
			assert.ok(leftovers().length > 0);
			const next = await startDemo();
			await until('a server', () => next.said().includes('no fault'), 30_000);
			next.child.kill('SIGINT');
			const { status } = await next.ends;
			assert.is(status, 0, next.said().slice(-3000));
			assert.is(next.said().includes('ends the demo that was left behind'), !all, next.said());
			assert.equal(leftovers(), []);
		}
	},
);

testWith(
	test,
	isRoot ? '' : 'needs root, to be somebody else',
	'without rights it says what is missing, and replays',
	async () => {
		const world = makeWorld();
		spawnSync('chmod', ['777', world.dir]);
		const demo = await startDemo({ ...world.env, HOME: world.dir }, 65_534);
		try {
			await until('what is missing', () =>
				/missing: root.*; a recorded session is played instead, marked/.test(demo.said()),
			);
			const isMarked = async () => /^packets_total\{.*synthetic="true"/m.test(await demo.metrics());
			await until('a recording', isMarked, 30_000);
			assert.not.match(await demo.metrics(), /demo_fault|kea_up/);
		} finally {
			demo.child.kill('SIGTERM');
			await demo.ends;
			await leaveWorld(world);
		}
	},
);

test.run();
