// etc/cpu-lat.yaml with rules: from the tracer, or a recording where there is none, to a webhook, with no page.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { leaveWorld, makeWorld } from '../harness/supervised.ts';
import { outcome, ROOT, start } from '../program.ts';
import { taker } from '../servers/taker.ts';

const test = suite('system: alert pipeline');

const RULES = `groups:
  - name: g
    interval: 1s
    rules:
      - { alert: Counted, expr: 'histogram_count(sum by (host) (cpu_lat_microseconds)) > 0' }
      - { alert: Up, expr: 'bpfpipe_up{pipeline="alert", stage="alert"} == 1' }
`;

test('what is measured, and how the pipelines are, come to a webhook as alerts', async () => {
	const world = makeWorld();
	const server = await taker();
	const rules = join(world.dir, 'rules.yml');
	writeFileSync(rules, RULES);
	const set = [`alert.rules=${rules}`, `alert.webhook=${server.url}`, 'page.listen='];
	const args = ['up', join(ROOT, 'etc', 'cpu-lat.yaml'), ...set.flatMap((one) => ['--set', one])];
	const child = start('bpfpipe', args, world.env);
	world.started.add(child);
	const ends = outcome(child);
	const told = () => server.taken.map(({ body }) => JSON.parse(body.toString()).groupLabels.alertname);
	try {
		for (const deadline = performance.now() + 40_000; new Set(told()).size < 2; await sleep(100))
			if (performance.now() > deadline) throw new Error(`not in time: ${told()}`);
		assert.equal([...new Set(told())].sort(), ['Counted', 'Up']);
	} finally {
		child.kill('SIGTERM');
		const { stderr } = await ends;
		await server.close();
		assert.not.match(stderr, /alert.*(?:error|bug|died)/);
	}
	const kept = readFileSync(join(world.dir, 'cpu-lat.alerts.ndjson'), 'utf8');
	assert.match(kept, /"type":"alert".*"alert":"Counted","state":"firing"/);
	assert.match(readFileSync(join(world.dir, 'cpu-lat.alerts.state'), 'utf8'), /"isDelivered":true/);
	await leaveWorld(world);
});

test.run();
