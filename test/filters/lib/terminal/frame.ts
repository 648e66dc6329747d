// The whole board as text, of a history that was filled here: what stands where, at any size.

import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createHistory } from '../../../../filters/lib/history/history.ts';
import type { Measure, Notice } from '../../../../filters/lib/record.ts';
import { frameOf, type Scene } from '../../../../filters/lib/terminal/frame.ts';
import { itemsOf, namesIn } from '../../../../filters/lib/terminal/items.ts';
import { roomFor, windowOf } from '../../../../filters/lib/terminal/layout.ts';
import { START, type State } from '../../../../filters/lib/terminal/state.ts';
import { lineText, widthOf } from '../../../../filters/lib/terminal/text.ts';
import { gaugeOf, histogramOf, noticeOf } from '../../../data/measures.ts';

const test = suite('terminal: frame');

const NOW = 1_763_712_000_000;

/** What there is to see of some records `age` ms after the last of them. */
const sceneOf = (records: Measure[], state: State = START, age = 500, notices: Notice[] = []): Scene => {
	let now = NOW;
	const history = createHistory({ span: 3_600_000, maxSeries: 1000, maxBytes: 1 << 26, clock: () => now });
	for (const record of records) assert.is(history.take(record), '');
	now += age;
	for (const notice of notices) history.notice(notice);
	const metrics = history.metrics();
	const items = itemsOf(history, metrics.metrics, metrics.newest ?? now, state);
	const item = items.find(({ key }) => key === state.selected) ?? items[0];
	const to = metrics.newest ?? now;
	const chart =
		item && history.columns({ ...item.name, attributes: {}, from: to - 300_000, to, columns: 60, limit: 1 });
	return { metrics, items, chart, notices, message: '', isOver: false, now, offset: 0 };
};

