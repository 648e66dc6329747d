// fleet: all pipelines of one supervisor: started, stopped, replaced and asked together

import { EXIT, Failure } from '../filters/lib/failure.ts';
import type { Log } from '../filters/lib/log.ts';
import type { PipelinePlan, Plan } from './config.ts';
import type { Answer, Request } from './control.ts';
import { type Difference, difference } from './difference.ts';
import type { Pipeline } from './pipeline.ts';
import { createQueue } from './queue.ts';
import { createRing, type Ring, type Said } from './ring.ts';
import type { Status } from './status.ts';

export type Fleet = {
	pipelines: () => Pipeline[];
	start: () => Promise<void>;
	stop: () => Promise<void>;
	status: () => Status;
	/** Every line that a stage says; kept for `logs`, and passed on to whoever follows. */
	hear: (said: Said) => void;
	/** What the control socket is asked. */
	answer: Answer;
};

/** What the fleet needs: how to make a pipeline, and how to read its file again. */
export type Making = { create: (plan: PipelinePlan) => Pipeline; reread: () => Plan; log: Log };

type Act = 'start' | 'stop' | 'restart';

/** The fleet of `plan`; nothing is started yet. */
export const createFleet = (plan: Plan, { create, reread, log }: Making): Fleet => {
	let pipelines = plan.pipelines.map(create);
	const rings = new Map<string, Ring>();
	const followers = new Set<(said: Said) => void>();
	const exclusive = createQueue();
	const called = (name: string) => pipelines.find((pipeline) => pipeline.plan.name === name);

	const hear = (said: Said) => {
		if (!rings.has(said.stage)) rings.set(said.stage, createRing());
		rings.get(said.stage)!.add(said);
		for (const follow of followers) follow(said);
	};
	const status = (): Status => ({
		name: plan.name,
		pid: process.pid,
		file: plan.file,
		pipelines: pipelines.map((pipeline) => pipeline.status()),
	});

	/** `PIPELINE[/STAGE]` as the two; a typing mistake must not stop anything, so all are looked at first. */
	const target = (text: string): [Pipeline, string | undefined] => {
		const [name, stage] = text.split('/', 2) as [string, string?];
		const pipeline = called(name);
		const stages = pipeline?.plan.stages.map((one) => one.name);
		if (pipeline && (stage === undefined || stages!.includes(stage))) return [pipeline, stage];
		const known = pipeline ? stages!.map((one) => `${name}/${one}`) : pipelines.map((one) => one.plan.name);
		throw new Failure(EXIT.usage, `"${text}" does not run here; there are ${known.join(', ')}`);
	};
	const operate = async (act: Act, targets: string[]): Promise<Status> => {
		const all: [Pipeline, string | undefined][] =
			targets.length === 0 ? pipelines.map((pipeline) => [pipeline, undefined]) : targets.map(target);
		log.info(`${act} ${targets.join(' ') || 'all'}, as asked`, {}, `${act} ${performance.now()}`);
		await Promise.all(all.map(([pipeline, stage]) => pipeline[act](stage)));
		return status();
	};

	const reload = async (): Promise<Difference> => {
		const next = reread();
		if (next.name !== plan.name)
			throw new Failure(EXIT.config, `${next.file}: the name is now "${next.name}"; start that anew`);
		const change = difference(
			pipelines.map((pipeline) => pipeline.plan),
			next.pipelines,
		);
		const leaving = pipelines.filter(({ plan: { name } }) => !change.same.includes(name));
		await Promise.all(leaving.map((pipeline) => pipeline.stop()));
		const kept = new Set(change.same);
		pipelines = next.pipelines.map((one) => (kept.has(one.name) ? called(one.name)! : create(one)));
		forget();
		const coming = pipelines.filter(({ plan: { name } }) => !kept.has(name));
		await Promise.all(coming.map((pipeline) => pipeline.start()));
		log.info(`reloaded: ${sentence(change)}`, {}, `reload ${performance.now()}`);
		return change;
	};
	/** The lines of stages that are no more. */
	const forget = () => {
		const names = pipelines.flatMap(({ plan: { name, stages } }) => [
			name,
			...stages.map((stage) => `${name}/${stage.name}`),
		]);
		for (const name of rings.keys()) if (!names.includes(name)) rings.delete(name);
	};

	const logs = async ({ targets = [], follow }: Request, say: (said: Said) => void, gone: AbortSignal) => {
		for (const one of targets) target(one);
		const isMeant = ({ stage }: Said) =>
			targets.length === 0 || targets.some((one) => stage === one || stage.startsWith(`${one}/`));
		const said = [...rings.values()].flatMap((ring) => ring.lines()).filter(isMeant);
		for (const one of said.sort((a, b) => a.ts - b.ts)) say(one);
		if (!follow || gone.aborted) return;
		const pass = (one: Said) => isMeant(one) && say(one);
		followers.add(pass);
		await new Promise((resolve) => gone.addEventListener('abort', resolve, { once: true }));
		followers.delete(pass);
	};

	return {
		pipelines: () => pipelines,
		start: async () => void (await Promise.all(pipelines.map((pipeline) => pipeline.start()))),
		stop: async () => void (await Promise.all(pipelines.map((pipeline) => pipeline.stop()))),
		status,
		hear,
		answer: (request, say, gone) => {
			const { command, targets = [] } = request;
			switch (command) {
				case 'ping':
				case 'status':
					return status();
				case 'start':
				case 'stop':
				case 'restart':
					return operate(command, targets);
				case 'reload':
					return exclusive(reload);
				case 'logs':
					return logs(request, say, gone);
				default:
					throw new Failure(EXIT.usage, `unknown command "${command}"`);
			}
		},
	};
};

/** What a reload did, in words. */
export const sentence = ({ added, removed, changed, same }: Difference): string =>
	Object.entries({ added, removed, changed, untouched: same })
		.filter(([, names]) => names.length > 0)
		.map(([what, names]) => `${what} ${names.join(', ')}`)
		.join('; ');
