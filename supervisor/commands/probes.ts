// probes: which of its script's probes a running program offers to each bpftrace-run of a plan, by what that says itself

import { execFile } from 'node:child_process';
import { EXIT } from '../../filters/lib/failure.ts';
import { ownFile } from '../machine/programs.ts';
import type { Plan, StagePlan } from '../plan/plan.ts';
import { environment } from '../process/process.ts';
import { type Check, lacking, ok } from './prerequisites.ts';
import { lastSaid } from './trial.ts';

const PROGRAM = 'bpftrace-run';
// It lists the functions of each library once.
const LIST_MS = 120_000;

const check = (title: string, { command: [name, ...args], env, fallback }: StagePlan): Promise<Check[]> =>
	new Promise((resolve) => {
		const { file, flags } = ownFile(name!)!;
		const options = { env: environment({ ...env, BPFPIPE_LIFELINE: '' }), timeout: LIST_MS };
		const need = fallback ? 'may' : 'must';
		const words = [...flags, file, '--check', ...args];
		const child = execFile(process.execPath, words, options, (error, stdout, stderr) => {
			const [found, ...lost] = stdout.trimEnd().split('\n');
			if (found === '') {
				const todo =
					error?.code === EXIT.denied
						? 'start this as root to see'
						: 'start that program; its probes are attached when it runs';
				resolve([lacking(title, need, stderr === '' ? 'no answer' : lastSaid(stderr), todo)]);
				return;
			}
			const todo = 'this build of the program has no such function; all else is measured';
			resolve([ok(title, found!), ...lost.map((what) => lacking(title, 'may', what, todo))]);
		});
		child.stdin?.end();
	});

/** A line for each bpftrace-run, and one for each thing that is lost there. */
export const probeChecks = async ({ pipelines }: Plan): Promise<Check[]> => {
	const all = pipelines.flatMap(({ name, stages }) =>
		stages
			.filter(({ command }) => command[0] === PROGRAM && ownFile(PROGRAM))
			.map((stage) => check(`${name}/${stage.name}`, stage)),
	);
	return (await Promise.all(all)).flat();
};
