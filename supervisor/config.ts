// config: one YAML file of pipelines, read whole, checked whole, before anything starts
// Every mistake is reported at once, each with file:line:column and what to write instead.

import { readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import * as v from 'valibot';
import { type Document, LineCounter, parseDocument } from 'yaml';
import { EXIT, Failure } from '../filters/lib/failure.ts';
import { duration } from '../filters/lib/options.ts';
import { mistakes, nearest, type Place, placer } from './mistakes.ts';
import { DELAYS, type Delays, type Restart } from './policy.ts';
import { flatten, type Settings, substitute, type Value, withOverrides } from './settings.ts';
import { splitWords } from './words.ts';

/** One program of a pipeline, ready to start: its words, and what runs when it cannot be had. */
export type StagePlan = {
	name: string;
	command: string[];
	fallback?: string[];
	/** What to tell the operator when the fallback takes over. */
	hint?: string;
	env: Record<string, string>;
	/** Milliseconds from TERM, or from the end of its input, to KILL. */
	grace: number;
};

/** A straight line of stages. */
export type PipelinePlan = {
	name: string;
	delivery: 'best-effort' | 'at-least-once';
	restart: Restart;
	/** The shortest and the longest delay before a restart, in milliseconds. */
	delays: Delays;
	/** How long a fallback runs before the primary is tried again, in milliseconds. */
	retry: number;
	stages: StagePlan[];
};

export type Plan = { file: string; name: string; pipelines: PipelinePlan[] };

const NAME = v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9_-]*$/i, 'a name is letters, digits, - and _'));
const COMMAND = v.pipe(v.string(), v.trim(), v.minLength(1, 'a command is missing'));
const DURATION = v.pipe(
	v.union([v.string(), v.number()], 'a duration is written like 500ms, 10s or 5m'),
	v.transform(String),
	v.regex(/^\d+(\.\d+)?(ms|s|m|h|d)?$/, 'a duration is written like 500ms, 10s or 5m'),
);
const SCALAR = v.union([v.string(), v.number(), v.boolean(), v.null()], 'a single value is wanted here');

const STAGE = v.union(
	[
		COMMAND,
		v.strictObject({
			run: COMMAND,
			name: v.optional(NAME),
			fallback: v.optional(COMMAND),
			hint: v.optional(v.string()),
			env: v.optional(v.record(v.string(), v.string())),
			grace: v.optional(DURATION),
		}),
	],
	'a stage is a command, or a map with run, name, fallback, hint, env, grace',
);

const PIPELINE = v.strictObject({
	stages: v.pipe(v.array(STAGE), v.minLength(1, 'a pipeline needs at least one stage')),
	delivery: v.optional(
		v.picklist(['best-effort', 'at-least-once'], 'delivery is best-effort or at-least-once'),
	),
	restart: v.optional(
		v.picklist(['always', 'on-failure', 'never'], 'restart is always, on-failure or never'),
	),
	restart_delay: v.optional(
		v.pipe(v.string(), v.regex(/^[^.]+\.\.[^.]+$/, 'restart_delay is written like 200ms..30s')),
	),
	retry: v.optional(DURATION),
	when: v.optional(v.record(v.string(), v.union([SCALAR, v.array(SCALAR)]))),
});

const FILE = v.strictObject({
	name: v.optional(NAME),
	env_prefix: v.optional(
		v.pipe(v.string(), v.regex(/^[A-Z][A-Z0-9_]*$/, 'env_prefix is upper-case letters')),
	),
	settings: v.optional(v.record(v.string(), v.unknown())),
	pipelines: v.record(NAME, PIPELINE),
});
type File = v.InferOutput<typeof FILE>;
type PipelineFile = v.InferOutput<typeof PIPELINE>;
type StageFile = v.InferOutput<typeof STAGE>;

const validated = (document: Document, place: Place): File => {
	const result = v.safeParse(FILE, document.toJS() ?? {});
	if (result.success) return result.output;
	throw new Failure(EXIT.config, mistakes(result.issues, place).join('\n'));
};

const milliseconds = (value: string | undefined, where: string, otherwise: string): number =>
	duration(value ?? otherwise, where);

/** `200ms..30s` as two durations. */
const delays = (text: string | undefined, where: string): Delays => {
	if (text === undefined) return DELAYS;
	const [first, most] = text.split('..').map((part) => duration(part, where)) as [number, number];
	if (first <= most && first > 0) return [first, most];
	throw new Failure(EXIT.config, `${where}: restart_delay goes from the shortest to the longest delay`);
};

/** Whether a pipeline's `when` holds: `true` = set and not empty, `false` = the reverse, else equal as text. */
const holds = (when: PipelineFile['when'], settings: ReadonlyMap<string, Value>): boolean =>
	Object.entries(when ?? {}).every(([key, wanted]) => {
		const value = settings.get(key) ?? '';
		const isSet = value !== '' && value !== false;
		const matches = (one: Value) =>
			typeof one === 'boolean' ? one === isSet : String(one) === String(value);
		return Array.isArray(wanted) ? wanted.some(matches) : matches(wanted);
	});

