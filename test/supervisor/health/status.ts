// What an operator sees: a pipeline that is well, and four that are not, each with its reason and exit code.

import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
	command,
	leaveWorld,
	makeWorld,
	pidOf,
	statusOf,
	until,
	up,
	type World,
} from '../../harness/supervised.ts';
import { bundleOf, cleanEnv, outcome, run, start } from '../../program.ts';
import { fakeCarbon } from '../../servers/carbon.ts';

const test = suite<World>('status');
test.before.each((world) => {
	Object.assign(world, makeWorld());
});
test.after.each(leaveWorld);

// A kernel's figures, four times a second.
const PRINTS = `i=0; while :; do i=$((i+1)); printf '#!ts %s\\n@us:\\n[1, 2)  %s |@|\\n\\n' $(date +%s) $i; sleep 0.25; done`;

/** collect | log | graphite, in little; `tracer` is the source, `more` stands beside the shipper's delivery. */
const write = (world: World, uri: string, { tracer = join(world.dir, 'tracer'), more = 'late: 3s' } = {}) => {
	const log = join(world.dir, 'cpu-lat.log');
	if (!existsSync(join(world.dir, 'tracer')))
		writeFileSync(join(world.dir, 'tracer'), `#!/bin/sh\n${PRINTS}\n`, { mode: 0o755 });
	writeFileSync(
		world.file,
		`pipelines:
  collect:
    restart: always
    restart_delay: 50ms..500ms
    stages:
      - { name: tracer, run: ${JSON.stringify(tracer)}, fallback: "sh -c 'exec sleep 1000'" }
      - append-log ${log}
  graphite:
    delivery: at-least-once
    restart: always
    restart_delay: 50ms..500ms
    ${more}
    stages:
      - bpftrace-tail ${log}
      - parse-histogram --metric cpu-lat --unit us
      - every 1s
      - graphite-line
      - graphite-send --uri ${uri} --window 500ms --retry-max 500ms
`,
	);
};
const pipelineOf = async (world: World, name: string) =>
	(await statusOf(world))?.pipelines.find((one) => one.name === name);
const stopped = async ({ child, result }: ReturnType<typeof up>) => {
	child.kill('SIGTERM');
	return result;
};
/** The text of `status`, once its code is as wanted. */
const shown = async (world: World, code: number, pattern: RegExp): Promise<string> => {
	let text = '';
	await until(`${pattern} and ${code}`, async () => {
		const { status, stdout } = await command(world, 'status');
		text = `${stdout}(${status})`;
		return status === code && pattern.test(stdout);
	}).catch((error) => {
		throw new Error(`${error.message}:\n${text}`);
	});
	return text;
};

test('well, then the sink away, then well again: 0, 69, 0, and the log says when', async (world) => {
	const carbon = await fakeCarbon();
	write(world, carbon.uri);
	const one = up(world);
	const well = await shown(world, 0, /^graphite +at-least-once +\ds ago +\d+ B +well$/m);
	assert.match(well, /^collect +best-effort +- +- +well$/m);
	assert.match(
		well,
		/^PIPELINE +STAGE +STATE +FOR +PID +RESTARTS +NOTE\ncollect +tracer +RUNNING +\d+s +\d+ +0\n/,
	);
	await carbon.die();
	const away = await shown(world, 69, /late: /);
	assert.match(
		away,
		/^graphite +graphite-send +RUNNING .* says for \d+s: 127\.0\.0\.1:\d+: .*; trying again/m,
	);
	assert.match(
		away,
		/^graphite +at-least-once +\d+s ago +[\d.]+ K?i?B +late: .* wait for graphite-send, nothing was acknowledged for \d+s; it says for \d+s: 127/m,
	);
	const { pipelines } = (await statusOf(world))!;
	assert.equal(
		pipelines.map(({ well }) => well),
		[true, false],
	);
	const listed = await run('bpfpipe', ['list'], '', world.env);
	assert.is(listed.status, 69);
	assert.match(listed.stdout, /^plan +\d+ +not well +collect graphite +\/.*plan\.yaml$/m);
	// The vigil looks every five seconds.
	await until('the log', async () =>
		/delivery is not well/.test((await command(world, 'logs', 'graphite')).stdout),
	);
	await carbon.listen();
	await shown(world, 0, /^graphite +at-least-once +\ds ago +\d+ B +well$/m);
	await until('its end', async () =>
		/delivery is well again/.test((await command(world, 'logs', 'graphite')).stdout),
	);
	assert.is((await run('bpfpipe', ['list'], '', world.env)).status, 0);
	const { stderr } = await stopped(one);
	assert.match(
		stderr,
		/warning: graphite: delivery is not well: late: [\s\S]*graphite\/graphite-send: connected to [\s\S]*graphite: delivery is well again/,
	);
	await carbon.die();
});

