// config: one YAML file of pipelines, read whole, checked whole, before anything starts
// Every mistake is reported at once, each with file:line:column and what to write instead.

import { basename, resolve } from 'node:path';
import * as v from 'valibot';
import { EXIT, Failure } from '../../filters/lib/failure.ts';
import { duration } from '../../filters/lib/options.ts';
import { nearest } from '../../filters/lib/yaml/nearest.ts';
import type { Place } from '../../filters/lib/yaml/place.ts';
import { memoryMax, userFor } from '../machine/limits.ts';
import {
	DELAYS,
	type Delays,
	type Limits,
	type PipelinePlan,
	type Plan,
	type StagePlan,
} from '../plan/plan.ts';
import { advice, duties, type Facts } from './lint.ts';
import { collectAll, listsForMaps, mistakes } from './mistakes.ts';
import {
	flatten,
	type Settings,
	type Sources,
	strayVariables,
	substitute,
	withOverrides,
} from './settings.ts';
import { FILE, type File, LONGEST_NAME, NAME_PATTERN, type PipelineFile, type StageFile } from './shape.ts';
import { shellCommand } from './shell.ts';
import { textOf, typed, type Value } from './spelling.ts';
import { splitWords } from './words.ts';
import { readYaml } from './yaml.ts';

/** What the command line and the environment say about settings, besides the file. */
export type Overrides = Sources;

const validated = (value: unknown, place: Place): File => {
	const lists = listsForMaps(value, place);
	if (lists.length > 0) throw new Failure(EXIT.config, lists.join('\n'));
	const result = v.safeParse(FILE, value);
	if (result.success) return result.output;
	throw new Failure(EXIT.config, mistakes(result.issues, place).join('\n'));
};

const MOST_MS = 86_400_000;
const IS_DURATION = /^\d+(\.\d+)?(ms|s|m|h|d)?$/;

/** A duration as it is written, or as a setting has it. */
const milliseconds = (value: string, where: string, settings: Settings): number => {
	const text = substitute(value, settings, where);
	if (!IS_DURATION.test(text)) {
		const from = text === value ? '' : ` (${value})`;
		throw new Failure(EXIT.config, `${where}: "${text}"${from}: a duration is written like 500ms, 10s or 5m`);
	}
	const ms = duration(text, where);
	if (ms <= MOST_MS) return ms;
	throw new Failure(EXIT.config, `${where}: "${text}" is longer than a day, which is the most`);
};

/** `200ms..30s` as two durations. */
const delays = (text: string | undefined, where: string): Delays => {
	if (text === undefined) return DELAYS;
	const [first, most] = text.split('..').map((part) => duration(part, where)) as [number, number];
	if (first <= most && first > 0) return [first, most];
	throw new Failure(EXIT.config, `${where}: restart_delay goes from the shortest to the longest delay`);
};

type Scalar = string | number | boolean | null;

/** Whether a pipeline's `when` holds: `true` = set and not empty, `false` = the reverse, else equal as text. */
const holds = (when: PipelineFile['when'], settings: Settings): boolean =>
	Object.entries(when ?? {}).every(([key, wanted]) => {
		const setting = settings.get(key) ?? '';
		const [value, text] = [typed(setting) ?? '', textOf(setting)];
		const isSet = value !== '' && value !== false;
		const isSame = (one: Scalar) =>
			[String(value), text].includes(String(one)) || (text !== '' && one === Number(text));
		const matches = (one: Scalar) => (typeof one === 'boolean' ? one === isSet : isSame(one));
		return Array.isArray(wanted) ? wanted.some(matches) : matches(wanted);
	});

/** What a stage is read with: where its parts stand, what its pipeline says for all, and the settings. */
type Reading = {
	place: (part: string) => string;
	shared: Pick<PipelineFile, 'env' | 'grace' | 'user'>;
	settings: Settings;
	/** Whether it is going to run: only then its user has to be there. */
	on: boolean;
};

