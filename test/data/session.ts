// session: a short input for every kind of stdin that a stage may have, with barriers in it, and what can spoil it
// A stage's header names the kind (`stdin:  records`); a new kind of input gets its session here.

import { cycleAt, textOf } from './published.ts';

export type Session = {
	/** Its lines, control lines among them, each print behind its `#!ts`, a barrier before each, `#!end` at the end. */
	lines: string[];
	/** Lines that are no such input: each is left out and reported, or printed as it stands. */
	broken: string[];
	/** Lines of types that no stage knows; they pass, or are counted. */
	foreign: string[];
};

const PRINTS = 6;
const START_MS = 1763712000000;
// Two and a half prints a second, so that a window of a second holds some and ends within none.
const APART_MS = 400;

const barrier = (at: number): string => `#!pos ${JSON.stringify({ at })}`;
const timeOf = (print: number): number => START_MS + print * APART_MS;

/** The prints of a source with a barrier before each, as bpftrace-tail writes them. */
const sessionOf = (print: (at: number) => string[], broken: string[], foreign: string[] = []): Session => ({
	lines: [
		...Array.from({ length: PRINTS }, (_, at) => [
			barrier(at),
			`#!ts ${(timeOf(at) / 1000).toFixed(3)}`,
			...print(at),
		]).flat(),
		barrier(PRINTS),
		'#!end',
	],
	broken,
	foreign,
});

const FOREIGN = [
	'{"type":"zebra","n":  1.0,"é":"\\u0001"}',
	'{"type":"zebra","a":[1,2]}',
	'{"type":"yak"}',
	'{"type":"zebra","n":-0}',
];

const BROKEN = ['{"type":"histogram","ts":', '{"type":"sum","ts":"noon"}', 'no record', '[]', '{"type":5}'];

const recordsAt = (at: number): string[] => {
	const common = { ts: timeOf(at), host: 'web1', metric: 'lat', unit: 'us' };
	const buckets = [
		[0, 1, 5 + at],
		[4, 8, 2 * at + 1],
	];
	const records = [
		{ type: 'histogram', ...common, attributes: { comm: 'a' }, temporality: 'cumulative', buckets },
		{ type: 'histogram', ...common, attributes: { comm: 'b' }, temporality: 'cumulative', buckets },
		{
			type: 'sum',
			...common,
			metric: 'calls',
			attributes: {},
			temporality: 'cumulative',
			monotonic: true,
			value: 10 * at + 3,
		},
		{
			type: 'sum',
			...common,
			metric: 'bytes',
			attributes: {},
			temporality: 'delta',
			monotonic: true,
			value: at + 1,
		},
		{ type: 'gauge', ...common, metric: 'load', attributes: {}, value: at },
	];
	return records.map((record) => JSON.stringify(record));
};

const bpftraceAt = (at: number): string[] => [
	'@us[a]: ',
	`[0]                  ${5 + at} |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|`,
	`[4, 8)               ${2 * at + 1} |@@@@@@@@@                                           |`,
	'',
	`@calls: ${10 * at + 3}`,
	'',
];

/** By what stands behind `stdin:` in a stage's header. */
export const SESSIONS: Record<string, Session> = {
	records: sessionOf(recordsAt, BROKEN, FOREIGN),
	'bpftrace text': sessionOf(bpftraceAt, [], FOREIGN),
	cycles: sessionOf(
		(at) =>
			textOf(cycleAt(at + 1))
				.trimEnd()
				.split('\n'),
		BROKEN,
		FOREIGN,
	),
	'Graphite lines': sessionOf(
		(at) => [0, 1, 4].map((lower) => `web1.lat.${lower} ${at + lower} ${Math.floor(timeOf(at) / 1000)}`),
		['web1.lat.0 many 1763712000', 'web1.lat.0', '../etc 1 1763712000'],
	),
	'any lines': sessionOf((at) => [`line ${at}`, '', `é ${at}`], []),
};
