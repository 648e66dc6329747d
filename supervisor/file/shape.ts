// shape: what a pipeline file may hold, as one schema: it validates files and, as JSON Schema, serves editors

import * as v from 'valibot';

// A name becomes part of file names and of a socket's path, which the kernel cuts at 107 bytes.
export const LONGEST_NAME = 64;

/** What pipelines, stages and whole files may be called. */
export const NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9_-]*$/;

const NAME = v.pipe(
	v.string(),
	v.maxLength(LONGEST_NAME, `a name has at most ${LONGEST_NAME} characters`),
	v.regex(NAME_PATTERN, 'a name is letters, digits, - and _, and begins with a letter or digit'),
);
// Far below what the kernel takes as one argument, far above what a line in a file should be.
const LONGEST_COMMAND = 16_384;
const COMMAND = v.pipe(
	v.string(),
	v.trim(),
	v.minLength(1, 'a command is missing'),
	v.maxLength(LONGEST_COMMAND, `a command has at most ${LONGEST_COMMAND} characters`),
);
const HOW_LONG = 'a duration is written like 500ms, 10s or 5m';
const HOW_MUCH = 'a size is written like 256M or 1G';
// What a conversion follows must come before it, or the JSON Schema would not have it.
const durationFor = (what: string) =>
	v.pipe(
		v.union(
			[
				v.pipe(v.string(), v.regex(/^\d{1,8}(\.\d{1,3})?(ms|s|m|h|d)?$|^\$\{[^}]+\}$/, HOW_LONG)),
				v.pipe(v.number(), v.minValue(0, HOW_LONG), v.maxValue(86_400, HOW_LONG)),
			],
			HOW_LONG,
		),
		v.description(what),
		v.transform(String),
	);
const sizeFor = (what: string) =>
	v.pipe(
		v.union(
			[
				v.pipe(v.string(), v.regex(/^\d{1,15}[KMGTkmgt]?$/, HOW_MUCH)),
				v.pipe(v.number(), v.integer(HOW_MUCH), v.minValue(0, HOW_MUCH)),
			],
			HOW_MUCH,
		),
		v.description(what),
		v.transform(String),
	);
const SCALAR = v.union([v.string(), v.number(), v.boolean(), v.null()], 'a single value is wanted here');

const ENV = v.pipe(
	v.record(
		v.pipe(
			v.string(),
			v.regex(
				/^(?!BPFPIPE_(?:ACK|CHECK|LIFELINE|LOG_PRIORITY|READY|RESUMED|RUN|SYNTHETIC)$)[A-Za-z_][A-Za-z0-9_]*$/,
				'the name of an environment variable is letters, digits and _; BPFPIPE_ACK and the like are set by bpfpipe',
			),
		),
		v.string('the value of an environment variable is text; put it in quotes'),
	),
	v.description('environment variables; a value may use ${settings}'),
);
const GRACE = durationFor('how long a stage may take to end before it is killed (5s)');
const WHO = 'a user is a name or a number';
const USER = v.pipe(
	v.union(
		[
			v.pipe(v.string(), v.regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,30}\$?$|^\d{1,10}$/, WHO)),
			v.pipe(v.number(), v.integer(WHO), v.minValue(0, WHO)),
		],
		WHO,
	),
	v.description('the user to run as; only root can change it'),
	v.transform(String),
);
const HOW_NICE = 'nice is a whole number from -20 to 19';

