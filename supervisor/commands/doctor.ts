// doctor: looks at this machine, and at what a pipeline file wants of it, and says what to do

import { EXIT } from '../../filters/lib/failure.ts';
import { places } from '../machine/places.ts';
import type { Plan } from '../plan/plan.ts';
import { type Check, machineChecks, type Need } from './prerequisites.ts';
import { probeChecks } from './probes.ts';
import { folderChecks, portChecks, programChecks } from './reach.ts';

/** Whether a stage runs a program, itself or by one of ours. */
const runs = (name: string, program: string): boolean =>
	name === program || name.endsWith(`/${program}`) || (name === 'bpftrace-run' && program === 'bpftrace');

/** How much a plan needs a program; without a plan, what is usual. */
const needOf = (program: string, plan: Plan | undefined, usual: Need): Need => {
	if (!plan) return usual;
	const users = plan.pipelines.flatMap(({ stages }) =>
		stages.filter(({ command }) => runs(command[0]!, program)),
	);
	if (users.length === 0) return 'no';
	return users.some(({ fallback }) => !fallback) ? 'must' : 'may';
};

/** Tools that the limits of a plan's stages are set with. */
const toolsFor = (plan?: Plan): string[] => {
	const limits = (plan?.pipelines ?? []).flatMap(({ stages }) => stages.map((stage) => stage.limits ?? {}));
	return [
		...(limits.some(({ user }) => user) ? ['setpriv'] : []),
		...(limits.some(({ nice }) => nice) ? ['nice'] : []),
		...(limits.some(({ memory }) => memory) ? ['prlimit'] : []),
	];
};

/** Everything that was looked at, in the order in which one would mend it. */
const examine = async (plan: Plan | undefined, fix: boolean, root = '/'): Promise<Check[]> => [
	...machineChecks({
		root,
		fix,
		bpftrace: needOf('bpftrace', plan, 'must'),
		libbpf: needOf('bpf-maps', plan, 'may'),
		tools: toolsFor(plan),
		stages: (plan?.pipelines ?? []).reduce((sum, { stages }) => sum + stages.length, 0),
	}),
	...folderChecks(places(), fix, plan),
	...(plan ? [...programChecks(plan), ...(await probeChecks(plan)), ...(await portChecks(plan))] : []),
];

/** One line a check: `fail bpftrace: not found — apt-get install bpftrace`. */
const checksText = (checks: Check[]): string =>
	checks
		.map(({ name, state, what, todo }) => `${state.padEnd(4)} ${name}: ${what}${todo ? ` — ${todo}` : ''}\n`)
		.join('');

/** Print what was found; the answer is the exit code. */
export const doctor = async (plan: Plan | undefined, fix: boolean, json: boolean): Promise<number> => {
	const checks = await examine(plan, fix);
	const isWell = checks.every(({ state }) => state !== 'fail');
	process.stdout.write(json ? `${JSON.stringify({ well: isWell, checks })}\n` : checksText(checks));
	return isWell ? EXIT.done : EXIT.unavailable;
};
