#!/usr/bin/env node
// kea-stats - what Kea DHCP counts: packets, drops, leases of each subnet, high availability
//
// usage:  kea-stats [--socket [NAME=]PATH]... [--url [NAME=]URL]... [-i 10s] [--once] [options] > records
// stdin:  not read        stdout: records, a print of them each interval
//
//   kea-stats --socket /run/kea/kea4-ctrl-socket
// prints, among others,
//   #!ts 1763712000
//   {"type":"sum","ts":1763712000000,"start":1763711000000,"host":"web1","metric":"kea_packets","unit":"{packet}","attributes":{"service":"dhcp4","direction":"sent","message":"ack"},"temporality":"cumulative","monotonic":true,"value":100}
//   {"type":"gauge","ts":1763712000000,"host":"web1","metric":"kea_utilisation","unit":"1","attributes":{"service":"dhcp4","subnet_id":"1","subnet":"192.0.2.0/24"},"value":0.25}
//
//   --socket PATH     a control socket; whoever runs this needs the right to write to it (often the group of Kea)
//   --url URL         a control agent, with all that is behind it, or a server that speaks HTTP itself
//   --service dhcp4   behind a --url only this; repeatable      --auth-file FILE  NAME:PASSWORD, read again when it changes
//   --ca-file FILE    an issuer to trust, as PEM                NAME=  tells servers of one service apart: attribute server
//   -i, --interval    at whole multiples of it (10s)            --once  one print; 69 when a server is away
//   --timeout 5s      for all answers of one print              --max-answer 64M   --host NAME (this machine's)
//
// Metrics: kea_up, kea_info, kea_packets, kea_dropped (all drops) and kea_drops (those that have a cause), of subnets
// kea_addresses (kind total, assigned, declined), kea_utilisation, kea_assignments, kea_reclaimed, kea_reclaimed_declined,
// kea_allocation_failures, kea_reservation_conflicts; the same of pools (kea_pool_) and of a server (kea_server_); of shared
// networks kea_network_utilisation; kea_ha_state. filters/lib/kea/README.md has all. What is not known is a gauge under its
// own name. Counters have the `start` of Kea's process, or of their reset (notice "reset"). A server that is away, also at
// the start, is kea_up 0 and a notice "away", and is asked again each interval; 77 when one does not let us in at first.

import { hostname } from 'node:os';
import { EXIT, Failure } from './lib/failure.ts';
import { eachStep } from './lib/flow/steps.ts';
import { TARGETS, targetsOf } from './lib/kea/targets.ts';
import { positiveDuration } from './lib/options.ts';
import { timeLine } from './lib/record.ts';
import { source } from './lib/source.ts';

const OPTIONS = {
	...TARGETS,
	interval: { type: 'string', short: 'i', default: '10s' },
	timeout: { type: 'string', default: '5s' },
	host: { type: 'string' },
	once: { type: 'boolean', default: false },
} as const;

source(import.meta, { options: OPTIONS }, async (context) => {
	const { options, log, count, counted, bad, emit, output, signal } = context;
	const stepMs = positiveDuration(options.interval, '--interval');
	const timeoutMs = positiveDuration(options.timeout, '--timeout');
	const targets = targetsOf(options, {
		host: options.host ?? hostname(),
		log,
		count,
		fault: (what) => bad(what),
		timeoutMs,
	});
	const print = async (ts: number) => {
		const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
		const all = await Promise.all(targets.map((target) => target.poll(ts, limit)));
		if (signal.aborted) return;
		emit(timeLine(ts));
		for (const record of all.flat()) emit(record);
		count('prints');
		await output.room();
	};
	if (options.once) {
		await print(Date.now());
		if (counted('away') > 0) throw new Failure(EXIT.unavailable, 'not all of Kea could be had');
		return;
	}
	await eachStep(stepMs, signal, print);
});