const limitsOf = (
	spec: Exclude<StageFile, string>,
	{ place, shared, settings, on }: Reading,
): Limits | undefined => {
	const user = spec.user ?? shared.user;
	const cwd = spec.cwd === undefined ? undefined : substitute(spec.cwd, settings, place('cwd'));
	if (cwd !== undefined && !cwd.startsWith('/')) {
		throw new Failure(EXIT.config, `${place('cwd')}: cwd "${cwd}" is no full path; begin it with /`);
	}
	const limits: Limits = {
		...(user !== undefined && on ? { user: userFor(user, place('user')) } : {}),
		...(cwd !== undefined ? { cwd } : {}),
		...(spec.nice !== undefined ? { nice: spec.nice } : {}),
		...(spec.memory_max !== undefined ? { memory: memoryMax(spec.memory_max, place('memory_max')) } : {}),
	};
	return Object.keys(limits).length > 0 ? limits : undefined;
};

const commandOf = (
	spec: Exclude<StageFile, string>,
	{ place, settings }: Reading,
): { command: string[]; env: Record<string, string> } =>
	spec.shell
		? shellCommand(spec.run, settings, place('run'))
		: { command: wordsOf(spec.run, place('run'), settings), env: {} };

const wordsOf = (text: string, where: string, settings: Settings): string[] => {
	const words = splitWords(text, where).map((word) => substitute(word, settings, where));
	if (words[0] !== '') return words;
	throw new Failure(EXIT.config, `${where}: the program's name is empty; see the setting that it comes from`);
};

const stagePlan = (stage: StageFile, reading: Reading): StagePlan => {
	const spec = typeof stage === 'string' ? { run: stage } : stage;
	const { place, shared, settings } = reading;
	const { command, env } = commandOf(spec, reading);
	const given = Object.entries({ ...shared.env, ...spec.env });
	const limits = limitsOf(spec, reading);
	return {
		name: spec.name ?? basename(command[0]!),
		command,
		fallback: spec.fallback === undefined ? undefined : wordsOf(spec.fallback, place('fallback'), settings),
		hint: spec.hint,
		env: {
			...env,
			...Object.fromEntries(given.map(([k, text]) => [k, substitute(text, settings, place('env'))])),
		},
		grace: milliseconds(spec.grace ?? shared.grace ?? '5s', place('grace'), settings),
		...(spec.ready === undefined ? {} : { ready: milliseconds(spec.ready, place('ready'), settings) }),
		...(limits ? { limits } : {}),
	};
};

/** Two stages of one name get a number: names are how operators address them. */
const withUniqueNames = (
	stages: StagePlan[],
	place: (index: number) => string,
	given: StageFile[],
): StagePlan[] => {
	const used = new Map<string, number>();
	return stages.map((stage, index) => {
		const own = given[index]!;
		const count = (used.get(stage.name) ?? 0) + 1;
		used.set(stage.name, count);
		if (count > 1 && typeof own !== 'string' && own.name !== undefined) {
			throw new Failure(
				EXIT.config,
				`${place(index)}: a stage before it is called "${own.name}" too; rename one`,
			);
		}
		return count === 1 ? stage : { ...stage, name: `${stage.name}-${count}` };
	});
};

const placeIn =
	(place: Place, name: string, { stages }: PipelineFile) =>
	(index: number, part: string) => {
		const path = ['pipelines', name, 'stages', index];
		return place(typeof stages[index] === 'string' ? path : [...path, part]);
	};

const pipelinePlan = (
	name: string,
	pipeline: PipelineFile,
	place: Place,
	settings: Settings,
	on: boolean,
): PipelinePlan => {
	const placeOf = placeIn(place, name, pipeline);
	const stages = collectAll([...pipeline.stages.entries()], ([index, stage]) =>
		stagePlan(stage, { place: (part) => placeOf(index, part), shared: pipeline, settings, on }),
	);
	return {
		name,
		delivery: pipeline.delivery ?? 'best-effort',
		restart: pipeline.restart ?? 'on-failure',
		delays: delays(pipeline.restart_delay, place(['pipelines', name, 'restart_delay'])),
		retry: milliseconds(pipeline.retry ?? '10s', place(['pipelines', name, 'retry']), settings),
		...(pipeline.late === undefined
			? {}
			: { late: milliseconds(pipeline.late, place(['pipelines', name, 'late']), settings) }),
		stages: withUniqueNames(stages, (index) => placeOf(index, 'name'), pipeline.stages),
	};
};

