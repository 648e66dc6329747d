#!/usr/bin/env node

// bpfpipe - run pipelines of filters from one YAML file, restart what dies, lose nothing on the way
//
// usage:  bpfpipe up FILE.yaml [PIPELINE ...]        run in the foreground until TERM or Ctrl-C
//         bpfpipe check FILE.yaml [PIPELINE ...]     check the file and print what would run
//         bpfpipe status FILE.yaml [PIPELINE ...]    ask the running supervisor; exit 0 only when all is well
//         bpfpipe graph FILE.yaml [PIPELINE ...]     draw it: lines of stages, and the logs in which they meet
//         bpfpipe doctor [FILE.yaml]                 look at this machine: is there what pipelines need?
//         bpfpipe completion bash|zsh                a script for the shell; source <(bpfpipe completion bash)
//         bpfpipe start|stop|restart FILE.yaml [PIPELINE[/STAGE] ...]   all, or these; returns when it is done
//         bpfpipe reload FILE.yaml                   read the file again and apply only the difference
//         bpfpipe logs [-f] FILE.yaml [PIPELINE[/STAGE] ...]     the last lines that stages said; -f follows
//         bpfpipe list                               the supervisors that run on this machine
//         bpfpipe version
//
// Without PIPELINE every pipeline whose "when" holds; with it those alone, as a supervisor of its own, so that
// one file can be run in two parts with different rights.
//
//   -s, --set KEY=VALUE     override one of the file's settings; may be repeated
//       --settings FILE     override settings from a YAML file of the same shape; of several the last wins
//       --no-fallback       fail where a stage cannot be had, instead of running its fallback
//       --fail-fast         up: the first stage that fails ends everything, with its exit code
//       --no-self-metrics   up: keep no records of the supervisor's own (LOGS/NAME.self.ndjson, every 15 s)
//   -w, --watch             status again every second, until Ctrl-C
//       --wait              start, restart: until all of it has run for 2 s; 69 when some of it dies before
//   -f, --follow            logs: go on with what is said from now on
//       --since MOMENT      logs: not what was said before 10m (ago), 09:15, or 2026-01-31T09:15Z
//   -n, --lines N           logs: at most the last N lines
//       --json              status, list, reload, logs and doctor as JSON
//       --mermaid           graph: as Mermaid flowchart text
//       --fix               doctor: mend what it can, as root
//       --log-level LEVEL   error, warn, info (default) or debug      --log-format text|json
//
// A file in brief; etc/ has complete ones:
//
//   settings: { log: /var/log/cpu-lat.log }
//   pipelines:
//     graphite:
//       delivery: at-least-once         # or best-effort, the default
//       restart_delay: 200ms..30s       # shortest to longest; these are the defaults
//       stages:
//         - bpftrace-tail ${log}
//         - parse-histogram --metric cpu-lat --unit us
//         - every 15s
//         - graphite-line
//         - graphite-send --uri localhost
//
// A stage is a command, or a map with run and any of name, shell: true, fallback, hint, env, grace, user, cwd, nice,
// memory_max; env, grace and user may stand beside delivery, restart, retry, late and when, for every stage. There is no
// shell unless asked for, and then settings are $SETTING_LOG and the like, never text in its line.
//
// signals: TERM, INT stop in order · HUP every stage of ours reopens its files · USR1 its counters
// Stopping one stage leaves its neighbours up; what comes down waits in the pipe. A stage of an at-least-once
// pipeline that is started again begins, with all the others, at the ack.
// exit: 0 done or stopped · 64 usage · 69 not running, or not all well · 77 only root may · 78 bad file; reload then
// changed nothing

import { fstatSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { EXIT, Failure, verdict } from '../filters/lib/failure.ts';
import { type Book, type Log, logFor, writeStderr } from '../filters/lib/log.ts';
import { whole } from '../filters/lib/options.ts';
import { headerOf } from '../filters/lib/program.ts';
import manifest from '../package.json' with { type: 'json' };
import { check, checkOptions } from './commands/check.ts';
import { operate, type Period, reload, showLogs, showStatus, watchStatus } from './commands/client.ts';
import { candidates, completionScript } from './commands/completion.ts';
import { doctor } from './commands/doctor.ts';
import { graphMermaid, graphText } from './commands/graph.ts';
import { list } from './commands/list.ts';
import { momentOf } from './commands/moment.ts';
import { underInit } from './daemon/init.ts';
import { createOutlet } from './daemon/outlet.ts';
import { up } from './daemon/up.ts';
import { type Checked, loadChecked } from './file/config.ts';
import { refusal } from './machine/limits.ts';
import { places } from './machine/places.ts';
import { SHARE } from './machine/programs.ts';
import { only } from './plan/part.ts';
import type { Plan } from './plan/plan.ts';

const OPTIONS = {
	set: { type: 'string', short: 's', multiple: true },
	settings: { type: 'string', multiple: true },
	'no-fallback': { type: 'boolean' },
	'fail-fast': { type: 'boolean' },
	'no-self-metrics': { type: 'boolean' },
	watch: { type: 'boolean', short: 'w' },
	follow: { type: 'boolean', short: 'f' },
	since: { type: 'string' },
	lines: { type: 'string', short: 'n' },
	wait: { type: 'boolean' },
	json: { type: 'boolean' },
	mermaid: { type: 'boolean' },
	fix: { type: 'boolean' },
	'log-level': { type: 'string' },
	'log-format': { type: 'string' },
	help: { type: 'boolean', short: 'h' },
	version: { type: 'boolean', short: 'V' },
} as const;

const parse = () => {
	try {
		return parseArgs({ options: OPTIONS, allowPositionals: true });
	} catch (error) {
		throw new Failure(EXIT.usage, `${(error as Error).message.split('. ')[0]}; see bpfpipe --help`);
	}
};
type Values = ReturnType<typeof parse>['values'];

const checkedFrom = ([file, ...names]: string[], values: Values): Checked => {
	if (file === undefined)
		throw new Failure(EXIT.usage, 'a pipeline file is missing, for example etc/cpu-lat.yaml');
	const { state, logs } = places();
	const builtin = { 'bpfpipe.share': SHARE, 'bpfpipe.state': state, 'bpfpipe.logs': logs };
	const checked = loadChecked(file, {
		builtin,
		settingsFiles: values.settings ?? [],
		env: process.env,
		set: values.set ?? [],
	});
	return names.length === 0 ? checked : { ...checked, plan: only(checked.plan, names) };
};
const planFrom = (target: string[], values: Values): Plan => checkedFrom(target, values).plan;

/** The plan to run: what its stages ask for must be ours to give, and what is doubtful is logged. */
const planToRun = (target: string[], values: Values, log: Log): Plan => {
	const { plan, warnings } = checkedFrom(target, values);
	for (const { name, stages } of plan.pipelines) {
		for (const { name: stage, limits } of stages) {
			const refused = refusal(limits ?? {});
			if (refused?.code === EXIT.denied)
				throw new Failure(refused.code, `${name}/${stage}: ${refused.message}`);
		}
	}
	for (const warning of warnings) log.warn(warning);
	return plan;
};

const periodOf = ({ since, lines, follow = false }: Values): Period => ({
	follow,
	...(since === undefined ? {} : { since: momentOf(since, Date.now()) }),
	...(lines === undefined ? {} : { lines: whole(lines, '--lines') }),
});

/** The commands that a running supervisor answers; undefined for any other. */
const asked = (
	command: string | undefined,
	target: string[],
	values: Values,
): Promise<number> | undefined => {
	const { json = false } = values;
	switch (command) {
		case 'list':
			return list(json);
		case 'status':
			return (values.watch ? watchStatus : showStatus)(target, json);
		case 'start':
		case 'stop':
		case 'restart':
			return operate(target, command, json, values.wait === true && command !== 'stop');
		case 'reload':
			return reload(target, json);
		case 'logs':
			return showLogs(target, periodOf(values), json);
	}
};

const manual = (): string => headerOf(readFileSync(import.meta.filename, 'utf8'));

const completion = ([shell, ...words]: string[], values: Values): number => {
	const names = (file: string) => planFrom([file], values);
	const text =
		shell === 'words'
			? candidates(manual(), words, names)
					.map((word) => `${word}\n`)
					.join('')
			: completionScript(shell);
	process.stdout.write(text);
	return EXIT.done;
};

const graph = (target: string[], values: Values): number => {
	const plan = planFrom(target, values);
	process.stdout.write(values.mermaid ? graphMermaid(plan) : graphText(plan));
	return EXIT.done;
};

const upWith = (target: string[], values: Values, log: Book): Promise<number> =>
	up(planToRun(target, values, log), log, {
		fallbacks: !values['no-fallback'],
		failFast: values['fail-fast'] ?? false,
		selfMetrics: !values['no-self-metrics'],
		// What runs is not given up for what could not run.
		reread: async () => {
			await checkOptions(checkedFrom(target, values));
			return planToRun(target, values, log);
		},
	});

const run = async (target: string[], values: Values): Promise<number> => {
	const outlet = createOutlet();
	// A journal and a terminal's reader know the time; in a file nobody else notes it.
	const more = { write: outlet.write, times: fstatSync(2).isFile() };
	const log = logFor('bpfpipe', values['log-level'], values['log-format'], more);
	try {
		return await (underInit(log) ?? upWith(target, values, log));
	} finally {
		log.settle();
		await outlet.close();
	}
};

const main = async (): Promise<number> => {
	const { values, positionals } = parse();
	const [command, ...target] = positionals;
	if (values.help || command === 'help') {
		process.stdout.write(manual());
		return EXIT.done;
	}
	if (values.version || command === 'version') {
		process.stdout.write(`bpfpipe ${manifest.version}\n`);
		return EXIT.done;
	}
	switch (command) {
		case 'up':
			return run(target, values);
		case 'check':
			return check(checkedFrom(target, values));
		case 'completion':
			return completion(target, values);
		case 'doctor': {
			const plan = target.length > 0 ? planFrom(target, values) : undefined;
			return doctor(plan, values.fix === true, values.json === true);
		}
		case 'graph':
			return graph(target, values);
		default: {
			const answered = asked(command, target, values);
			if (answered) return answered;
			const fault = command ? `unknown command "${command}"` : 'a command is missing';
			throw new Failure(EXIT.usage, `${fault}; see bpfpipe --help`);
		}
	}
};

main().then(
	(code) => {
		process.exitCode = code;
		// Held descriptors and idle sockets are no reason to stay.
		process.stdout.write('', () => process.exit());
	},
	(error) => {
		const { code, message, stack } = verdict(error);
		// What a file says must not move a terminal's cursor.
		for (const line of message.split('\n'))
			writeStderr(`bpfpipe: ${line.replace(/[\x00-\x1f\x7f]/g, '?')}\n`);
		if (stack) writeStderr(`${stack}\n`);
		process.exit(code);
	},
);