const PLAIN = { width: 80, height: 24, depth: 1, theme: 'dark' } as const;
/** The frame as text, line by line, and each of the right width. */
const shown = (scene: Scene, state: State = START, size: Parameters<typeof frameOf>[2] = PLAIN): string[] => {
	const lines = frameOf(scene, state, size).map((line) =>
		lineText(line, size.width, size.depth).replaceAll(/\x1b\[[\d;]*m/g, ''),
	);
	assert.is(lines.length, size.height);
	for (const line of lines) assert.is(widthOf(line), size.width, line);
	return lines;
};

/** A minute of prints: each second `count` in [1, 2), a tenth of it in [8, 16). */
const minute = (metric: string, count: number, comm = 'nginx', more: object = {}): Measure[] =>
	Array.from({ length: 61 }, (_, at) =>
		histogramOf(
			[
				[1, 2, count * at],
				[8, 16, Math.floor((count * at) / 10)],
			],
			{ ts: NOW - 60_000 + at * 1000, metric, unit: 'us', attributes: { comm }, ...more },
		),
	) as Measure[];

test('the busiest first, with its rate and the buckets of its percentiles', () => {
	const lines = shown(sceneOf([...minute('slow', 10), ...minute('fast', 200)]));
	assert.match(lines[0]!, /^ bpfpipe {3}2 metrics, 2 series +data 0\.5 s old $/);
	assert.match(lines[2]!, /^> fast +220\/s +8 – 16 µs /);
	assert.match(lines[3]!, /^ {2}slow +11\/s +8 – 16 µs /);
	assert.match(lines[4]!, /^─ fast \(us\) {2}1 series {2}last 5 min ─+$/);
	assert.match(
		lines[5]!,
		/^ {2}p50 1 – 2 µs {3}p90 1 – 2 µs {3}p99 8 – 16 µs {3}slowest 8 – 16 µs {3}220\/s/,
	);
	assert.match(lines.join('\n'), /\n {5}1 µs .*@/);
	assert.match(lines.at(-1)!, /j k choose .* q quit/);
});

test('divided by an attribute, found by a part of a name, in other orders', () => {
	const records = [...minute('m', 10, 'aa'), ...minute('m', 30, 'bb'), ...minute('n', 20, 'aa')];
	const titles = (state: Partial<State>) =>
		sceneOf(records, { ...START, ...state }).items.map(
			({ name, part }) => `${name.metric} ${part?.value ?? '-'}`,
		);
	assert.equal(titles({}), ['m -', 'n -']);
	assert.equal(titles({ by: 'comm' }), ['m bb', 'n aa', 'm aa']);
	assert.equal(titles({ by: 'comm', sort: 'name' }), ['m aa', 'm bb', 'n aa']);
	assert.equal(titles({ by: 'comm', filter: 'COMM=A' }), ['n aa', 'm aa']);
	assert.equal(titles({ filter: 'nothing' }), []);
	assert.match(shown(sceneOf(records, { ...START, filter: 'zzz' }))[1]!, /no name contains that/);
	assert.equal(namesIn(sceneOf(records).metrics.metrics), ['comm']);
	const slow = Array.from({ length: 61 }, (_, at) =>
		histogramOf([[4096, 8192, at]], { ts: NOW - 60_000 + at * 1000, metric: 'z', unit: 'us' }),
	) as Measure[];
	assert.is(sceneOf([...records, ...slow], { ...START, sort: 'slowest' }).items[0]!.name.metric, 'z');
});

test('sample data, silence and the end are told in words, whatever there are of colours', () => {
	const sample = shown(sceneOf(minute('m', 10, 'a', { synthetic: true })));
	assert.match(sample[0]!, / SAMPLE *$/);
	assert.match(sample[1]!, /^ SAMPLE DATA: a replay or a fallback/);
	assert.match(sample.find((line) => line.startsWith('>'))!, /\[SAMPLE\] m/);
	assert.match(sample.find((line) => line.startsWith('─'))!, /\[SAMPLE\] m/);
	const stale = shown(sceneOf(minute('m', 10), START, 120_000));
	assert.match(stale[0]!, /data 2 min old +STALE/);
	assert.match(stale[2]!, /\[STALE\] m/);
	assert.match(shown({ ...sceneOf(minute('m', 10)), isOver: true })[0]!, /INPUT ENDED/);
	assert.match(shown(sceneOf(minute('m', 10)), { ...START, isFrozen: true })[0]!, /FROZEN/);
	assert.match(shown(sceneOf([]))[0]!, /waiting for records/);
	const half = sceneOf([...minute('m', 10), ...minute('n', 10, 'a', { synthetic: true })]);
	assert.match(shown(half)[1]!, /^ SAMPLE DATA: in part a replay/);
});

test('the last line: what is typed, what is said, the newest notice, the keys', () => {
	const scene = sceneOf(minute('m', 10), START, 500, [
		noticeOf('lost_events', { ts: NOW, count: 17, detail: 'of m' }),
	]);
	assert.match(shown(scene).at(-1)!, /^ notice lost_events 17: of m {3}j k/);
	assert.match(shown({ ...scene, message: 'board: warning: x' }).at(-1)!, /^board: warning: x/);
	assert.match(shown(scene, { ...START, isTyping: true, filter: 'ab' }).at(-1)!, /^\/ab█/);
	assert.match(shown(scene, { ...START, filter: 'm', by: 'comm' }).at(-1)!, /^ \/m {3}by comm {3}notice/);
});

test('names from outside are text on one line: no escape, no line of their own', () => {
	const name = '\x1b[2J\nevil\u202e';
	const lines = shown(sceneOf(minute(name, 10, name)), { ...START, by: undefined });
	assert.not.match(lines.join(''), /[\x00-\x1f\u202e]/);
	assert.match(lines.join('\n'), /␛\[2J␊evil/);
});

test('figures of a unit that is too long stay apart', () => {
	const unit = 'a'.repeat(40);
	const lines = shown(sceneOf(minute('m', 10, 'nginx', { unit })), START, { ...PLAIN, width: 140 });
	const chosen = lines.find((line) => line.startsWith('>'))!;
	assert.match(chosen, / 11\/s 1 – 2 a+… 1 – 2 a+… 8 – 16 a+… /, chosen);
	const gauges = Array.from({ length: 3 }, (_, at) =>
		gaugeOf(at, { ts: NOW - 3000 + at * 1000, metric: 'g'.repeat(80), unit }),
	) as Measure[];
	assert.match(shown(sceneOf(gauges)).find((line) => line.startsWith('>'))!, /g… 2 a+… /);
});

test('a long list is a window in which the chosen line is; what is not seen is counted', () => {
	assert.equal([windowOf(10, 0, 4), windowOf(10, 5, 4), windowOf(10, 9, 4), windowOf(3, 2, 4)], [0, 3, 6, 0]);
	const many = Array.from({ length: 40 }, (_, at) =>
		minute(`m${String(at).padStart(2, '0')}`, 400 - at * 10),
	).flat();
	const scene = sceneOf(many);
	const chosen = { ...START, selected: scene.items[30]!.key };
	const lines = shown({ ...scene }, chosen);
	assert.match(lines[1]!, /^ {2}40 lines, 2[89] to 3\d/);
	assert.match(lines.find((line) => line.startsWith('>'))!, /m30/);
});

test('property: any size has its lines and no line is wider; small ones have no chart', () => {
	const scenes = [
		sceneOf([...minute('m', 10), ...minute('日本語'.repeat(9), 20)]),
		sceneOf([]),
		sceneOf(minute('m', 10, 'a', { synthetic: true })),
	];
	const size = fc.record({
		width: fc.integer({ min: 20, max: 220 }),
		height: fc.integer({ min: 5, max: 70 }),
		depth: fc.constantFrom(1, 4, 8, 24),
		theme: fc.constantFrom('dark', 'light'),
	});
	const state = fc.record({ isWide: fc.boolean(), isHelp: fc.boolean(), isShare: fc.boolean() });
	fc.assert(
		fc.property(fc.constantFrom(...scenes), size, state, (scene, some, more) => {
			shown(scene, { ...START, ...more }, some as typeof PLAIN);
		}),
	);
	assert.is(roomFor({ ...PLAIN, height: 15 }, 3, START, false).chart, 0);
	assert.ok(roomFor({ ...PLAIN, height: 16 }, 3, START, false).chart > 6);
});

test.run();
