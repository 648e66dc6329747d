// Whether what is measured can be trusted, by records, notices and the clock.

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createHealth } from '../../../../filters/lib/ebpf/health.ts';
import { beginStream } from '../../../../filters/lib/ebpf/stream.ts';
import { gaugeOf, noticeOf, sumOf } from '../../../data/measures.ts';

const test = suite('ebpf: health');
const TS = 1_763_712_000_000;

const create = () => {
	let ms = 0;
	const health = createHealth(
		() => TS + ms,
		() => ms,
	);
	const at = (later: number) => {
		ms = later;
		const { state, message } = health.now();
		return `${state} ${message}`;
	};
	return { health, at };
};

test('nothing, records, silence, old data, and the end', () => {
	const { health, at } = create();
	assert.is(at(3000), 'UNHEALTHY nothing has come in 3 s');
	health.take(gaugeOf(1, { ts: TS + 3000 }));
	assert.is(at(3000), 'HEALTHY records come');
	assert.is(at(18_000), 'HEALTHY records come');
	assert.is(at(18_001), 'UNHEALTHY no record has come for 15 s');
	assert.not(health.isFlowing());
	health.take(gaugeOf(1, { ts: TS + 63_000 }));
	// Prints a minute apart may be three minutes apart.
	assert.is(at(198_001), 'HEALTHY records come');
	assert.match(at(198_002), /^UNHEALTHY no record/);
	health.take(gaugeOf(1, { ts: TS - 300_000 }));
	assert.match(create().at(0), /^UNHEALTHY/);
	const old = create();
	old.health.take(gaugeOf(1, { ts: TS - 300_001 }));
	assert.is(old.at(0), 'UNHEALTHY the newest data are 300 s old');
	health.endInput();
	assert.is(at(198_002), 'UNHEALTHY the input has ended');
});

test('sample data alone are no health, and beside real ones half of it', () => {
	const { health, at } = create();
	health.take(gaugeOf(1, { ts: TS, synthetic: true }));
	assert.is(at(0), 'UNHEALTHY all of it is sample data');
	health.take(gaugeOf(1, { ts: TS, host: 'web2' }));
	assert.is(at(0), 'DEGRADED some of it is sample data');
	health.take(gaugeOf(1, { ts: TS + 1000 }));
	assert.is(at(0), 'HEALTHY records come');
});

test('what this kernel lacks lasts until the source begins anew; what was lost passes', () => {
	const { health, at } = create();
	health.notice(noticeOf('missing_probe', { ts: TS, metric: 'cache_lookups', detail: 'no tracepoint' }));
	health.take(sumOf(1, { ts: TS + 1, start: TS + 1 }));
	assert.is(at(1), 'DEGRADED missing_probe of cache_lookups: no tracepoint');
	health.take(sumOf(1, { ts: TS + 3_600_000, start: TS + 1 }));
	assert.match(at(3_600_000), /^DEGRADED/);
	health.take(sumOf(1, { ts: TS + 3_601_000, start: TS + 3_600_500 }));
	assert.is(at(3_601_000), 'HEALTHY records come');
	health.notice(noticeOf('lost_events', { ts: TS + 3_601_000, detail: '5' }));
	health.notice(noticeOf('late', { ts: TS + 3_601_000 }));
	assert.is(at(3_601_000), 'DEGRADED lost_events: 5');
	health.take(sumOf(1, { ts: TS + 3_901_000, start: TS + 3_600_500 }));
	assert.is(at(3_901_000), 'HEALTHY records come');
});

test('a stream: at once, each interval, and nothing while its reader has not read', async () => {
	const sent: object[] = [];
	let drain: (() => void) | undefined;
	let [skipped, round] = [0, 0];
	const reader = {
		write: (message: object) => {
			sent.push(message);
			return round < 2;
		},
		onDrain: (resume: () => void) => {
			drain = resume;
		},
		giveUp: () => assert.unreachable(),
	};
	const newest = () => {
		round += 1;
		return [
			{ round, at: 1 },
			{ round, at: 2 },
		];
	};
	const end = beginStream(reader, { intervalMs: 20, newest, onSkipped: () => (skipped += 1) });
	assert.is(sent.length, 2);
	const passes = async (holds: () => boolean) => {
		for (const until = Date.now() + 5000; !holds() && Date.now() < until; )
			await new Promise((resolve) => setTimeout(resolve, 5));
		assert.ok(holds());
	};
	// The second round fills it up, and is still sent whole.
	await passes(() => skipped >= 3);
	assert.is(sent.length, 4);
	drain!();
	round = 0;
	await passes(() => sent.length >= 6);
	end();
	const then = sent.length;
	await new Promise((resolve) => setTimeout(resolve, 80));
	assert.is(sent.length, then);
});

test.run();
