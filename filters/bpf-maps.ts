#!/usr/bin/env node
// bpf-maps - load a compiled BPF object (CO-RE), attach it, and print what its maps count
//
// usage:  bpf-maps NAME.bpf.o [--probe NAME]... [-i 1s] [--annotations NAME.yaml] [options] > records        as root
// stdin:  not read        stdout: records, a print of all maps each interval and one at the end
//
//   bpf-maps dist/bpf/runq-latency.bpf.o
// prints
//   #!ts 1763712000
//   #!start 1763711998.250
//   {"type":"histogram","ts":1763712000000,"start":1763711998250,"host":"web1","metric":"runq_latency","unit":"us","attributes":{},"temporality":"cumulative","buckets":[[0,1,8],[1,2,767],[2,4,515]]}
//
//   --annotations FILE    what the maps mean (NAME.yaml beside the object); bpf/README.md has its grammar
//   --cgroup PATH         count only threads in this cgroup (v2) or below it; repeatable, as the next two; several kinds: all
//   --comm NAME           only threads of this name         --pid PID          only this process and all it has started
//   --probe NAME          only this program of the object; repeatable (those that the annotations name, or all)
//   -i, --interval 1s     at whole multiples of it           --host NAME        of records (this machine's)
//   --pin DIR             a folder in a bpffs that keeps the maps, so that counts go on across restarts
//   --keep-capabilities   do not drop them all after attaching (the program starts itself anew for that, in its process)
//   --check               say what of the object would be read, load nothing
//   --libbpf PATH         the library (libbpf.so.1)
//
// Values of per-CPU maps are added up, exactly; keys and values are read by the types in the object (BTF). What this kernel
// does not offer is left out: a program is told as a notice "missing_probe", a map as "unreadable"; the rest works, and a gauge
// bpf_missing for each of them says so in every print.
//
// Exit 64 when the object has no such filter; 69 when libbpf or koffi cannot be had, the kernel has no BTF, no program can be
// attached, or a cgroup or process is not there; 77 when we may not; 78 when the object or the annotations are wrong, or the
// verifier refuses a program. Then nothing stays attached or pinned.

import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { annotationsOf } from './lib/bpf/annotations.ts';
import { ObjectFault } from './lib/bpf/elf.ts';
import { chosenOf } from './lib/bpf/filters.ts';
import { handedOver, handOver, type State } from './lib/bpf/kernel/handover.ts';
import { libbpfOf } from './lib/bpf/kernel/libbpf.ts';
import { type Loaded, loadObject } from './lib/bpf/kernel/loading.ts';
import { createPrints } from './lib/bpf/kernel/prints.ts';
import { objectOf } from './lib/bpf/object.ts';
import { type Plan, planOf } from './lib/bpf/plan.ts';
import { about, EXIT, Failure } from './lib/failure.ts';
import { eachStep } from './lib/flow/steps.ts';
import { positiveDuration } from './lib/options.ts';
import { announceReady } from './lib/program.ts';
import { startLine, timeLine } from './lib/record.ts';
import { source } from './lib/source.ts';

const OPTIONS = {
	annotations: { type: 'string' },
	probe: { type: 'string', multiple: true },
	interval: { type: 'string', short: 'i', default: '1s' },
	cgroup: { type: 'string', multiple: true },
	comm: { type: 'string', multiple: true },
	pid: { type: 'string', multiple: true },
	host: { type: 'string' },
	pin: { type: 'string' },
	'keep-capabilities': { type: 'boolean' },
	check: { type: 'boolean' },
	libbpf: { type: 'string' },
} as const;

/** What is read of the object, and which programs of it are loaded where nobody chooses others. */
const planFor = (file: string, annotations: string, given: Parameters<typeof chosenOf>[2]) => {
	try {
		const object = objectOf(about(file, () => readFileSync(file)));
		const notes = annotationsOf(annotations);
		const filters = chosenOf(object, notes, given);
		return { plan: planOf(object, notes), programs: notes.programs, filters };
	} catch (error) {
		if (error instanceof ObjectFault) throw new Failure(EXIT.config, `${file}: ${error.message}`);
		throw error;
	}
};

/** The maps of which --pin keeps the counts; a gauge is of now, so those that have nothing else begin anew. */
const keptOf = (plan: Plan): string[] =>
	plan
		.filter(
			({ metrics, troubles }) => troubles.length > 0 || metrics.some(({ metric }) => metric.kind !== 'gauge'),
		)
		.map(({ map }) => map.name);

source(import.meta, { options: OPTIONS, args: [1, 1], isReadyLater: true }, async (context) => {
	const { options, args, log, count, emit, output, signal } = context;
	const file = args[0]!;
	const stepMs = positiveDuration(options.interval, '--interval');
	const beside = file.replace(/(\.bpf)?\.o$/, '.yaml');
	const { cgroup, comm, pid } = options;
	const given = { ...(cgroup && { cgroup }), ...(comm && { comm }), ...(pid && { pid }) };
	const { plan, programs: named, filters } = planFor(file, options.annotations ?? beside, given);
	if (options.check) {
		for (const { map, metrics } of plan)
			for (const { metric } of metrics)
				output.text(`map ${map.name}: ${metric.kind} ${metric.name} (${metric.unit})\n`);
		return;
	}
	const bpf = await libbpfOf(options.libbpf);
	let state: State | undefined = handedOver();
	let loaded: Loaded | undefined;
	if (!state) {
		const programs = options.probe ?? named;
		const maps = plan.map(({ map }) => map.name);
		loaded = loadObject(bpf, { file, programs, maps, filters, pin: options.pin, kept: keptOf(plan) });
		log.info(`attached ${loaded.attached.join(', ')}`);
		const { close, ...rest } = loaded;
		state = rest;
		if (!options['keep-capabilities'] && !signal.aborted) await handOver(bpf, state);
	}
	const prints = createPrints(bpf, plan, state, { host: options.host ?? hostname(), warn: log.warn });
	const print = async (ts: number) => {
		emit(timeLine(ts));
		emit(startLine(prints.start));
		for (const record of prints.at(ts)) emit(record);
		count('prints');
		await output.room();
	};
	announceReady();
	await eachStep(stepMs, signal, print);
	// Before anything is detached, so that what came last is in it.
	await print(Date.now());
	loaded?.close();
});
