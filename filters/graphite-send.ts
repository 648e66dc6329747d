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
//   --uri           repeated, or a list a,b,c: the first server that can be had gets everything, and is gone back to when
//                   it is up again (default localhost, port 2003, with pickle 2004)
//   --retry-max     attempts are 0.2 s apart, doubling to this
//   --window        what was sent is kept so long after the server's kernel has it, and sent again if the connection is
//                   lost meanwhile. A server that hangs for longer and is then killed takes along what its kernel
//                   acknowledged and it never read: no sender can know, and a longer window covers a longer hang
//   --stall         a server that acknowledges nothing for so long has lost the connection
//   --drain         how long the end, or TERM, may take: what waits is sent, and the server closes its side
//   --ack FILE      (or BPFPIPE_ACK) an outage loses nothing: while the server is away nothing is read, so the log is the
//                   queue. A barrier (#!pos) goes into FILE once everything before it is delivered; the next run reads
//                   the rest again, so the exit is 0
//   --queue         without --ack: so many points wait in memory (about 250 bytes each), then the oldest are dropped
//                   (counter "dropped"); the exit is 69 when some are left at the end
//   --create-rate   carbon makes 50 new files a minute and throws away other new series; here a new one begins only at
//                   that pace (--create-burst at once) and its points wait. With --ack, FILE.series has those that
//                   carbon has: remove it when carbon starts over with an empty store
// A line that is no point is counted (bad), reported and skipped. USR1 shows what waits, and for how long.

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