test('the tracer gone, with no fallback: 69, and its pipeline alone is not well', async (world) => {
	const carbon = await fakeCarbon();
	write(world, carbon.uri);
	const one = up(world, ['--no-fallback']);
	await shown(world, 0, /^graphite .* well$/m);
	writeFileSync(join(world.dir, 'tracer'), '#!/bin/sh\necho "cannot attach: no such probe" >&2; exit 1\n', {
		mode: 0o755,
	});
	process.kill(await pidOf(world, 'tracer'), 'SIGKILL');
	const gone = await shown(world, 69, /cannot attach/);
	assert.match(
		gone,
		/^collect +tracer +(BACKOFF|RUNNING|DEGRADED) .*died \d+s ago: exit code 1, cannot attach: no such probe$/m,
	);
	assert.match(gone, /^collect +append-log +RUNNING/m);
	assert.match(gone, /^graphite .* well$/m);
	await stopped(one);
	await carbon.die();
});

test('a crash loop: the culprit has the BACKOFF, with its last words; the others wait for it', async (world) => {
	const carbon = await fakeCarbon();
	write(world, carbon.uri);
	// Who cannot write it removes it; it is there again before the next one comes.
	const fill = () => {
		const aside = join(world.dir, 'plan.graphite.ack.new');
		if (!lstatSync(aside, { throwIfNoEntry: false })) symlinkSync('/dev/full', aside);
	};
	fill();
	const filling = setInterval(fill, 5).unref();
	const one = up(world);
	const loop = await shown(world, 69, /^graphite +graphite-send +(BACKOFF|DEGRADED) .*no space/m);
	assert.match(loop, /^graphite +bpftrace-tail +STOPPED +\d+s +- +\d+ +waits for graphite-send$/m);
	assert.match(
		loop,
		/^graphite +at-least-once .* graphite-send is (BACKOFF|DEGRADED) for \d+s; died \d+s ago: exit code 69, .*plan\.graphite\.ack\.new: no space left on the device$/m,
	);
	clearInterval(filling);
	await stopped(one);
	await carbon.die();
});

test('synthetic: 69, for what comes is not real', async (world) => {
	const carbon = await fakeCarbon();
	write(world, carbon.uri, { tracer: join(world.dir, 'nowhere') });
	const one = up(world);
	const shownText = await shown(world, 69, /synthetic/);
	assert.match(
		shownText,
		/^collect +tracer +RUNNING .* fallback, synthetic; died \d+s ago: there is no program ".*nowhere"/m,
	);
	assert.match(
		shownText,
		/^collect +best-effort +- +- +tracer is replaced by its fallback: what comes is synthetic, for there is no program/m,
	);
	await stopped(one);
	await carbon.die();
});

test('best-effort: a sink that is away says so itself, and that is enough', async (world) => {
	writeFileSync(
		world.file,
		`pipelines: { p: { late: 1s, stages: [ "sh -c 'while :; do echo a.b 1 $(date +%s); sleep 0.2; done'", graphite-send --uri 127.0.0.1:1 --retry-max 200ms ] } }`,
	);
	const one = up(world);
	await shown(
		world,
		69,
		/^p +best-effort +- +- +graphite-send says for \d+s: 127\.0\.0\.1:1: connection refused; trying again/m,
	);
	await stopped(one);
});

test('a source that has closed its output and lives on is not well', async (world) => {
	writeFileSync(
		world.file,
		`pipelines: { p: { stages: [ "sh -c 'exec >&-; exec sleep 1000'", "sh -c 'cat >/dev/null'" ] }, q: { stages: [ "sh -c 'exec 3>&1 >/dev/null; sleep 1000 & wait'", "sh -c 'cat >/dev/null'" ] } }`,
	);
	const one = up(world);
	const text = await shown(world, 69, /^p +sh +RUNNING .*has closed its output$/m);
	assert.match(text, /^q +best-effort +- +- +well$/m, 'one of its processes still has it');
	await stopped(one);
});

