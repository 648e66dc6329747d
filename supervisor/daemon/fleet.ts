// fleet: all pipelines of one supervisor: started, stopped, replaced and asked together

import { EXIT, Failure } from '../../filters/lib/failure.ts';
import { createSerial } from '../../filters/lib/flow/serial.ts';
import type { Log } from '../../filters/lib/log.ts';
import { type Status, statusOf } from '../health/status.ts';
import { isSameFile } from '../machine/same-file.ts';
import { type Difference, difference, sentence } from '../plan/difference.ts';
import type { PipelinePlan, Plan } from '../plan/plan.ts';
import { checkTargets, partsOf } from '../plan/targets.ts';
import type { Pipeline } from '../run/pipeline.ts';
import type { Claims } from './claims.ts';
import type { Answer, Request } from './control.ts';
import { createRing, type Ring, type Said } from './ring.ts';

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

/** What the fleet needs: how to make a pipeline, how to read its file again, and the right to what is in it. */
export type Making = {
	create: (plan: PipelinePlan) => Pipeline;
	reread: () => Promise<Plan>;
	claims: Pick<Claims, 'add' | 'settle'>;
	log: Log;
};

type Act = 'start' | 'stop' | 'restart';

/** The fleet of `plan`; nothing is started yet. */
export const createFleet = (plan: Plan, { create, reread, claims, log }: Making): Fleet => {
	let pipelines = plan.pipelines.map(create);
	const rings = new Map<string, Ring>();
	const followers = new Set<(said: Said) => void>();
	const exclusive = createSerial();
	/** A reload on its way: what is asked meanwhile waits, for it may be about pipelines that are being replaced. */
	let reloading: Promise<unknown> = Promise.resolve();
	let closing = false;
	const mustBeOpen = () => {
		if (closing) throw new Failure(EXIT.unavailable, 'this supervisor is on its way down');
	};
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
		...(plan.parts ? { parts: plan.parts } : {}),
		pipelines: pipelines.map((pipeline) => statusOf(pipeline.report())),
	});

	const aimedAt = (targets: string[]): [Pipeline, string | undefined][] => {
		const plans = pipelines.map((pipeline) => pipeline.plan);
		checkTargets(targets, plans);
		const all = targets.length === 0 ? plans.map(({ name }) => name) : targets;
		return all.map(partsOf).map(([name, stage]) => [called(name)!, stage]);
	};
	const operate = async (act: Act, targets: string[]): Promise<Status> => {
		await reloading;
		if (act !== 'stop') mustBeOpen();
		const all = aimedAt(targets);
		log.info(`${act} ${targets.join(' ') || 'all'}, as asked`, {}, `${act} ${performance.now()}`);
		await Promise.all(all.map(([pipeline, stage]) => pipeline[act](stage)));
		return status();
	};

	const reload = async (): Promise<Difference> => {
		mustBeOpen();
		const next = await reread();
		if (next.name !== plan.name)
			throw new Failure(EXIT.config, `${next.file}: the name is now "${next.name}"; start that anew`);
		const change = difference(
			pipelines.map((pipeline) => pipeline.plan),
			next.pipelines,
		);
		claims.add(next.pipelines);
		const leaving = pipelines.filter(({ plan: { name } }) => !change.same.includes(name));
		await Promise.all(leaving.map((pipeline) => pipeline.retire()));
		claims.settle(next.pipelines);
		mustBeOpen();
		const kept = new Set(change.same);
		pipelines = next.pipelines.map((one) => (kept.has(one.name) ? called(one.name)! : create(one)));
		forget();
		const coming = pipelines.filter(({ plan: { name } }) => !kept.has(name));
		await Promise.all(coming.map((pipeline) => pipeline.start()));
		log.info(`reloaded: ${sentence(change)}`, {}, `reload ${performance.now()}`);
		return change;
	};
	const reloadNext = (): Promise<Difference> => {
		const result = exclusive(reload);
		reloading = result.catch(() => {});
		return result;
	};
	/** The lines of stages that are no more. */
	const forget = () => {
		const names = pipelines.flatMap(({ plan: { name, stages } }) => [
			name,
			...stages.map((stage) => `${name}/${stage.name}`),
		]);
		for (const name of rings.keys()) if (!names.includes(name)) rings.delete(name);
	};

	const checkFile = (file: string) => {
		if (isSameFile(file, plan.file)) return;
		throw new Failure(EXIT.unavailable, `this supervisor runs ${plan.file}, not ${file}; nothing was done`);
	};
	const logs = async (request: Request, say: (said: Said) => void, gone: AbortSignal) => {
		const { targets = [], follow, since = 0, lines = Number.MAX_SAFE_INTEGER } = request;
		aimedAt(targets);
		const isMeant = ({ stage }: Said) =>
			targets.length === 0 || targets.some((one) => stage === one || stage.startsWith(`${one}/`));
		const all = [...rings.values()].flatMap((ring) => ring.lines()).filter(isMeant);
		const said = all.filter(({ ts }) => ts >= since).sort((a, b) => a.ts - b.ts);
		for (const one of said.slice(Math.max(0, said.length - lines))) say(one);
		if (!follow || gone.aborted) return;
		const pass = (one: Said) => isMeant(one) && say(one);
		followers.add(pass);
		await new Promise((resolve) => gone.addEventListener('abort', resolve, { once: true }));
		followers.delete(pass);
	};

	return {
		pipelines: () => pipelines,
		start: async () => void (await Promise.all(pipelines.map((pipeline) => pipeline.start()))),
		stop: async () => {
			closing = true;
			await Promise.all(pipelines.map((pipeline) => pipeline.stop()));
			// One that was on its way may have brought others.
			await reloading;
			await Promise.all(pipelines.map((pipeline) => pipeline.retire()));
		},
		status,
		hear,
		answer: (request, say, gone) => {
			const { command, targets = [], file } = request;
			if (file !== undefined) checkFile(file);
			switch (command) {
				case 'status':
					return status();
				case 'start':
				case 'stop':
				case 'restart':
					return operate(command, targets);
				case 'reload':
					return reloadNext();
				case 'logs':
					return logs(request, say, gone);
				default:
					throw new Failure(EXIT.usage, `unknown command "${command}"`);
			}
		},
	};
};
