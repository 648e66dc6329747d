// lint: what a pipeline file gets away with and its operator should know: duties of delivery, warnings, notes

import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { EXIT, Failure } from '../../filters/lib/failure.ts';
import { headerOf } from '../../filters/lib/program.ts';
import type { Place } from '../../filters/lib/yaml/place.ts';
import { ownFile, programFor } from '../machine/programs.ts';
import { ackFileIn } from '../plan/ack.ts';
import type { PipelinePlan } from '../plan/plan.ts';
import { isValue, variableName } from './settings.ts';
import type { File, PipelineFile } from './shape.ts';

/** A pipeline beside its text: where a part of a stage stands, and whether it runs. */
export type Facts = {
	on: boolean;
	plan: PipelinePlan;
	place: (index: number, part: string) => string;
	spec: PipelineFile;
};

/** Whether a program of ours can confirm or repeat: its manual says so. Undefined: not ours, cannot be known. */
const knowsAck = ([name]: string[]): boolean | undefined => {
	const own = ownFile(name!);
	return own && headerOf(readFileSync(own.file, 'utf8')).includes('--ack');
};

const ENDS = {
	first: 'a source that can read again from where it was, such as bpftrace-tail',
	last: 'a stage that confirms, such as append-log or graphite-send',
};

/** At-least-once needs a source that can begin again and a sink that says how far it came. */
const endFaults = ({ plan, place }: Facts): string[] => {
	if (plan.delivery !== 'at-least-once') return [];
	const last = plan.stages.length - 1;
	const ends: [number, string][] = [
		[0, ENDS.first],
		[last, ENDS.last],
	];
	return ends.flatMap(([index, wanted]) => {
		const { command, name } = plan.stages[index]!;
		if (knowsAck(command) !== false) return [];
		const where = index === 0 ? 'begins' : 'ends';
		return `${place(index, 'run')}: at-least-once ${where} with ${wanted}, and ${name} is none; or write delivery: best-effort`;
	});
};

/** Two pipelines that confirm into one file would each begin where the other has come to. */
const sharedAcks = (pipelines: Facts[]): string[] => {
	const owner = new Map<string, string>();
	return pipelines.flatMap(({ plan, place }) =>
		plan.stages.flatMap(({ command }, index) => {
			const file = ackFileIn(command);
			if (file === undefined) return [];
			const before = owner.get(file) ?? plan.name;
			owner.set(file, before);
			if (before === plan.name) return [];
			return `${place(index, 'run')}: the pipeline "${before}" keeps its position in ${file} too; each needs a file of its own`;
		}),
	);
};

/** @throws Failure(78) when a pipeline could not keep what its delivery promises. */
export const duties = (pipelines: Facts[]): void => {
	const faults = [...pipelines.flatMap(endFaults), ...sharedAcks(pipelines)];
	if (faults.length > 0) throw new Failure(EXIT.config, faults.join('\n'));
};

const SECRET = /^--?(?:.*[-_])?(?:token|password|passwd|secret|api-?key|credentials?)(?==|$)/i;

/** An option that takes a secret from the command line, where every user of the machine can read it. */
const secretIn = (command: string[]): string | undefined => {
	const option = command.find(
		(word, at) => SECRET.test(word) && (word.includes('=') || at + 1 < command.length),
	);
	return option?.split('=')[0];
};

/** What is doubtful about the stage at `index`: each with the part of the stage where it stands. */
type Doubts = (facts: Facts, index: number) => [part: string, message: string][];

const missingProgram: Doubts = ({ plan }, index) => {
	const { command, fallback } = plan.stages[index]!;
	if (fallback || programFor(command)) return [];
	return [['run', `there is no program "${command[0]}" here; install it, or add a fallback`]];
};

const doubtfulFallback: Doubts = ({ plan }, index) => {
	const { fallback, name } = plan.stages[index]!;
	if (!fallback) return [];
	const program = programFor(fallback);
	if (!program) {
		return [
			['fallback', `there is no program "${fallback[0]}" here, so ${name} has no fallback; install it`],
		];
	}
	const unmarked = `"${fallback[0]}" is not one of our programs, so what it prints is not marked synthetic`;
	return program.ours ? [] : [['fallback', `${unmarked}; use replay, or see that sinks can tell it apart`]];
};

const openSecret: Doubts = ({ plan }, index) => {
	const { command, fallback = [] } = plan.stages[index]!;
	const option = secretIn(command) ?? secretIn(fallback);
	const open = `${option} puts a secret on the command line, where every user can read it`;
	return option ? [['run', `${open}; use a file or an environment variable`]] : [];
};

const missingFolder: Doubts = ({ plan }, index) => {
	const cwd = plan.stages[index]!.limits?.cwd;
	const isThere = cwd === undefined || statSync(cwd, { throwIfNoEntry: false })?.isDirectory();
	return isThere ? [] : [['cwd', `there is no folder ${cwd} here; make it`]];
};

const unknownMiddle: Doubts = ({ plan }, index) => {
	const isMiddle = index > 0 && index < plan.stages.length - 1;
	const { command } = plan.stages[index]!;
	if (plan.delivery !== 'at-least-once' || !isMiddle || programFor(command)?.ours !== false) return [];
	const duty = 'must pass lines that begin with #! on in order, or nothing is ever confirmed';
	return [['run', `"${basename(command[0]!)}" ${duty}; see that it does`]];
};

const DOUBTS = [missingProgram, doubtfulFallback, openSecret, missingFolder, unknownMiddle];

const stageWarnings = (facts: Facts): string[] =>
	facts.plan.stages.flatMap((_, index) =>
		DOUBTS.flatMap((doubts) => doubts(facts, index)).map(
			([part, message]) => `${facts.place(index, part)}: ${message}`,
		),
	);

/** Settings that nothing in the file mentions. */
const unused = (content: File, pipelines: Facts[], flat: string[]): string[] => {
	const text = JSON.stringify([content.pipelines, content.settings]);
	const mentioned = new Set([...text.matchAll(/\$\{([^}:]*)/g)].map(([, path]) => path!));
	for (const { spec } of pipelines) for (const key of Object.keys(spec.when ?? {})) mentioned.add(key);
	return flat.filter((path) => !mentioned.has(path) && !text.includes(variableName('SETTING', path)));
};

const pathsIn = (tree: object, above = ''): string[] =>
	Object.entries(tree).flatMap(([key, value]) =>
		isValue(value) ? [`${above}${key}`] : pathsIn(value, `${above}${key}.`),
	);

/** Warnings, for what is likely to go wrong, and notes, for what does no harm. */
export const advice = (
	content: File,
	pipelines: Facts[],
	place: Place,
): { warnings: string[]; notes: string[] } => {
	const idle = unused(content, pipelines, pathsIn(content.settings ?? {}));
	return {
		warnings: pipelines.filter(({ on }) => on).flatMap(stageWarnings),
		notes: idle.map(
			(path) => `${place(['settings', ...path.split('.')])}: nothing uses the setting "${path}"; take it out`,
		),
	};
};