test('--wait: 0 when what was started holds, 69 when it dies a moment later or is FATAL', async (world) => {
	writeFileSync(
		world.file,
		`pipelines: { good: { stages: [ sleep 1000 ] }, bad: { restart: always, stages: [ "sh -c 'sleep 0.7; exit 1'" ] }, wrong: { stages: [ every 15x, cat ] } }`,
	);
	const one = up(world);
	await until('all to have begun', async () => (await pipelineOf(world, 'wrong'))?.state === 'FATAL');
	const good = await command(world, 'restart', 'good', '--wait');
	assert.is(good.status, 0, good.stderr);
	assert.match(good.stdout, /^good +sleep +RUNNING +2s/m);
	assert.is((await command(world, 'restart', 'bad')).status, 0, 'without it nobody waits');
	assert.is((await command(world, 'restart', 'bad', '--wait')).status, 69);
	const wrong = await command(world, 'start', 'wrong', '--wait');
	assert.is(wrong.status, 69);
	assert.match(
		wrong.stdout,
		/^wrong +every +FATAL .*died \d+s ago: exit code 64, STEP: "15x" is not a duration/m,
	);
	await stopped(one);
});

test('logs by time and count', async (world) => {
	writeFileSync(
		world.file,
		`pipelines: { p: { stages: [ "sh -c 'for i in 1 2 3 4 5; do echo early $i >&2; done; sleep 2; for i in 1 2 3; do echo late $i >&2; done; exec sleep 1000'" ] } }`,
	);
	const one = up(world);
	await until('the last line', async () => /late 3/.test((await command(world, 'logs')).stdout));
	const words = async (...args: string[]) =>
		(await command(world, 'logs', ...args)).stdout.match(/(?:early|late) \d/g) ?? [];
	assert.equal(await words('-n', '4'), ['early 5', 'late 1', 'late 2', 'late 3']);
	assert.equal(await words('--lines', '0'), []);
	const at = (await command(world, 'logs')).stdout
		.split('\n')
		.find((line) => /late 1/.test(line))!
		.split(' ')[0]!;
	assert.equal(await words('--since', at), ['late 1', 'late 2', 'late 3']);
	assert.equal(await words('--since', at, '-n', '1'), ['late 3']);
	assert.equal(await words('--since', '1h', 'p', '-n', '2'), ['late 2', 'late 3']);
	const wrong = await command(world, 'logs', '--since', 'soon');
	assert.is(wrong.status, 64);
	assert.match(wrong.stderr, /--since: "soon" is no moment; write for example/);
	const follower = start('bpfpipe', ['logs', '-f', '-n', '1', world.file], world.env);
	world.started.add(follower);
	const followed = outcome(follower);
	await new Promise((resolve) => setTimeout(resolve, 600));
	follower.kill('SIGTERM');
	assert.equal((await followed).stdout.match(/late \d/g), ['late 3']);
	await stopped(one);
});

test('list without a supervisor has its headings alone', async (world) => {
	const empty = join(world.dir, 'empty');
	mkdirSync(empty);
	const { status, stdout } = await run('bpfpipe', ['list'], '', { ...world.env, RUNTIME_DIRECTORY: empty });
	assert.is(status, 0);
	assert.is(stdout, 'NAME  PID  HEALTH  PIPELINES  FILE\n');
});

test('up dates its lines where they go into a file, and nowhere else', async (world) => {
	writeFileSync(world.file, `pipelines: { p: { stages: [ "true" ] } }`);
	const log = join(world.dir, 'up.log');
	const { stderr } = await up(world).result;
	assert.match(stderr, /^bpfpipe: runs p: true$/m);
	const shell = `"$0" "$1" up "$2" 2> ${log}`;
	const words = ['-c', shell, process.execPath, bundleOf('bpfpipe'), world.file];
	const child = spawnSync('sh', words, { env: cleanEnv(world.env) });
	assert.is(child.status, 0);
	assert.match(readFileSync(log, 'utf8'), /^\d{4}-\d\d-\d\dT[\d:.]+Z bpfpipe: runs p: true$/m);
});

test.run();
