// Which metrics are whose, how a module is by its supervisor and its records, and what may be set.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { createKept } from '../../../../filters/lib/ebpf/kept.ts';
import { createModules, modulesIn } from '../../../../filters/lib/ebpf/modules.ts';
import { type Supervisor, supervisorAt } from '../../../../filters/lib/ebpf/supervisor.ts';
import { Fault } from '../../../../filters/lib/grpc/fault.ts';
import { gaugeOf, histogramOf } from '../../../data/measures.ts';

const test = suite('ebpf: modules');
const folder = mkdtempSync(join(tmpdir(), 'modules-'));
test.after(() => rmSync(folder, { recursive: true }));

const create = (supervisor?: Supervisor, isFlowing = true) => {
	const kept = createKept({
		spanMs: 1000,
		mostRecords: 100,
		moduleOf: (m) => modules.moduleOf(m),
		onCut: () => {},
	});
	const modules = createModules({
		...{ modules: modulesIn(['iomonitor', 'run=runq_,cpu'], '--module'), kept: () => kept },
		...{ isFlowing: () => isFlowing, supervisor },
		settings: { path: join(folder, 'settings'), interval: 'collector.interval' },
	});
	return { modules, kept };
};
const told: string[] = [];
const supervisor = (pipelines: object[]): Supervisor => ({
	status: async () => pipelines as never,
	start: async (name) => void told.push(`start ${name}`),
	stop: async (name) => void told.push(`stop ${name}`),
	reload: async () => void told.push('reload'),
});
const faultOf = async (act: () => Promise<unknown>): Promise<string> => {
	try {
		await act();
	} catch (error) {
		assert.instance(error, Fault);
		return `${(error as Fault).word}: ${(error as Fault).message}`;
	}
	return '';
};

test('names and prefixes; what is none of them', () => {
	assert.equal(modulesIn(['a', 'b=x_,y'], '--module'), [
		{ name: 'a', prefixes: [] },
		{ name: 'b', prefixes: ['x_', 'y'] },
	]);
	for (const texts of [[''], ['a='], ['a=,'], ['1'], ['a', 'a=x'], ['a', 'b'], ['a b']])
		assert.throws(() => modulesIn(texts, '--module'), /^--module: |--module/, texts.join());
});

test('a module is enabled unless its pipeline was stopped, and runs while that is well and records come', async () => {
	const { modules, kept } = create();
	assert.equal(await modules.status(['iomonitor']), [
		...[
			{
				name: 'iomonitor',
				enabled: true,
				running: false,
				last_error: '',
				metric_count: 0,
				last_collected: null,
			},
		],
	]);
	kept.take(gaugeOf(1, { ts: 1500 }));
	kept.take(histogramOf([[0, 1, 1]], { ts: 1500, metric: 'runq_latency' }));
	const all = await modules.status([]);
	assert.equal(
		all.map(({ name, running, metric_count }) => [name, running, metric_count]),
		[
			['iomonitor', true, 1],
			['run', true, 3],
		],
	);
	assert.equal(all[0]!.last_collected, { seconds: '1', nanos: 500_000_000 });
	for (const [pipeline, wanted] of [
		[{ state: 'RUNNING', well: true, why: '' }, [true, true, '']],
		[{ state: 'BACKOFF', well: false, why: 'x died' }, [true, false, 'x died']],
		[{ state: 'STOPPED', well: false, why: 'x is STOPPED' }, [false, false, 'x is STOPPED']],
	] as const) {
		const made = create(supervisor([{ name: 'iomonitor', ...pipeline }]));
		made.kept.take(gaugeOf(1, { ts: 1500 }));
		const [one] = await made.modules.status(['iomonitor']);
		assert.equal([one!.enabled, one!.running, one!.last_error], wanted);
	}
	const silent = create(undefined, false);
	silent.kept.take(gaugeOf(1));
	assert.is((await silent.modules.status(['iomonitor']))[0]!.running, false);
	assert.match(await faultOf(() => modules.status(['nobody'])), /^NOT_FOUND: there is no module "nobody"/);
});

test('a supervisor that does not answer is what is wrong', async () => {
	const { modules } = create(supervisorAt(join(folder, 'nobody.sock')));
	assert.match(
		(await modules.status(['iomonitor']))[0]!.last_error,
		/^the supervisor does not answer: .*ENOENT/,
	);
	assert.match(await faultOf(() => modules.configure('iomonitor', true, '')), /^UNAVAILABLE: /);
});

test('setting a module: off, on, with an interval, and never what was not asked for', async () => {
	const { modules } = create(supervisor([]));
	await modules.configure('iomonitor', false, '');
	await modules.configure('run', true, ' ');
	await modules.configure('iomonitor', true, '{"interval":"500ms"}');
	await modules.configure('iomonitor', true, '{}');
	assert.equal(told, ['stop iomonitor', 'start run', 'reload', 'start iomonitor', 'start iomonitor']);
	assert.equal(parse(readFileSync(join(folder, 'settings'), 'utf8')), { collector: { interval: '500ms' } });
	for (const config of [
		'{',
		'[]',
		'"x"',
		'null',
		'{"interval":"99ms"}',
		'{"interval":"61m"}',
		'{"interval":{}}',
		'{"a":1}',
	])
		assert.match(
			await faultOf(() => modules.configure('iomonitor', true, config)),
			/^INVALID_ARGUMENT: /,
			config,
		);
	assert.is(told.length, 5);
	const { modules: none } = create();
	assert.match(await faultOf(() => none.configure('iomonitor', true, '')), /^PERMISSION_DENIED: .*--control/);
});

/** A supervisor's socket that answers each question with what it is given. */
const answering = async (text: string, act: (asked: Supervisor) => Promise<void>) => {
	const path = join(folder, 'control.sock');
	const heard: string[] = [];
	const server = createServer((socket) => {
		socket.on('error', () => {});
		socket.once('data', (chunk) => {
			heard.push(chunk.toString());
			socket.end(text);
		});
	});
	await new Promise<void>((resolve) => server.listen(path, resolve));
	await act(supervisorAt(path));
	await new Promise((resolve) => server.close(resolve));
	return heard;
};

test('the control socket: one line each way, and whatever it answers is an answer or a Fault', async () => {
	const heard = await answering(
		'{"pipelines":[{"name":"a","state":"RUNNING","well":true,"why":""}]}\n',
		async (one) => {
			assert.equal((await one.status())[0]!.name, 'a');
		},
	);
	assert.equal(heard, ['{"command":"status","targets":[]}\n']);
	assert.equal(await answering('{}\n', (one) => one.stop('a')), ['{"command":"stop","targets":["a"]}\n']);
	for (const [text, wanted] of [
		['{"error":"no pipeline a","code":64}\n', /^FAILED_PRECONDITION: no pipeline a/],
		['x\n', /^UNAVAILABLE: .*JSON/],
		['', /^UNAVAILABLE: .*hung up/],
		['{"pipelines":[', /^UNAVAILABLE: .*hung up/],
		['x'.repeat(2_000_000), /^UNAVAILABLE: .*too much/],
	] as const)
		await answering(text, async (one) => assert.match(await faultOf(() => one.start('a')), wanted));
});

test.run();
