// settings: named values of a pipeline file, nested as the reader likes, and what overrides them
// Order, later wins: the file, --settings FILE, environment variables under env_prefix, --set key=value.

import { EXIT, Failure } from '../../filters/lib/failure.ts';
import { nearest } from '../../filters/lib/yaml/nearest.ts';
import { collectAll } from './mistakes.ts';
import { spelled, textOf, typed, type Value, Written } from './spelling.ts';

/** Settings by dotted path: `server.http.port`. */
export type Settings = ReadonlyMap<string, Value>;

/** Whether it is a single value, and no map or list. */
export const isValue = (value: unknown): value is Value =>
	value === null || typeof value !== 'object' || value instanceof Written;
const isMap = (value: object): boolean => Object.getPrototypeOf(value) === Object.prototype;

const SETTING_NAME = /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/i;

const refuse = (message: string): never => {
	throw new Failure(EXIT.config, message);
};

/** A list of single values as one text, a comma between; undefined where that would not tell them apart. */
const joined = (list: unknown[]): Value | undefined => {
	const texts = list.filter(isValue).map(textOf);
	return texts.length === list.length && !texts.some((text) => text.includes(','))
		? texts.join(',')
		: undefined;
};

/**
 * Nested maps as dotted paths; `place` says where a path stands in its file. A list of single values is one text: `a,b`.
 * @throws Failure(78) for any other list, which no `${name}` could stand for.
 */
export const flatten = (
	tree: object,
	place: (path: string[]) => string,
	above: string[] = [],
): Map<string, Value> => {
	const flat = new Map<string, Value>();
	const add = (name: string, value: Value, path: string[]) => {
		if (flat.has(name)) refuse(`${place(path)}: setting "${name}" is there twice`);
		flat.set(name, value);
	};
	for (const [key, value] of Object.entries(tree)) {
		const path = [...above, key];
		const name = path.join('.');
		if (!SETTING_NAME.test(key))
			refuse(`${place(path)}: "${key}" cannot name a setting; use letters, digits, - and _`);
		const list = Array.isArray(value) ? joined(value) : undefined;
		if (list !== undefined) add(name, list, path);
		else if (isValue(value)) add(name, value, path);
		else if (!isMap(value)) {
			const what = Array.isArray(value) ? 'a list of more than single values' : 'no plain value';
			refuse(`${place(path)}: setting "${name}" is ${what}; write single values, one name each`);
		} else for (const [inner, innerValue] of flatten(value, place, path)) add(inner, innerValue, path);
	}
	return flat;
};

/** `server.http.port` under the prefix `EBPF_SIDECAR` is `EBPF_SIDECAR_SERVER_HTTP_PORT`. */
export const variableName = (prefix: string, path: string): string =>
	`${prefix}_${path.replace(/[^a-zA-Z0-9]/g, '_').toUpperCase()}`;

/** Variables under the prefix that stand for no setting: most likely mistyped. */
export const strayVariables = (
	own: Settings,
	prefix: string | undefined,
	env: NodeJS.ProcessEnv,
): string[] => {
	if (!prefix) return [];
	const known = [...own.keys()].map((path) => variableName(prefix, path));
	return Object.keys(env)
		.filter((name) => name.startsWith(`${prefix}_`) && !known.includes(name))
		.map(
			(name) => `${name}: this variable stands for no setting of the pipeline file${nearest(name, known)}`,
		);
};

/** Where overrides come from, besides a settings file. */
export type Sources = {
	/** Built-in values, such as where bpfpipe's own files lie. */
	builtin: Record<string, string>;
	/** Settings files, the weakest first. */
	settingsFiles?: string[];
	env: NodeJS.ProcessEnv;
	set: string[];
};

/** Where a setting stands: in the pipeline file, and in the settings file. */
export type Whereabouts = { own: (path: string) => string; more: (path: string) => string };
const NOWHERE: Whereabouts = {
	own: (path) => `setting "${path}"`,
	more: (path) => `--settings, "${path}"`,
};

const YES = new Set(['true', 'yes', 'on', '1']);
const NO = new Set(['false', 'no', 'off', '0']);

/** An overriding value as the type that the file gave the setting, so that `--set on=false` is no text. */
const alike = (before: Value, value: Value, path: string, where: string): Value => {
	const [type, given, text] = [typeof typed(before), typed(value), textOf(value)];
	if (type === 'number') {
		const isNumber = typeof given === 'number' || /^-?\d+(\.\d+)?$/.test(text);
		return isNumber
			? spelled(Number(given), text)
			: refuse(`${where}: setting "${path}" is a number (${textOf(before)}), and "${text}" is not`);
	}
	if (type !== 'boolean') return text;
	if (typeof given === 'boolean') return value;
	if (YES.has(text.toLowerCase())) return true;
	if (NO.has(text.toLowerCase())) return false;
	return refuse(`${where}: setting "${path}" is true or false, and "${text}" is neither`);
};