const settingsOf = (content: File, written: object, place: Place, overrides: Overrides): Settings => {
	const own = flatten(written, (path) => place(['settings', ...path]));
	const places = new Map<string, string>();
	const more = new Map<string, Value>();
	for (const file of overrides.settingsFiles ?? []) {
		const extra = readYaml(file);
		if (typeof extra.value !== 'object' || Array.isArray(extra.value))
			throw new Failure(EXIT.config, `${extra.place([])}: a settings file is a map of names and values`);
		for (const [path, value] of flatten((extra.written ?? {}) as object, extra.place)) {
			more.set(path, value);
			places.set(path, extra.place(path.split('.')));
		}
	}
	return withOverrides(own, more, content.env_prefix, overrides, {
		own: (path) => place(['settings', ...path.split('.')]),
		more: (path) => places.get(path)!,
	});
};

const checkWhen = ([name, { when }]: [string, PipelineFile], place: Place, settings: Settings): void => {
	for (const key of Object.keys(when ?? {})) {
		if (settings.has(key)) continue;
		const hint = nearest(key, [...settings.keys()]) || '; add it under "settings:"';
		const where = place(['pipelines', name, 'when', key]);
		throw new Failure(EXIT.config, `${where}: there is no setting "${key}"${hint}`);
	}
};

const nameOf = (file: string, given: string | undefined, place: Place): string => {
	const name = given ?? basename(file).replace(/\.ya?ml$/, '');
	if ((NAME_PATTERN.test(name) && name.length <= LONGEST_NAME) || given !== undefined) return name;
	throw new Failure(
		EXIT.config,
		`${place([])}: the file's name gives no good name for its supervisor ("${name}"); add a line "name: ..."`,
	);
};

/** A plan, and what an operator should know of it that is no mistake. */
export type Checked = {
	plan: Plan;
	warnings: string[];
	notes: string[];
	/** Where a part of a stage stands in the file. */
	placeOf: (pipeline: string, stage: number, part: string) => string;
};

/**
 * The plan in `file`: pipelines whose `when` holds, with every `${setting}` filled in.
 * Those that are switched off are checked all the same.
 * @throws Failure(78) with one line per mistake.
 */
export const loadChecked = (file: string, overrides: Overrides): Checked => {
	const { value, written, place } = readYaml(file);
	const content = validated(value, place);
	const name = nameOf(file, content.name, place);
	const settings = settingsOf(content, (written as File).settings ?? {}, place, overrides);
	const all = Object.entries(content.pipelines);
	collectAll(all, (entry) => checkWhen(entry, place, settings));
	const facts = collectAll(all, ([called, spec]): Facts => {
		const on = holds(spec.when, settings);
		return {
			on,
			plan: pipelinePlan(called, spec, place, settings, on),
			place: placeIn(place, called, spec),
			spec,
		};
	});
	const chosen = facts.filter(({ on }) => on);
	if (chosen.length === 0) {
		const why =
			all.length === 0 ? 'there is no pipeline in it; write one' : 'no pipeline is switched on; see "when"';
		throw new Failure(EXIT.config, `${place(['pipelines'])}: ${why}`);
	}
	duties(chosen);
	const known = all.map(([called]) => called);
	const pipelines = chosen.map((one) => one.plan);
	const plan: Plan = { file: resolve(file), name, whole: name, known, pipelines };
	const { warnings, notes } = advice(content, facts, place);
	const strays = strayVariables(settings, content.env_prefix, overrides.env);
	const placeOf: Checked['placeOf'] = (called, stage, part) =>
		placeIn(place, called, content.pipelines[called]!)(stage, part);
	return { plan, warnings: [...strays, ...warnings], notes, placeOf };
};
