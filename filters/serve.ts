#!/usr/bin/env node
// serve - a live page of what comes in, with an hour of history, and the same for programs and Prometheus
//
// usage:  serve [--listen 127.0.0.1:8080]... [--history 1h] [--max-memory 256M] [--max-series 10000] < records
// stdin:  records        stdout: text, the address of the page

import { join } from 'node:path';
import { createHistory } from './lib/history/history.ts';
import { addressOf } from './lib/http/address.ts';
import { createEvents } from './lib/http/events.ts';
import { checkHost } from './lib/http/host.ts';
import { HttpError } from './lib/http/http-error.ts';
import { listen } from './lib/http/server.ts';
import { byteSize, positiveDuration, whole } from './lib/options.ts';
import type { Measure, Sample } from './lib/record.ts';
import { SECURITY_HEADERS } from './lib/serve/headers.ts';
import { pageIn } from './lib/serve/page.ts';
import { createRoutes } from './lib/serve/routes.ts';
import { createTicker } from './lib/serve/ticker.ts';
import { stage } from './lib/stage.ts';

const OPTIONS = {
	listen: { type: 'string', multiple: true },
	history: { type: 'string', default: '1h' },
	'max-memory': { type: 'string', default: '256M' },
	'max-series': { type: 'string', default: '10000' },
	'until-eof': { type: 'boolean', default: false },
} as const;

const PORT = 8080;
const FINISH_MS = 2000;

stage(import.meta, { options: OPTIONS }, async ({ options, log, count, bad, emit, signal }) => {
	const addresses = (options.listen ?? [`127.0.0.1:${PORT}`]).map((one) => addressOf(one, '--listen', PORT));
	const span = positiveDuration(options.history, '--history');
	const history = createHistory({
		span,
		maxSeries: whole(options['max-series'], '--max-series', 1),
		maxBytes: byteSize(options['max-memory'], '--max-memory'),
		clock: Date.now,
	});
	const events = createEvents();
	const ticker = createTicker(history, events, Date.now);
	const routes = createRoutes({
		history,
		span,
		events,
		ticker,
		remarks: () => [],
		file: pageIn(join(import.meta.dirname ?? __dirname, 'web')),
		health: () => ({ status: 200, body: { status: 'ok' } }),
		scrape: () => ({ status: 501, body: {} }),
	});
	const listening = await listen({
		addresses,
		answer: (request, steps) => {
			checkHost(request, 'use an address of digits');
			return routes(request, steps);
		},
		refusalOf: () => new HttpError(500, 'server', 'a bug in serve; its log has more'),
		headersFor: () => SECURITY_HEADERS,
		log,
		count,
	});
	for (const { name } of addresses) emit(`http://${name}/`);

	const take = (record: Measure | Sample) => {
		const fault = history.take(record);
		if (fault !== '') bad(fault);
		ticker.wake();
	};
	return {
		histogram: take,
		sum: take,
		gauge: take,
		sample: take,
		notice: (record) => {
			history.notice(record);
			ticker.wake();
		},
		record: () => count('left_out'),
		control: (control) => {
			if (control.kind === 'ts') history.time(control.ms);
		},
		end: async (how) => {
			if (how === 'eof' && !options['until-eof'] && !signal.aborted)
				await new Promise((resolve) => signal.addEventListener('abort', resolve));
			ticker.close();
			events.close();
			await listening.finish(FINISH_MS);
		},
	};
});