/** What overrides the file's own values, weakest first. */
const overriding = (
	own: Settings,
	more: Settings,
	prefix: string | undefined,
	sources: Sources,
	where: Whereabouts,
): { path: string; value: Value; where: string }[] => {
	const variables = (prefix ? [...own.keys()] : []).flatMap((path) => {
		const name = variableName(prefix!, path);
		// Set but empty is how container files leave a variable out; --set name= is how to say "empty".
		return sources.env[name] ? [{ path, value: sources.env[name], where: name }] : [];
	});
	return [
		...[...more].map(([path, value]) => ({ path, value, where: where.more(path) })),
		...variables,
		...pairsOfSet(sources.set).map(([path, value]) => ({ path, value, where: '--set' })),
	];
};

/**
 * The settings in force, with every `${other}` in them filled in.
 * @throws Failure(78) when a file or --set names a setting that the pipeline file does not have.
 */
export const withOverrides = (
	own: Settings,
	more: Settings,
	prefix: string | undefined,
	sources: Sources,
	where: Whereabouts = NOWHERE,
): Settings => {
	const inForce = new Map(own);
	collectAll(overriding(own, more, prefix, sources, where), (one) => {
		if (!own.has(one.path)) {
			const hint = nearest(one.path, [...own.keys()]);
			refuse(`${one.where}: the pipeline file has no setting "${one.path}"${hint}`);
		}
		inForce.set(one.path, alike(own.get(one.path)!, one.value, one.path, one.where));
	});
	for (const [path, value] of Object.entries(sources.builtin)) {
		if (own.has(path)) refuse(`${where.own(path)}: setting "${path}" is built in; choose another name`);
		inForce.set(path, value);
	}
	return resolved(inForce, where.own);
};

// A value may hold a comma, so each --set is one pair.
const pairsOfSet = (set: string[]): [string, string][] =>
	set.map((text) => {
		const at = text.indexOf('=');
		if (at < 1) throw new Failure(EXIT.usage, `--set: "${text}" is not of the form name=value`);
		return [text.slice(0, at), text.slice(at + 1)];
	});

// A setting made of settings made of settings ... : deep enough for people.
const DEEPEST = 10;
// As long as one argument of a command may sensibly be.
const LONGEST = 64 * 1024;

/** Settings may be built from others, `log: ${bpfpipe.logs}/cpu-lat.log`; each is worked out once. */
const resolved = (settings: Settings, whereOf: (path: string) => string): Settings => {
	const done = new Map<string, Value>();
	const resolve = (path: string, above: string[]): Value => {
		const value = settings.get(path)!;
		if (done.has(path)) return done.get(path)!;
		if (above.includes(path) || above.length > DEEPEST) {
			const how = above.includes(path) ? 'refers to itself' : 'refers too deep';
			refuse(`${whereOf(above[0]!)}: setting "${above[0]}" ${how}: ${[...above, path].join(', ')}`);
		}
		const inner = (name: string) => resolve(name, [...above, path]);
		const whole = typeof value === 'string' ? fill(value, settings, whereOf(path), inner) : value;
		done.set(path, whole);
		return whole;
	};
	collectAll([...settings.keys()], (path) => resolve(path, []));
	return done;
};

const fill = (
	text: string,
	settings: Settings,
	where: string,
	read: (path: string) => Value | undefined,
): string => {
	let length = text.length;
	return text.replace(/\$\$\{|\$\{([^}]*)\}/g, (_, path: string | undefined) => {
		if (path === undefined) return '${';
		if (!settings.has(path)) {
			const hint = nearest(path, [...settings.keys()]) || '; add it under "settings:"';
			refuse(`${where}: there is no setting "${path}"${hint}`);
		}
		const value = textOf(read(path) ?? '');
		length += value.length;
		if (length > LONGEST) refuse(`${where}: the settings in it make more than ${LONGEST} characters`);
		return value;
	});
};

/**
 * `text` with every `${path}` replaced by its value; `$${` stands for a plain `${`.
 * What a value holds is taken as it is.
 * @throws Failure(78) for a path that is no setting.
 */
export const substitute = (text: string, settings: Settings, where: string): string =>
	fill(text, settings, where, (path) => settings.get(path));
