// view: what a reader looks at, all of it, as a link holds it: #metric=cpu-lat&range=15m&a.comm=nginx
// It stands behind the #, so that it is never sent to the server. What is not understood in a link is left out.

import type { MetricName } from '../../lib/history/answers.ts';

/** A range of time in milliseconds: the last so many, which goes on, or a fixed one, which does not. */
export type Range = { last: number } | { from: number; to: number };

export type Tab = 'metrics' | 'kea' | 'pipelines' | 'hollow';

export type View = {
	tab: Tab;
	metric?: MetricName;
	host?: string;
	attributes: Record<string, string>;
	/** The attribute (or `host`) whose values are shown side by side. */
	by?: string;
	range: Range;
	/** A part of the range that is compared with the whole. */
	selection?: { from: number; to: number };
	/** Compare with the same range so many milliseconds earlier. */
	earlier?: number;
	theme: 'system' | 'dark' | 'light';
	isShare: boolean;
	hasPercentiles: boolean;
	isTable: boolean;
	/** undefined: as the screen is wide. */
	isWall?: boolean;
	/** Of the Hollow tab: data set, version, another to compare with, type, words to search for. */
	hollow: { set?: string; version?: string; other?: string; type?: string; search?: string };
	/** Of the Kea tab: service, host, the message whose stages are shown, and how much earlier what it compares with is. */
	kea: { service?: string; host?: string; message?: string; earlier?: number };
};

const HOUR = 3_600_000;
const MINUTE = 60_000;

/** The ranges that have a button, shortest first. */
export const RANGES: [name: string, ms: number][] = [
	['5 min', 5 * MINUTE],
	['15 min', 15 * MINUTE],
	['1 h', HOUR],
	['6 h', 6 * HOUR],
	['24 h', 24 * HOUR],
];

/** How far back one may compare. */
export const EARLIER: [name: string, ms: number][] = [
	['5 min', 5 * MINUTE],
	['15 min', 15 * MINUTE],
	['1 h', HOUR],
	['6 h', 6 * HOUR],
	['1 day', 24 * HOUR],
	['1 week', 168 * HOUR],
];

export const emptyView = (): View => ({
	tab: 'metrics',
	attributes: {},
	range: { last: 15 * MINUTE },
	theme: 'system',
	isShare: false,
	hasPercentiles: false,
	isTable: false,
	hollow: {},
	kea: {},
});

const UNITS: [ms: number, name: string][] = [
	[24 * HOUR, 'd'],
	[HOUR, 'h'],
	[MINUTE, 'm'],
	[1000, 's'],
	[1, 'ms'],
];

/** `15m`, `1h`, `90s`. */
const spanText = (ms: number): string => {
	const [size, name] = UNITS.find(([unit]) => ms % unit === 0) ?? [1, 'ms'];
	return `${ms / size}${name}`;
};

const spanOf = (text: string | null): number | undefined => {
	const match = /^(\d{1,15})(ms|s|m|h|d)$/.exec(text ?? '');
	if (!match) return undefined;
	const ms = Number(match[1]) * UNITS.find(([, name]) => name === match[2])![0];
	return Number.isSafeInteger(ms) && ms >= 1000 ? ms : undefined;
};

const pairOf = (text: string | null): { from: number; to: number } | undefined => {
	const match = /^(\d{1,15})-(\d{1,15})$/.exec(text ?? '');
	const [from, to] = [Number(match?.[1]), Number(match?.[2])];
	return match && from < to ? { from, to } : undefined;
};

const HOLLOW = ['set', 'version', 'other', 'type', 'search'] as const;
const KEA = ['service', 'host', 'message'] as const;

/** A view as what stands behind the # of its link. */
export const linkOf = (view: View): string => {
	const link = new URLSearchParams();
	const put = (key: string, value: string | undefined | false) => {
		if (value !== undefined && value !== false) link.append(key, value);
	};
	put('tab', view.tab !== 'metrics' && view.tab);
	if (view.metric) {
		put('metric', view.metric.metric);
		put('unit', view.metric.unit);
		put('type', view.metric.type);
	}
	put('host', view.host);
	for (const [name, value] of Object.entries(view.attributes)) put(`a.${name}`, value);
	put('by', view.by);
	put('range', 'last' in view.range ? spanText(view.range.last) : `${view.range.from}-${view.range.to}`);
	put('select', view.selection && `${view.selection.from}-${view.selection.to}`);
	put('earlier', view.earlier === undefined ? undefined : spanText(view.earlier));
	put('theme', view.theme !== 'system' && view.theme);
	put('scale', view.isShare && 'share');
	put('percentiles', view.hasPercentiles && '1');
	put('table', view.isTable && '1');
	put('wall', view.isWall === undefined ? undefined : view.isWall ? '1' : '0');
	for (const key of HOLLOW) put(`hollow.${key}`, view.hollow[key]);
	for (const key of KEA) put(`kea.${key}`, view.kea[key]);
	put('kea.earlier', view.kea.earlier === undefined ? undefined : spanText(view.kea.earlier));
	return link.toString();
};

const typeIn = (text: string | null): MetricName['type'] =>
	text === 'sum' || text === 'gauge' ? text : 'histogram';

/** The view that a link holds; `query` is what stands behind its ?, of which only `wall` means something. */
export const viewOf = (hash: string, query = ''): View => {
	const link = new URLSearchParams(hash.replace(/^#/, ''));
	const view = emptyView();
	const own = (key: string) => link.get(key) ?? undefined;
	const tab = own('tab');
	if (tab === 'kea' || tab === 'pipelines' || tab === 'hollow') view.tab = tab;
	const metric = own('metric');
	if (metric !== undefined)
		view.metric = { metric, unit: own('unit') ?? '1', type: typeIn(link.get('type')) };
	view.host = own('host');
	view.attributes = Object.fromEntries(
		[...link].filter(([key]) => key.startsWith('a.')).map(([key, value]) => [key.slice(2), value]),
	);
	view.by = own('by');
	const range = link.get('range');
	const last = spanOf(range);
	view.range = last !== undefined ? { last } : (pairOf(range) ?? view.range);
	view.selection = pairOf(link.get('select'));
	view.earlier = spanOf(link.get('earlier'));
	const theme = own('theme');
	if (theme === 'dark' || theme === 'light') view.theme = theme;
	view.isShare = own('scale') === 'share';
	view.hasPercentiles = own('percentiles') === '1';
	view.isTable = own('table') === '1';
	const wall = own('wall') ?? (new URLSearchParams(query).has('wall') ? '1' : undefined);
	view.isWall = wall === undefined ? undefined : wall === '1';
	for (const key of HOLLOW) view.hollow[key] = own(`hollow.${key}`);
	for (const key of KEA) view.kea[key] = own(`kea.${key}`);
	view.kea.earlier = spanOf(link.get('kea.earlier'));
	return view;
};

/** Whether two names mean one metric. */
export const isSameMetric = (a: MetricName | undefined, b: MetricName | undefined): boolean =>
	a?.metric === b?.metric && a?.unit === b?.unit && a?.type === b?.type;