const STAGE_MAP = v.strictObject({
	run: v.pipe(COMMAND, v.description('the program and its options; no shell, but ${settings} are filled in')),
	name: v.optional(
		v.pipe(NAME, v.description('how status and logs call this stage (the name of its program)')),
	),
	shell: v.optional(
		v.pipe(
			v.boolean('shell is true or false'),
			v.description('give "run" to sh -c as it stands; settings are there as $SETTING_NAME'),
		),
	),
	fallback: v.optional(
		v.pipe(COMMAND, v.description('what runs in its place, marked synthetic, while it cannot be had')),
	),
	hint: v.optional(
		v.pipe(v.string(), v.description('what to tell the operator when the fallback takes over')),
	),
	env: v.optional(ENV),
	grace: v.optional(GRACE),
	ready: v.optional(
		durationFor(
			'the stage says that it is ready with a newline on descriptor 4, within this time; those before it wait',
		),
	),
	user: v.optional(USER),
	cwd: v.optional(
		v.pipe(v.string(), v.description('the folder to run in, as a full path; it may use ${settings}')),
	),
	nice: v.optional(
		v.pipe(
			v.number(HOW_NICE),
			v.integer(HOW_NICE),
			v.minValue(-20, HOW_NICE),
			v.maxValue(19, HOW_NICE),
			v.description('lower priority, 1 to 19; root may also raise it, down to -20'),
		),
	),
	memory_max: v.optional(sizeFor('private memory the stage may have before it ends, at least 64M')),
});

const STAGE = v.union(
	[COMMAND, STAGE_MAP],
	`a stage is a command, or a map with ${Object.keys(STAGE_MAP.entries).join(', ')}`,
);

const PIPELINE = v.strictObject({
	stages: v.pipe(
		v.array(STAGE),
		v.minLength(1, 'a pipeline needs at least one stage'),
		v.description('the programs, from source to sink'),
	),
	delivery: v.optional(
		v.pipe(
			v.picklist(['best-effort', 'at-least-once'], 'delivery is best-effort or at-least-once'),
			v.description('at-least-once restarts the whole pipeline from what the last stage has confirmed'),
		),
	),
	restart: v.optional(
		v.pipe(
			v.picklist(['always', 'on-failure', 'never'], 'restart is always, on-failure or never'),
			v.description('whether a stage that ends is started again (on-failure)'),
		),
	),
	restart_delay: v.optional(
		v.pipe(
			v.string('restart_delay is written like 200ms..30s'),
			v.regex(/^[^.]+\.\.[^.]+$/, 'restart_delay is written like 200ms..30s'),
			v.description('the shortest and the longest delay before a stage is started again (200ms..30s)'),
		),
	),
	retry: v.optional(durationFor('how long a fallback runs before the stage itself is tried again (10s)')),
	late: v.optional(
		durationFor(
			'how long nothing may be acknowledged, or a stage complain, before status says so (30s, and two steps of every)',
		),
	),
	when: v.optional(
		v.pipe(
			v.record(v.string(), v.union([SCALAR, v.array(SCALAR)])),
			v.description('run only when these settings have these values; true = is set, a list = one of'),
		),
	),
	env: v.optional(ENV),
	grace: v.optional(GRACE),
	user: v.optional(USER),
});

/** A whole pipeline file. */
export const FILE = v.strictObject({
	name: v.optional(
		v.pipe(NAME, v.description('what the supervisor is called; without it the name of the file')),
	),
	env_prefix: v.optional(
		v.pipe(
			v.string(),
			v.regex(/^[A-Z][A-Z0-9_]*$/, 'env_prefix is upper-case letters, digits and _'),
			v.description('environment variables that begin so override settings'),
		),
	),
	settings: v.optional(
		v.pipe(
			v.record(v.string(), v.unknown()),
			v.description('named values, nested as you like, used as ${a.b}'),
		),
	),
	pipelines: v.pipe(v.record(NAME, PIPELINE), v.description('straight lines of stages, by name')),
});

export type File = v.InferOutput<typeof FILE>;
export type PipelineFile = v.InferOutput<typeof PIPELINE>;
export type StageFile = v.InferOutput<typeof STAGE>;

const KEYS_AT: readonly (readonly string[])[] = [FILE, PIPELINE, STAGE_MAP].map(({ entries }) =>
	Object.keys(entries),
);

/** The keys that a map may have, `depth` steps below the top of the file. */
export const keysAt = (depth: number): readonly string[] => KEYS_AT[depth === 0 ? 0 : depth === 2 ? 1 : 2]!;
