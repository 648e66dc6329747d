#!/usr/bin/env node
// serve-grpc - the I/O sidecar's service for gRPC, banyandb.ebpf.v1, out of what comes in; and the same over HTTP
//
// usage:  bpf-maps iomonitor.bpf.o | derive-io | serve-grpc [--listen 127.0.0.1:9090]... [options]
// stdin:  records        stdout: text, the addresses that it listens at
//
// Calls: GetMetrics, StreamMetrics, GetIOStats, GetModuleStatus, ConfigureModule, GetHealth, with the standard health service
// and reflection beside them. etc/proto/banyandb/ebpf/v1/ebpf.proto has the messages and the paths of HTTP.
//
//   --listen ADDRESS     HOST:PORT or unix:PATH, repeatable      --http ADDRESS     the same calls over HTTP, repeatable
//   --history 10m        how far back a time range may look      --max-records N    kept at most (200000)
//   --module NAME[=PREFIX,...]  a module and the beginnings of its metrics; one without has all others (iomonitor)
//   --tls-cert FILE --tls-key FILE   --client-ca FILE   only clients whose certificate one of these issuers has signed
//   --auth-file FILE     lines "token WORD" for programs and "user NAME HASH" for people, as serve has it
//   --insecure           listen to other machines without --client-ca or --auth-file (78 without this)
//   --max-message 4M     of an answer; a longer one is refused: narrow the question      --linger 1s  as in derive-io
//
// ConfigureModule is off. To allow it, give all of
//   --control SOCKET     the control socket of the supervisor, whose pipelines are called as the modules
//   --configure-token-file FILE     a token that these calls must bear
//   --settings-file FILE [--interval-setting collector.interval]    what an interval is written to before a reload
//
// Values are doubles there, counters as Prometheus names them, a histogram one metric a bucket ("le" inclusive). GetIOStats
// counts from the start of iomonitor's counts, in a time range what was counted in it. A stream tells the newest at once and
// each interval; a slow client misses rounds and never queues more than one. Nothing is acknowledged (#!pos); it ends with
// its input.

import { createCalls } from './lib/ebpf/calls.ts';
import { createDoors } from './lib/ebpf/doors.ts';
import { createHealth } from './lib/ebpf/health.ts';
import { intakeFor } from './lib/ebpf/intake.ts';
import { createIOCounts } from './lib/ebpf/io-stats.ts';
import { createKept } from './lib/ebpf/kept.ts';
import { createModules, modulesIn } from './lib/ebpf/modules.ts';
import { createRest } from './lib/ebpf/rest.ts';
import { createService } from './lib/ebpf/service.ts';
import { supervisorAt } from './lib/ebpf/supervisor.ts';
import { credentialsOf, startGrpc } from './lib/grpc/server.ts';
import { addressOf } from './lib/http/address.ts';
import { createGuard } from './lib/http/guard.ts';
import { HttpError } from './lib/http/http-error.ts';
import { listen } from './lib/http/server.ts';
import { certificateIn } from './lib/http/tls.ts';
import { byteSize, positiveDuration, whole } from './lib/options.ts';
import { version } from './lib/program.ts';
import { stage } from './lib/stage.ts';

const OPTIONS = {
	listen: { type: 'string', multiple: true, default: ['127.0.0.1:9090'] as string[] },
	http: { type: 'string', multiple: true, default: [] as string[] },
	history: { type: 'string', default: '10m' },
	'max-records': { type: 'string', default: '200000' },
	module: { type: 'string', multiple: true, default: ['iomonitor'] as string[] },
	'tls-cert': { type: 'string' },
	'tls-key': { type: 'string' },
	'client-ca': { type: 'string' },
	'auth-file': { type: 'string' },
	insecure: { type: 'boolean', default: false },
	'max-message': { type: 'string', default: '4M' },
	linger: { type: 'string', default: '1s' },
	control: { type: 'string' },
	'configure-token-file': { type: 'string' },
	'settings-file': { type: 'string' },
	'interval-setting': { type: 'string', default: 'collector.interval' },
} as const;

const [GRPC_PORT, HTTP_PORT] = [9090, 8080];
const LONGEST_QUESTION = 64 * 1024;
const FINISH_MS = 2000;

stage(import.meta, { options: OPTIONS }, async (context) => {
	const { options, log, count, emit } = context;
	const { 'tls-cert': cert, 'tls-key': key, 'client-ca': clientCa, 'auth-file': authFile } = options;
	const addresses = options.listen.map((one) => addressOf(one, '--listen', GRPC_PORT));
	const webAddresses = options.http.map((one) => addressOf(one, '--http', HTTP_PORT));
	const spanMs = positiveDuration(options.history, '--history');
	const isEncrypted = cert !== undefined;
	const doors = createDoors({
		...{ addresses, authFile, isEncrypted, log, isInsecure: options.insecure },
		...{ configureFile: options['configure-token-file'], areClientsKnown: clientCa !== undefined },
	});
	const certificate = webAddresses.length === 0 ? undefined : certificateIn(cert, key);
	const guard = createGuard({
		...{ addresses: webAddresses, authFile, allowOrigin: [], isInsecure: options.insecure, isEncrypted, log },
	});
	const credentials = credentialsOf({ cert, key, clientCa });
	const health = createHealth(Date.now, () => performance.now());
	const settings = options['settings-file'];
	const modules = createModules({
		modules: modulesIn(options.module, '--module'),
		kept: () => kept,
		isFlowing: health.isFlowing,
		supervisor: options.control === undefined ? undefined : supervisorAt(options.control),
		settings: settings === undefined ? undefined : { path: settings, interval: options['interval-setting'] },
	});
	const kept = createKept({
		spanMs,
		mostRecords: whole(options['max-records'], '--max-records', 1),
		moduleOf: modules.moduleOf,
		onCut: () => {
			count('cut');
			log.warn('--max-records: there is no room for all of --history; the oldest go first', {}, 'cut');
		},
	});
	const counts = createIOCounts(spanMs);
	const service = createService({ kept, counts, modules, health: health.now, version, clock: Date.now });
	const isWell = () => health.now().state !== 'UNHEALTHY';
	const calls = createCalls({ service, doors, isWell, log, count });
	const grpc = await startGrpc({
		...{ addresses, credentials, services: calls.services },
		...{ mostReceived: LONGEST_QUESTION, mostSent: byteSize(options['max-message'], '--max-message') },
	});
	for (const name of grpc.names) emit(`grpc://${name}`);
	const { checkConfigure } = doors;
	const onSkipped = () => count('rounds_skipped');
	const web = await listen({
		...{ addresses: webAddresses, certificate, log, count },
		answer: guard.answer(createRest({ service, checkConfigure, onSkipped })),
		refusalOf: () => new HttpError(500, 'server', 'a bug in serve-grpc; its log has more'),
		headersFor: guard.headersFor,
	});
	for (const url of web.urls) emit(url);

	return {
		...intakeFor(context, { kept, counts, health }, positiveDuration(options.linger, '--linger')),
		end: async () => {
			health.endInput();
			calls.close();
			await Promise.all([grpc.finish(FINISH_MS), web.finish(FINISH_MS)]);
		},
	};
});
