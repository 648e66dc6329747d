#!/usr/bin/env node
// serve - a live page of what comes in, with an hour of history, and the same for programs and Prometheus
//
// usage:  bpftrace-tail LOG | parse-histogram ... | serve [--listen 127.0.0.1:8080]... [--history 1h] [--max-memory 256M]
// stdin:  records        stdout: text, the address of the page
//
//   /                 the page           /api/v1/metrics, columns, notices, records, stats   what is behind it, as JSON
//   /events           a server-sent event whenever something came, resumable      /api/v1/hollow   with --hollow DIR
//   /metrics          for Prometheus: text, OpenMetrics or native histograms     /health  200, or 503 with its reasons
//
//   --listen ADDRESS  HOST:PORT or the path of a Unix socket, several times; else what systemd opened (LISTEN_FDS)
//   --history 1h      how far back; older than 5 and 15 minutes in steps of 5 s and more, added up, nothing left out
//   --max-memory SIZE of the process: 256M is an hour of 4,500 series of 15 buckets; where more come, steps of a second go
//                     first, then new series
//   --max-series N    how many there may be (10000)      --stale 5m  when a silent series leaves /metrics
//   --base-units      /metrics in seconds, bytes and ratios: cpu_lat_seconds in place of cpu_lat_microseconds
//   --max-age 5m      older data make /health fail, as do silence, sample data alone, and the end of the input
//   --auth-file FILE  lines "token WORD" for programs and "user NAME HASH" for people; read again when it changes
//   --hash-password   print such a HASH for each password on stdin, and end
//   --tls-cert FILE --tls-key FILE    HTTPS; read again at HUP        --allow-origin URL   whose pages may read, or *
//   --hollow DIR      explore the data sets of Hollow in DIR and in the folders below it
//   --insecure        listen to other machines without --auth-file (78 without this)
//   --max-clients N   connections at once (512), a quarter of them from one address
//   --until-eof       end with the input; else the page stays until TERM or another Ctrl-C, and says that it has ended
//
// Nothing is acknowledged (#!pos): the history is memory alone, so after a restart the source is to begin an hour back.
// A counter's first record gives no column, but within 10 s of its `start`; one that fell is a gap, and a notice. More is in
// lib/history/README.md.

import { join } from 'node:path';
import { keeping } from './lib/history/keeping.ts';
import { createExplorer } from './lib/hollow/explore/explorer.ts';
import { addressOf, inheritedAddresses } from './lib/http/address.ts';
import { createGuard } from './lib/http/guard.ts';
import { HttpError } from './lib/http/http-error.ts';
import { hashedPassword } from './lib/http/password.ts';
import { listen } from './lib/http/server.ts';
import { certificateIn } from './lib/http/tls.ts';
import { byteSize, positiveDuration, whole } from './lib/options.ts';
import { SECURITY_HEADERS } from './lib/serve/headers.ts';
import { boundHeap, historyShare } from './lib/serve/memory.ts';
import { createSite } from './lib/serve/site.ts';
import { untilEnded, watchInterrupts } from './lib/serve/stay.ts';
import { stage } from './lib/stage.ts';

const OPTIONS = {
	listen: { type: 'string', multiple: true },
	history: { type: 'string', default: '1h' },
	'max-memory': { type: 'string', default: '256M' },
	'max-series': { type: 'string', default: '10000' },
	stale: { type: 'string', default: '5m' },
	'base-units': { type: 'boolean', default: false },
	'max-age': { type: 'string', default: '5m' },
	'auth-file': { type: 'string' },
	'hash-password': { type: 'boolean', default: false },
	'tls-cert': { type: 'string' },
	'tls-key': { type: 'string' },
	hollow: { type: 'string' },
	'allow-origin': { type: 'string', multiple: true, default: [] as string[] },
	insecure: { type: 'boolean', default: false },
	'max-clients': { type: 'string', default: '512' },
	'until-eof': { type: 'boolean', default: false },
} as const;

const PORT = 8080;
const FINISH_MS = 2000;

stage(import.meta, { options: OPTIONS }, async (context) => {
	const { options, log, count, bad, emit, signal } = context;
	const sinceInterrupt = watchInterrupts();
	if (options['hash-password'])
		return { line: async (password: string, print) => print(await hashedPassword(password)) };
	const inherited = inheritedAddresses(process.env);
	const usual = inherited.length > 0 ? [] : [`127.0.0.1:${PORT}`];
	const named = (options.listen ?? usual).map((one) => addressOf(one, '--listen', PORT));
	const addresses = [...inherited, ...named];
	const certificate = certificateIn(options['tls-cert'], options['tls-key']);
	const guard = createGuard({
		addresses,
		authFile: options['auth-file'],
		allowOrigin: options['allow-origin'],
		isInsecure: options.insecure,
		isEncrypted: certificate !== undefined,
		log,
	});
	boundHeap();
	const site = createSite({
		span: positiveDuration(options.history, '--history'),
		maxBytes: historyShare(byteSize(options['max-memory'], '--max-memory'), '--max-memory'),
		maxSeries: whole(options['max-series'], '--max-series', 1),
		staleMs: positiveDuration(options.stale, '--stale'),
		isBase: options['base-units'],
		maxAgeMs: positiveDuration(options['max-age'], '--max-age'),
		clock: Date.now,
		folder: join(__dirname, 'web'),
		hollow: options.hollow === undefined ? undefined : createExplorer(options.hollow),
		counter: context.counted,
		count,
		onLeftOut: (kind, metric, detail) => {
			// Names of their own: too_long is a line that came in.
			count(`metrics_${kind}`);
			log.warn(`/metrics: ${metric}: ${detail}`, {}, `left out ${kind}`);
		},
	});
	const mostConnections = whole(options['max-clients'], '--max-clients', 4);
	const listening = await listen({
		addresses,
		certificate,
		answer: guard.answer(site.answer),
		refusalOf: () => new HttpError(500, 'server', 'a bug in serve; its log has more'),
		headersFor: (request) => ({ ...SECURITY_HEADERS, ...guard.headersFor(request) }),
		mostConnections,
		mostOfOne: Math.ceil(mostConnections / 4),
		log,
		count,
	});
	for (const url of listening.urls) emit(url);

	return {
		...keeping(site, { bad, count }),
		reopen: () => {
			try {
				certificate?.reload();
			} catch (error) {
				log.error(`${(error as Error).message}; going on with the certificate from before`);
			}
		},
		end: async (how) => {
			site.endInput();
			if (how === 'eof' && !options['until-eof']) await untilEnded({ log, signal, sinceInterrupt });
			site.close();
			await listening.finish(FINISH_MS);
		},
	};
});
