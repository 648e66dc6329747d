#!/usr/bin/env node
// alert - alerts out of records, by rules as Prometheus has them, to a webhook, an Alertmanager or a program
//
// usage:  alert RULES [--webhook URL | --webhook-file FILE] [--alertmanager URL] [--command PROGRAM [-- ARG...]]
//               [--only] [--state FILE] [--interval 15s] [--repeat 4h] [--grace 5s] [--event-time] [--ack FILE] [--jobs 4]
//               [--token-file FILE | --user-file FILE] [--ca-file FILE] [--header 'NAME: VALUE']... [--external-url URL]
//               [--timeout 30s] [--retry-max 30s] [--drain 30s] [--max-series 10000] [--max-alerts 1000] < records
//         alert --check RULES          prints each rule as it is understood
// stdin:  records        stdout: records, all that came in as it came, and one of type alert for each change of an alert
//
//   - {alert: Hot, expr: 'temp{room="a"} > 30', for: 1m, annotations: {summary: '{{ $labels.room }} has {{ $value }}', bpfpipe_resolve: '< 25'}}
// in a rule file gives, a minute after the first 31,
//   {"type":"alert","ts":1763712060000,"host":"web1","metric":"temp","alert":"Hot","state":"firing","labels":{...},"annotations":{"summary":"a has 31"},"value":31,"starts_at":1763712060000}
//
// States are pending, firing, resolved, and inactive where a pending one came to nothing. A rule is worked out on multiples
// of its interval, by the time of the records; where none comes, by the clock (not with --event-time), --grace behind it.
// Rules select by the record's own name, or by its name in Prometheus. filters/lib/alert/README.md has the grammar.
//   --webhook    Alertmanager's payload, version 4. --repeat: what still fires is told again. BPFPIPE_ALERT_TOKEN is a token too
//   --command    gets the record on stdin and ALERT_NAME, ALERT_STATE ... in its environment; no shell; --timeout ends it
//   --only       prints alerts and what is wrong with them, not what came in
//   --state      keeps alerts, and what is not delivered, over a restart; without it they begin anew. HUP reads RULES again
//   --ack FILE   a barrier (#!pos) goes into FILE, and on, when what it stands for was delivered and no rule looks back behind
//                it. Only this option: BPFPIPE_ACK is for the stage that comes last
// What is never delivered is counted and a notice "undelivered". What rules cannot see (--max-series, ...) is one as well.

import { Barriers, type Held } from './lib/alert/barriers.ts';
import { createClock } from './lib/alert/clock.ts';
import { createDispatch } from './lib/alert/deliver/dispatch.ts';
import { openReceivers, RECEIVERS } from './lib/alert/deliver/receivers.ts';
import { keeperOf } from './lib/alert/deliver/state-file.ts';
import { described } from './lib/alert/description.ts';
import { Engine } from './lib/alert/engine.ts';
import { createIntake } from './lib/alert/intake.ts';
import { readRules } from './lib/alert/rules.ts';
import { writeAck } from './lib/disk/ack.ts';
import { describe, EXIT, Failure } from './lib/failure.ts';
import { duration, positiveDuration, whole } from './lib/options.ts';
import type { Context } from './lib/program.ts';
import { END_LINE } from './lib/record.ts';
import { source } from './lib/source.ts';
import { type Handlers, stage } from './lib/stage.ts';

const OPTIONS = {
	...RECEIVERS,
	check: { type: 'boolean' },
	only: { type: 'boolean', default: false },
	state: { type: 'string', default: '' },
	interval: { type: 'string', default: '15s' },
	grace: { type: 'string', default: '5s' },
	'event-time': { type: 'boolean', default: false },
	ack: { type: 'string', default: '' },
	drain: { type: 'string', default: '30s' },
	'max-series': { type: 'string', default: '10000' },
	'max-alerts': { type: 'string', default: '1000' },
} as const;

type Alerting = Context<typeof OPTIONS>;

// Whoever sends TERM waits only so long before it sends KILL; and where what waits is kept, nobody need wait for it.
const [TERM_MS, KEPT_MS] = [4000, 1000];
const TICK_MS = 1000;

const groupsOf = ({ args, options }: Alerting) =>
	readRules(args[0]!, positiveDuration(options.interval, '--interval'));

const watch = (context: Alerting): Handlers => {
	const { args, options, count, log, emit, bad, output, fail } = context;
	const mostAlerts = whole(options['max-alerts'], '--max-alerts', 1, 100_000);
	const mostSeries = whole(options['max-series'], '--max-series', 1);
	const [graceMs, drainMs] = [positiveDuration(options.grace, '--grace'), duration(options.drain, '--drain')];
	const engine = new Engine({
		groups: groupsOf(context),
		...{ mostSeries, mostAlerts, count },
		onRecord: (record) => {
			emit(record);
			if (record.type === 'alert') dispatch.push(record);
		},
	});
	const receivers = openReceivers({ ...context, words: args.slice(1), mostAlerts });
	const dispatch = createDispatch({ receivers, onNotice: emit, log, count });
	const keeper = keeperOf(options.state, { engine, dispatch, isLive: !options['event-time'] });
	const isBlocked = () => output.blocked();
	const clock = options['event-time'] ? undefined : createClock({ engine, graceMs, isBlocked });
	const barriers = new Barriers({
		reachMs: () => engine.reachMs,
		isKept: options.state !== '',
		now: () => engine.now() ?? 0,
		oldest: () => engine.oldest(),
		pushed: dispatch.pushed,
		settled: dispatch.settled,
	});
	const goOn = (held: Held | undefined) => {
		if (!held) return;
		keeper.write();
		emit(held.line);
		if (options.ack !== '') writeAck(options.ack, held.position);
	};
	const tick = () => {
		goOn(barriers.release());
		keeper.tick();
	};
	const timer = setInterval(() => {
		try {
			tick();
		} catch (error) {
			fail(error);
		}
	}, TICK_MS);
	const pass = options.only ? () => {} : emit;
	const intake = createIntake({ engine, clock, pass, bad, count });
	return {
		line: intake.line,
		reopen: () => {
			try {
				engine.reload(groupsOf(context));
				log.info(`${args[0]} is read again`);
			} catch (error) {
				log.error(`${describe(error)}; the rules of before stay`);
			}
		},
		control: (control, line) => {
			if (control.kind === 'pos') return barriers.hold(line, control.position);
			if (control.kind === 'ts') intake.time(control.ms);
			if (line === END_LINE) {
				engine.finish();
				goOn(barriers.last());
			} else goOn(barriers.release());
			pass(line);
		},
		end: async (how) => {
			clearInterval(timer);
			if (!context.isReadAgain()) engine.finish();
			const most = how === 'term' ? Math.min(drainMs, TERM_MS) : drainMs;
			const left = await dispatch.finish(options.state === '' ? most : Math.min(most, KEPT_MS));
			goOn(barriers.release());
			keeper.write();
			if (left.length === 0) return;
			if (options.state !== '') return log.info(`${left.length} alerts wait; the next run delivers them`);
			throw new Failure(EXIT.unavailable, `${left.length} alerts were not delivered`);
		},
	};
};

const printRules = async (context: Alerting) => {
	for (const line of described(groupsOf(context))) context.emit(line);
};

const USAGE = { options: OPTIONS, args: [1, 64] as [number, number] };
if (process.argv.includes('--check')) source(import.meta, USAGE, printRules);
else stage(import.meta, USAGE, watch);
