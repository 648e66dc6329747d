// settings: named values of a pipeline file, nested as the reader likes, and what overrides them
// Order, later wins: the file, --settings FILE, environment variables under env_prefix, --set key=value.

import { EXIT, Failure } from '../filters/lib/failure.ts';

/** One setting: always a single value. */
export type Value = string | number | boolean | null;

/** Settings by dotted path: `server.http.port`. */
export type Settings = ReadonlyMap<string, Value>;

const isValue = (value: unknown): value is Value => value === null || typeof value !== 'object';

/**
 * Nested maps as dotted paths; `place` says where a path stands in its file.
 * @throws Failure(78) for a list, which no `${name}` could stand for.
 */
export const flatten = (
	tree: object,
	place: (path: string[]) => string,
	above: string[] = [],
): Map<string, Value> => {
	const flat = new Map<string, Value>();
	for (const [key, value] of Object.entries(tree)) {
		const path = [...above, key];
		if (Array.isArray(value)) {
			throw new Failure(
				EXIT.config,
				`${place(path)}: setting "${path.join('.')}" is a list; write single values`,
			);
		}
		if (isValue(value)) flat.set(path.join('.'), value);
		else for (const [inner, innerValue] of flatten(value, place, path)) flat.set(inner, innerValue);
	}
	return flat;
};

/** `server.http.port` under the prefix `EBPF_SIDECAR` is `EBPF_SIDECAR_SERVER_HTTP_PORT`. */
export const variableName = (prefix: string, path: string): string =>
	`${prefix}_${path.replace(/[^a-zA-Z0-9]/g, '_').toUpperCase()}`;

type Sources = {
	builtin: Record<string, string>;
	settingsFile?: string;
	env: NodeJS.ProcessEnv;
	set: string[];
};

/**
 * The settings in force.
 * @throws Failure(78) when a file or --set names a setting that the pipeline file does not have.
 */
export const withOverrides = (
	own: Settings,
	more: Settings,
	prefix: string | undefined,
	sources: Sources,
): Settings => {
	const inForce = new Map(own);
	const override = (path: string, value: Value, where: string) => {
		if (!own.has(path))
			throw new Failure(EXIT.config, `${where}: the pipeline file has no setting "${path}"`);
		inForce.set(path, value);
	};
	for (const [path, value] of more) override(path, value, sources.settingsFile ?? '--settings');
	for (const path of prefix ? own.keys() : []) {
		const value = sources.env[variableName(prefix!, path)];
		if (value !== undefined) inForce.set(path, value);
	}
	for (const [path, value] of pairsOfSet(sources.set)) override(path, value, '--set');
	for (const [path, value] of Object.entries(sources.builtin)) inForce.set(path, value);
	// A setting may be built from others: log: ${bpfpipe.logs}/cpu-lat.log
	for (const [path, value] of inForce) {
		if (typeof value === 'string') inForce.set(path, substitute(value, inForce, `setting "${path}"`));
	}
	return inForce;
};

// A value may hold a comma, so each --set is one pair.
const pairsOfSet = (set: string[]): [string, string][] =>
	set.map((text) => {
		const at = text.indexOf('=');
		if (at < 1) throw new Failure(EXIT.usage, `--set: "${text}" is not of the form name=value`);
		return [text.slice(0, at), text.slice(at + 1)];
	});

// A setting made of settings made of settings ... : deep enough for people, shallow enough for a loop.
const DEEPEST = 10;

/**
 * `text` with every `${path}` replaced by its value; `$${` stands for a plain `${`.
 * @throws Failure(78) for a path that is no setting.
 */
export const substitute = (text: string, settings: Settings, where: string, depth = 0): string =>
	text.replace(/\$\$\{|\$\{([^}]*)\}/g, (match, path: string | undefined) => {
		if (path === undefined) return '${';
		if (!settings.has(path)) {
			throw new Failure(EXIT.config, `${where}: there is no setting "${path}"; add it under "settings:"`);
		}
		if (depth > DEEPEST) throw new Failure(EXIT.config, `${where}: "${match}" refers to itself`);
		return substitute(String(settings.get(path) ?? ''), settings, where, depth + 1);
	});