const stagePlan = (
	stage: StageFile,
	place: (part: string) => string,
	settings: ReadonlyMap<string, Value>,
): StagePlan => {
	const spec = typeof stage === 'string' ? { run: stage } : stage;
	const words = (text: string, part: string) =>
		splitWords(text, place(part)).map((word) => substitute(word, settings, place(part)));
	const command = words(spec.run, 'run');
	return {
		name: spec.name ?? basename(command[0]!),
		command,
		fallback: spec.fallback === undefined ? undefined : words(spec.fallback, 'fallback'),
		hint: spec.hint,
		env: spec.env ?? {},
		grace: milliseconds(spec.grace, place('grace'), '5s'),
	};
};

/** Two stages of one name get a number: names are how operators address them. */
const withUniqueNames = (stages: StagePlan[]): StagePlan[] => {
	const used = new Map<string, number>();
	return stages.map((stage) => {
		const count = (used.get(stage.name) ?? 0) + 1;
		used.set(stage.name, count);
		return count === 1 ? stage : { ...stage, name: `${stage.name}-${count}` };
	});
};

/** Run `plan` on every item, and report all that fails together. */
const collectAll = <Item, Result>(items: Item[], plan: (item: Item) => Result): Result[] => {
	const faults: string[] = [];
	const results = items.flatMap((item) => {
		try {
			return [plan(item)];
		} catch (error) {
			if (!(error instanceof Failure)) throw error;
			faults.push(error.message);
			return [];
		}
	});
	if (faults.length > 0) throw new Failure(EXIT.config, faults.join('\n'));
	return results;
};

const pipelinePlan = (
	[name, pipeline]: [string, PipelineFile],
	place: Place,
	settings: ReadonlyMap<string, Value>,
): PipelinePlan => {
	const stages = collectAll([...pipeline.stages.entries()], ([index, stage]) => {
		const path = ['pipelines', name, 'stages', index];
		return stagePlan(stage, (part) => place(typeof stage === 'string' ? path : [...path, part]), settings);
	});
	return {
		name,
		delivery: pipeline.delivery ?? 'best-effort',
		restart: pipeline.restart ?? 'on-failure',
		delays: delays(pipeline.restart_delay, place(['pipelines', name, 'restart_delay'])),
		retry: milliseconds(pipeline.retry, place(['pipelines', name, 'retry']), '10s'),
		stages: withUniqueNames(stages),
	};
};

/** What the command line and the environment say about settings, besides the file. */
export type Overrides = {
	/** Built-in values, such as where bpfpipe's own files lie. */
	builtin: Record<string, string>;
	settingsFile?: string;
	env: NodeJS.ProcessEnv;
	set: string[];
};

const readYaml = (file: string): { document: Document; place: Place } => {
	let text: string;
	try {
		text = readFileSync(file, 'utf8');
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		throw new Failure(EXIT.config, `${file}: cannot be read (${code}); give the path of a pipeline file`);
	}
	const lines = new LineCounter();
	const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
	const place = placer(file, document, lines);
	const faults = [...document.errors, ...document.warnings].map(({ pos, message }) => {
		const { line, col } = lines.linePos(pos[0]);
		return `${file}:${line}:${col}: ${message.split('\n')[0]}`;
	});
	if (faults.length > 0) throw new Failure(EXIT.config, faults.join('\n'));
	return { document, place };
};

/**
 * The plan in `file`: pipelines whose `when` holds, with every `${setting}` filled in.
 * @throws Failure(78) with one line per mistake.
 */
export const loadPlan = (file: string, overrides: Overrides): Plan => {
	const { document, place } = readYaml(file);
	const content = validated(document, place);
	const own: Settings = flatten(content.settings ?? {}, (path) => place(['settings', ...path]));
	const extra = overrides.settingsFile ? readYaml(overrides.settingsFile) : undefined;
	const more: Settings = extra ? flatten(extra.document.toJS() ?? {}, extra.place) : new Map();
	const settings = withOverrides(own, more, content.env_prefix, overrides);
	for (const [name, { when }] of Object.entries(content.pipelines)) {
		for (const key of Object.keys(when ?? {})) {
			if (settings.has(key)) continue;
			const hint = nearest(key, [...settings.keys()]);
			throw new Failure(
				EXIT.config,
				`${place(['pipelines', name, 'when', key])}: there is no setting "${key}"${hint}`,
			);
		}
	}
	const chosen = Object.entries(content.pipelines).filter(([, { when }]) => holds(when, settings));
	const pipelines = collectAll(chosen, (entry) => pipelinePlan(entry, place, settings));
	if (pipelines.length === 0)
		throw new Failure(EXIT.config, `${file}: no pipeline is switched on; see "when"`);
	return { file: resolve(file), name: content.name ?? basename(file).replace(/\.ya?ml$/, ''), pipelines };
};

/** The folder that relative paths of a plan are meant from. */
export const folderOf = (plan: Plan): string => dirname(plan.file);
