// json: messages as JSON and questions out of it, as proto3 has it: lowerCamelCase, 64-bit numbers as text, times in words

import { Fault } from '../grpc/fault.ts';
import type { Timestamp } from './message.ts';

/** Fields that are maps: their keys are somebody's own. */
const MAPS = new Set(['labels', 'label_filters', 'advice_counts']);

const camel = (name: string): string =>
	name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const isTimestamp = (value: object): value is Timestamp => 'seconds' in value && 'nanos' in value;
const timeText = ({ seconds, nanos }: Timestamp): string =>
	new Date(Number(seconds) * 1000 + nanos / 1_000_000).toISOString();

/** A message as JSON has it. NaN and infinities are words there. */
export const jsonOf = (value: unknown): unknown => {
	if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
	if (Array.isArray(value)) return value.map(jsonOf);
	if (typeof value !== 'object' || value === null) return value;
	if (isTimestamp(value)) return timeText(value);
	return Object.fromEntries(
		Object.entries(value).map(([name, inner]) => [camel(name), MAPS.has(name) ? inner : jsonOf(inner)]),
	);
};

const refuse = (name: string, text: string, wanted: string): never => {
	throw new Fault('INVALID_ARGUMENT', `${name}=${text.slice(0, 100)} is not ${wanted}`);
};

const timeIn = (name: string, text: string): Timestamp => {
	const ms = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN;
	if (Number.isNaN(ms)) return refuse(name, text, 'a time; write for example 2026-01-31T09:15:00Z');
	return { seconds: String(Math.floor(ms / 1000)), nanos: (ms % 1000) * 1_000_000 };
};
const wholeIn = (name: string, text: string): number =>
	/^\d{1,10}$/.test(text) && Number(text) < 2 ** 32
		? Number(text)
		: refuse(name, text, 'a whole number below 2^32');

/** Every parameter that some question has. */
const EMPTY = () => ({
	modules: [] as string[],
	label_filters: {} as Record<string, string>,
	time_range: null as { start?: Timestamp; end?: Timestamp } | null,
	interval_seconds: 0,
	include_process_stats: false,
	include_diagnostics: false,
	pids: [] as number[],
});
export type Question = ReturnType<typeof EMPTY>;

/** What stands behind the question mark, as the fields of a question. @throws Fault INVALID_ARGUMENT */
export const questionOf = (parameters: URLSearchParams): Question => {
	const question = EMPTY();
	for (const [given, text] of parameters) {
		const label = /^(?:label_filters|labelFilters)\[([^\]]+)\]$/.exec(given)?.[1];
		if (label !== undefined) question.label_filters = { ...question.label_filters, [label]: text };
		else if (!takeField(question, snake(given), text))
			throw new Fault('INVALID_ARGUMENT', `there is no parameter "${given.slice(0, 100)}"`);
	}
	return question;
};

const takeField = (question: Question, name: string, text: string): boolean => {
	switch (name) {
		case 'modules':
			question.modules.push(text);
			return true;
		case 'pids':
			question.pids.push(wholeIn(name, text));
			return true;
		case 'interval_seconds':
			question.interval_seconds = wholeIn(name, text);
			return true;
		case 'include_process_stats':
		case 'include_diagnostics':
			question[name] = text === 'true' || (text !== 'false' && refuse(name, text, 'true or false'));
			return true;
		case 'time_range.start':
		case 'time_range.end':
			question.time_range = {
				...question.time_range,
				[name.endsWith('start') ? 'start' : 'end']: timeIn(name, text),
			};
			return true;
		default:
			return false;
	}
};

/** The body of ConfigureModule. @throws Fault INVALID_ARGUMENT */
export const configurationOf = (body: string): { module: string; enabled: boolean; config_json: string } => {
	let parsed: unknown;
	try {
		parsed = JSON.parse(body);
	} catch {
		throw new Fault('INVALID_ARGUMENT', 'the body is no JSON');
	}
	const isMap = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
	if (!isMap) throw new Fault('INVALID_ARGUMENT', 'the body is no JSON object');
	const fields = Object.entries(parsed as object).map(([name, value]) => [snake(name), value]);
	const given: Record<string, unknown> = Object.fromEntries(fields);
	const { module = '', enabled = false, config_json: config = '', ...others } = given;
	const isFit = typeof module === 'string' && typeof enabled === 'boolean' && typeof config === 'string';
	if (isFit && Object.keys(others).length === 0) return { module, enabled, config_json: config };
	throw new Fault(
		'INVALID_ARGUMENT',
		'the body is {"module": TEXT, "enabled": true or false, "configJson": TEXT}',
	);
};
