#!/usr/bin/env node
// bpftrace-run - run a bpftrace script on a program's own functions, and again whenever that program is started anew
//
// usage:  bpftrace-run --program kea-dhcp4 bpftrace/kea-dhcp4.bt [ARG ...]        as root
// stdin:  not read        stdout: what bpftrace prints, and a notice for what was not measured
//
// The script names functions by the library that they are in, `uprobe:libkea-dhcp++:_ZN3isc4dhcp4Pkt46unpackEv`: not by a
// path, which differs from one machine to the next. Here the files that the process has mapped are put in their places;
// a probe of which this build of the program has no function is left out, and what is lost by that is told. The script's
// line ` * environment: BPFTRACE_STRLEN=24` sets what is not set already. Its
// $1 is the number of the process, $2 and those behind it are ARG.
//
//   --program NAME    the file that the process runs, without its folder; there must be one such process
//   --pid N           that process and no other
//   --host NAME       of notices (default: this machine's name)
//   --check           only say which probes this process offers: 69 when some are left out, 0 when none is
//   --bpftrace PATH   the tracer (bpftrace)
//
// When the process ends, or another file takes its place, bpftrace prints its last figures, and the next process of that
// name is measured from its start on, as soon as it is there. Notices, beside the figures that they are about:
//   {"type":"notice","metric":"kea-dhcp4","kind":"gap","detail":"kea-dhcp4 ended; not measured for at most 3.2 s",...}
//   {"type":"notice","kind":"missing_probe","detail":"lost: the stage \"subnet\", which ...",...}
//
// Exit 69 when no such process runs at the start. A return probe (uretprobe) of a C++ function ends the process as soon as
// an exception passes it, for the unwinder finds no way through the kernel's trampoline: write scripts with entry probes.

import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { about, EXIT, Failure } from './lib/failure.ts';
import { offerOf } from './lib/probes/offer.ts';
import {
	type Fitted,
	fit,
	lostText,
	objectsOf,
	probesOf,
	readScript,
	type Script,
} from './lib/probes/script.ts';
import { type Target, targetOf } from './lib/probes/target.ts';
import { trace } from './lib/probes/tracing.ts';
import { wantedOf } from './lib/probes/wanted.ts';
import { type Notice, timeLine } from './lib/record.ts';
import { source } from './lib/source.ts';

const LOOK_MS = 200;
// What bpftrace says before it has begun; its first print comes when all probes are in place.
const ATTACHING = /^Attaching \d+ probes?\.\.\.\n$/;

const options = {
	program: { type: 'string' },
	pid: { type: 'string' },
	host: { type: 'string' },
	check: { type: 'boolean' },
	bpftrace: { type: 'string', default: 'bpftrace' },
} as const;

const fitted = async (script: Script, { pid }: Target, path: string, tracer: string): Promise<Fitted> => {
	const found = fit(script, await offerOf(tracer, pid, objectsOf(script), probesOf(script)));
	if (found.probes > 0) return found;
	throw new Failure(EXIT.unavailable, `${path}: process ${pid} has none of its functions`);
};

source(import.meta, { options, args: [1, 20] }, async (context) => {
	const { options: given, args, output, log, signal } = context;
	const [path, ...parameters] = args as [string, ...string[]];
	const tracer = given.bpftrace!;
	const script = readScript(
		about(path, () => readFileSync(path, 'utf8')),
		path,
	);
	const wanted = wantedOf(given);
	let target = wanted.find();
	if (!target) {
		throw new Failure(EXIT.unavailable, `no process runs ${wanted.name}; start it, or say --pid N`);
	}
	if (given.check) {
		const found = await fitted(script, target, path, tracer);
		output.text(`${found.probes} probes on ${wanted.name} (process ${target.pid})\n`);
		for (const text of lostText(found)) output.text(`${text}\n`);
		if (found.missing.length > 0) throw new Failure(EXIT.unavailable, 'some probes are left out');
		return;
	}
	const host = given.host ?? hostname();
	const metric = basename(path, '.bt');
	const notice = (kind: string, detail: string) => {
		const ts = Date.now();
		const record: Notice = { type: 'notice', ts, host, metric, kind, count: 1, detail };
		output.text(`${timeLine(ts)}\n${JSON.stringify(record)}\n`);
	};

	/** Measure one process until it ends or we do. */
	const measure = async (one: Target, since: number | undefined) => {
		const found = await fitted(script, one, path, tracer);
		for (const text of lostText(found)) {
			log.warn(`${wanted.name}: ${text}`, {}, text);
			notice('missing_probe', text);
		}
		const own = [String(one.pid), ...parameters];
		const { environment } = script;
		const run = trace(
			{ tracer, script: found.text, parameters: own, environment },
			{
				said: (line) => log.info(`bpftrace: ${line}`),
				lines: (bytes) => {
					if (since !== undefined && !ATTACHING.test(bytes.toString('latin1', 0, 100))) {
						const seconds = ((Date.now() - since) / 1000).toFixed(1);
						notice('gap', `${wanted.name} ended; not measured for at most ${seconds} s`);
						since = undefined;
					}
					output.bytes(bytes);
					if (!output.blocked()) return true;
					output.room().then(run.resume);
					return false;
				},
			},
		);
		log.info(`${found.probes} probes on ${wanted.name} (process ${one.pid})`);
		let isOver = false;
		const ended = run.ended.finally(() => {
			isOver = true;
		});
		ended.catch(() => {});
		while (!isOver && !signal.aborted && targetOf(one.pid)?.life === one.life) {
			await Promise.race([ended, sleep(LOOK_MS, undefined, { signal })]).catch(() => {});
		}
		run.stop();
		await ended;
	};

	let since: number | undefined;
	while (!signal.aborted) {
		if (target) {
			await measure(target, since);
			if (signal.aborted) return;
			since = Date.now();
			log.info(`${wanted.name} ended; waiting for it to be started`);
		} else await sleep(LOOK_MS, undefined, { signal }).catch(() => {});
		target = wanted.find();
	}
});
