#!/usr/bin/env node
// graphite-send - lines to Graphite (carbon) over one TCP connection that survives outages
//
// usage:  graphite-send [--uri HOST[:PORT]]... [--protocol text|pickle] [--ack FILE] [--create-rate 50/min]
//                       [--create-burst 1] [--window 10s] [--drain 5s] [--queue 1000000] [--connect-timeout 5s]
//                       [--retry-max 30s] [--stall 60s] < lines
// stdin:  Graphite lines        stdout: nothing
//
//   web1.cpu-lat.4 17 1763712000
// is sent as it is, or with --protocol pickle as (path, (time, value)) in frames of many points.
//
// Every line is checked first: three words, a path that carbon can keep in its own folder, a finite number, whole
// seconds. Others are counted (bad), reported, and skipped. --uri may be repeated or a list a,b,c: the first server
// that can be had gets everything; when it fails the next is tried, and every --retry-max the first is looked for and
// gone back to. Default localhost, port 2003, with pickle 2004. Attempts are 0.2 s apart, doubling to --retry-max; a
// server that hangs up within 5 s counts as one that cannot be had.
//
// Delivery: carbon confirms nothing. So what was sent is kept until the server's kernel has acknowledged it and the
// connection has stayed up and unblocked for --window after that; when it is lost before, all of that is sent again,
// in order and before anything newer. Graphite keeps the last value of a time, so repeats do no harm. Up to 64 MiB
// are kept; more waits. A server that closes a connection in order, because it was idle, and takes another one at
// once is as good as one that kept it. One that acknowledges nothing for --stall has lost the connection.
// A server whose process hangs for longer than --window and is then killed takes along what its kernel acknowledged and
// it never read: no sender can know; a longer --window covers a longer hang. At end of input and TERM what waits is sent, then our side is closed, and the server closes
// its own when it has read everything: that confirms the rest. Both take at most --drain.
// --ack FILE (or BPFPIPE_ACK): nothing is lost in an outage. While the server is away or does not read, neither do we;
// the log is the queue. A barrier (#!pos) goes into FILE once everything before it is delivered as above. What is not
// confirmed at the end is read again by the next run, so the exit is 0.
// Without: up to --queue points wait in memory (250 bytes each, say), then the oldest are dropped (counter "dropped").
// Points not delivered at the end, or lost with the connection then, are counted, and the exit is 69.
// What waits for more than a minute is logged once a minute with its age; USR1 shows it at any time.
//
// --create-rate: carbon makes 50 new files a minute and throws away the points of other new series. Here a new series
// begins only at that pace (after --create-burst at once) and its points wait in order; the others go on. With --ack
// the series that carbon has are kept in FILE.series; remove that when carbon starts over with an empty store.

import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { ackFileOf, writeAck } from './lib/disk/ack.ts';
import { EXIT, Failure } from './lib/failure.ts';
import { createPacing, createRate } from './lib/graphite/pacing.ts';
import { parsePoint } from './lib/graphite/point.ts';
import { createSender } from './lib/graphite/sender.ts';
import { excerpt } from './lib/log.ts';
import { duration, hostPort, oneOf, positiveDuration, whole } from './lib/options.ts';
import { stage } from './lib/stage.ts';

const OPTIONS = {
	uri: { type: 'string', multiple: true },
	protocol: { type: 'string', default: 'text' },
	ack: { type: 'string' },
	'create-rate': { type: 'string' },
	'create-burst': { type: 'string', default: '1' },
	window: { type: 'string', default: '10s' },
	drain: { type: 'string', default: '5s' },
	queue: { type: 'string', default: '1000000' },
	'connect-timeout': { type: 'string', default: '5s' },
	'retry-max': { type: 'string', default: '30s' },
	stall: { type: 'string', default: '60s' },
} as const;

const PORT = { text: 2003, pickle: 2004 } as const;

const seriesIn = (file: string): string[] =>
	file !== '' && existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];

stage(import.meta, { options: OPTIONS }, ({ options, log, count, bad, fail, signal }) => {
	const protocol = oneOf(options.protocol, '--protocol', ['text', 'pickle'] as const);
	const ack = ackFileOf(options.ack) ?? '';
	const seriesFile = ack && options['create-rate'] ? `${ack}.series` : '';
	const drainMs = duration(options.drain, '--drain');
	const sender = createSender({
		servers: (options.uri ?? ['localhost'])
			.flatMap((list) => list.split(','))
			.map((server) => hostPort(server.replace(/^tcp:\/\//, ''), '--uri', PORT[protocol])),
		protocol,
		connectTimeoutMs: positiveDuration(options['connect-timeout'], '--connect-timeout'),
		retryMaxMs: positiveDuration(options['retry-max'], '--retry-max'),
		windowMs: duration(options.window, '--window'),
		stallMs: positiveDuration(options.stall, '--stall'),
		most: whole(options.queue, '--queue', 1),
		holds: ack !== '',
		pacing: options['create-rate']
			? createPacing({
					perMinute: createRate(options['create-rate'], '--create-rate'),
					burst: whole(options['create-burst'], '--create-burst', 1),
					known: seriesIn(seriesFile),
				})
			: undefined,
		log,
		count,
		onConfirmed: (position) => writeAck(ack, position),
		onBegun: (paths) => {
			if (seriesFile) appendFileSync(seriesFile, `${paths.join('\n')}\n`);
		},
		onFailure: fail,
	});
	signal.addEventListener('abort', sender.release);

	return {
		line: (line) => {
			if (line === '') return;
			const point = parsePoint(line);
			if (typeof point === 'string') return bad(`${point}: ${excerpt(line)}`);
			sender.push(point.text);
			return sender.room();
		},
		control: (control) => {
			if (control.kind === 'pos' && ack) sender.barrier(control.position);
		},
		end: async () => {
			const { waiting, unconfirmed } = await sender.finish(drainMs);
			const left = waiting + unconfirmed;
			if (left === 0) return;
			if (ack) return log.info(`${left} points are not confirmed; the next run reads them again`);
			const text = `${waiting} points were not delivered, ${unconfirmed} more were not confirmed`;
			if (waiting > 0) throw new Failure(EXIT.unavailable, text);
			log.warn(text);
		},
	};
});
