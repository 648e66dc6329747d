// modules: what the sidecar is made of: which metrics are whose, how each module is, and how it is set
// A module is a pipeline of the supervisor of the same name, where there is a supervisor.

import { replaceFile } from '../disk/replace.ts';
import { EXIT, Failure } from '../failure.ts';
import { Fault } from '../grpc/fault.ts';
import { duration } from '../options.ts';
import type { Kept } from './kept.ts';
import { metricsOf, type Timestamp, timestampOf } from './message.ts';
import type { Pipeline, Supervisor } from './supervisor.ts';

export type ModuleStatus = {
	name: string;
	enabled: boolean;
	running: boolean;
	last_error: string;
	metric_count: number;
	last_collected: Timestamp | null;
};

/** A module and the beginnings of its metrics' names; the one without any has all others. */
export type Module = { name: string; prefixes: string[] };

/**
 * `NAME` or `NAME=PREFIX,PREFIX`, several times.
 * @throws Failure(64) for a name that is none or comes twice, and for two modules that have all others.
 */
export const modulesIn = (texts: readonly string[], where: string): Module[] => {
	const modules = texts.map((text): Module => {
		const [, name, prefixes] = /^([A-Za-z][\w-]*)(?:=([\w:.-]+(?:,[\w:.-]+)*))?$/.exec(text) ?? [];
		if (name === undefined)
			throw new Failure(EXIT.usage, `${where}: "${text}" is not NAME or NAME=PREFIX,PREFIX`);
		return { name, prefixes: prefixes?.split(',') ?? [] };
	});
	if (new Set(modules.map(({ name }) => name)).size < modules.length)
		throw new Failure(EXIT.usage, `${where}: a module is named twice`);
	if (modules.filter(({ prefixes }) => prefixes.length === 0).length > 1)
		throw new Failure(EXIT.usage, `${where}: only one module can have all other metrics`);
	return modules;
};

export type ModulesOptions = {
	modules: Module[];
	kept: () => Kept;
	/** Whether what comes is fresh. */
	isFlowing: () => boolean;
	supervisor: Supervisor | undefined;
	/** A file of settings that the supervisor reads again at a reload, and which setting is the interval. */
	settings: { path: string; interval: string } | undefined;
};

export type Modules = {
	/** @throws Fault NOT_FOUND for a name that is none. */
	check: (names: readonly string[]) => void;
	moduleOf: (metric: string) => string;
	status: (names: readonly string[]) => Promise<ModuleStatus[]>;
	/** @throws Fault when it is not allowed, not possible, or the supervisor refuses. */
	configure: (name: string, enabled: boolean, config: string) => Promise<void>;
};

const LEAST_INTERVAL_MS = 100;
const MOST_INTERVAL_MS = 3_600_000;
/** States of a pipeline that somebody has stopped, or that never began. */
const OFF = new Set(['STOPPED', 'STOPPING', 'EXITED']);

/** `a.b` with a value as nested maps, which YAML reads. */
const nested = (path: string, value: string): string =>
	JSON.stringify(path.split('.').reduceRight<unknown>((inner, name) => ({ [name]: inner }), value));

/** The interval that is asked for as it is written; undefined where nothing is. */
const intervalIn = (config: string): string | undefined => {
	if (config.trim() === '') return undefined;
	let given: unknown;
	try {
		given = JSON.parse(config);
	} catch {
		throw new Fault('INVALID_ARGUMENT', 'config_json is no JSON; write for example {"interval":"5s"}');
	}
	const isMap = typeof given === 'object' && given !== null && !Array.isArray(given);
	const stranger = isMap ? Object.keys(given as object).find((key) => key !== 'interval') : '';
	if (stranger !== undefined)
		throw new Fault('INVALID_ARGUMENT', `config_json: only "interval" can be set, not "${stranger}"`);
	const { interval } = given as { interval?: unknown };
	if (interval === undefined) return undefined;
	try {
		const ms = duration(String(interval), 'interval');
		if (ms >= LEAST_INTERVAL_MS && ms <= MOST_INTERVAL_MS) return String(interval);
	} catch {}
	throw new Fault('INVALID_ARGUMENT', `"${interval}" is no interval from 100ms to 1h`);
};

export const createModules = (options: ModulesOptions): Modules => {
	const { modules, kept, isFlowing, supervisor, settings } = options;
	const names = modules.map(({ name }) => name);
	const rest = modules.find(({ prefixes }) => prefixes.length === 0)?.name ?? 'other';

	const check = (asked: readonly string[]) => {
		const stranger = asked.find((name) => !names.includes(name) && name !== rest);
		if (stranger !== undefined)
			throw new Fault('NOT_FOUND', `there is no module "${stranger}"; there are ${names.join(', ')}`);
	};
	const pipelines = async (): Promise<{ all: Pipeline[]; trouble: string }> => {
		if (!supervisor) return { all: [], trouble: '' };
		try {
			return { all: await supervisor.status(), trouble: '' };
		} catch (error) {
			return { all: [], trouble: (error as Error).message };
		}
	};
	const status = async (asked: readonly string[]): Promise<ModuleStatus[]> => {
		check(asked);
		const { all, trouble } = await pipelines();
		const newest = kept().newest();
		const wanted = asked.length === 0 ? names : asked;
		return wanted.map((name) => {
			const pipeline = all.find((one) => one.name === name);
			const prints = newest.filter(({ module }) => module === name);
			const records = prints.flatMap((print) => [...print.records.values()]);
			const enabled = pipeline ? !OFF.has(pipeline.state) : true;
			const times = prints.map(({ ts }) => ts);
			return {
				...{ name, enabled },
				running: enabled && (pipeline?.well ?? true) && isFlowing() && prints.length > 0,
				last_error: pipeline?.why ?? trouble,
				metric_count: records.reduce((sum, record) => sum + metricsOf(record).length, 0),
				last_collected: times.length === 0 ? null : timestampOf(Math.max(...times)),
			};
		});
	};
	const configure = async (name: string, enabled: boolean, config: string) => {
		check([name]);
		if (!supervisor)
			throw new Fault('PERMISSION_DENIED', 'modules are not set here; start serve-grpc with --control');
		const interval = intervalIn(config);
		if (interval !== undefined) {
			if (!settings)
				throw new Fault('FAILED_PRECONDITION', 'intervals are not set here; give serve-grpc --settings-file');
			replaceFile(settings.path, `${nested(settings.interval, interval)}\n`);
			await supervisor.reload();
		}
		await (enabled ? supervisor.start(name) : supervisor.stop(name));
	};
	return {
		check,
		moduleOf: (metric) =>
			modules.find(({ prefixes }) => prefixes.some((prefix) => metric.startsWith(prefix)))?.name ?? rest,
		status,
		configure,
	};
};
