// stages: where the time of a packet goes: the stages stacked at p50, p95 and p99, and the heat map of each

import { intervalText, valueText } from '../../lib/chart/quantity.ts';
import type { ColumnsAnswer, Group, Row } from '../../lib/history/answers.ts';
import { choice, el, setAttribute } from '../parts/dom.ts';
import { percentileOf, stagesOf, totalOf } from './figures.ts';
import { type KeaModel, lostOf, NONE, named } from './model.ts';
import { createPanel } from './table.ts';
import { createTimingTable, PERCENTS } from './timings.ts';

const COLOURS = 8;
const ALL = '';

type Piece = { stage: string; interval: Row | undefined };
type Stack = { percent: number; pieces: Piece[]; whole: Row | undefined };

/** Where an interval ends as it is drawn: one without an end at twice its beginning, marked as open. */
const endOf = ([lower, upper]: Row): number => (upper === null ? 2 * Number(lower ?? 0) : Number(upper));
const beginOf = ([lower]: Row): number => Number(lower ?? 0);

/** The stages' percentiles beside those of the whole packet. */
const stackOf = (
	percent: number,
	stages: ColumnsAnswer,
	groups: Group[],
	whole: ColumnsAnswer | undefined,
): Stack => ({
	percent,
	pieces: groups.map((group) => ({
		stage: group.name ?? '',
		interval: percentileOf(stages, group, percent),
	})),
	whole: whole?.groups[0] && percentileOf(whole, whole.groups[0], percent),
});

/** Both ends of what the stages make together; open where one of them is. */
const together = ({ pieces }: Stack): Row | undefined => {
	const known = pieces.flatMap(({ interval }) => (interval ? [interval] : []));
	if (known.length === 0) return undefined;
	const isOpen = known.some(([, upper]) => upper === null);
	return [
		known.reduce((sum, one) => sum + beginOf(one), 0),
		isOpen ? null : known.reduce((sum, one) => sum + endOf(one), 0),
	];
};

const sentence = (stack: Stack, unit: string): string => {
	const all = together(stack);
	const parts = stack.pieces
		.filter(({ interval }) => interval)
		.map(({ stage, interval }) => `${named(stage, 30)} ${intervalText(interval!, unit)}`);
	return `p${stack.percent} of each stage: ${parts.join(', ')}; stacked ${all ? intervalText(all, unit) : NONE}; p${stack.percent} of the whole packet ${stack.whole ? intervalText(stack.whole, unit) : NONE}`;
};

const place = (node: HTMLElement, left: number, width: number): HTMLElement => {
	node.style.left = `${left * 100}%`;
	node.style.width = `${width * 100}%`;
	return node;
};

/** One bar: the pieces behind each other, each solid up to its lower bound and hatched to its upper one. */
const barOf = (stack: Stack, unit: string): HTMLElement => {
	const { pieces, whole, percent } = stack;
	const most = Math.max(
		pieces.reduce((sum, { interval }) => sum + (interval ? endOf(interval) : 0), 0),
		whole ? endOf(whole) : 0,
	);
	const bar = el('div', { class: 'stack-bar' });
	let at = 0;
	pieces.forEach(({ stage, interval }, index) => {
		if (!interval || !(most > 0)) return;
		const [begin, end] = [beginOf(interval) / most, endOf(interval) / most];
		const tone = `stage-${index % COLOURS}`;
		const label = end > 0.05 ? el('span', { class: 'stack-words' }, named(stage, 20)) : undefined;
		bar.append(
			place(el('i', { class: `${tone} surely` }), at, begin),
			place(el('i', { class: `${tone} perhaps` }), at + begin, end - begin),
			place(el('b', { class: 'stack-label' }, label), at, end),
		);
		at += end;
	});
	const under = el('div', { class: 'whole-bar' });
	if (whole && most > 0) {
		const [begin, end] = [beginOf(whole) / most, endOf(whole) / most];
		under.append(
			place(el('i', { class: 'surely' }), 0, begin),
			place(el('i', { class: 'perhaps' }), begin, end - begin),
		);
	}
	const all = together(stack);
	const node = el(
		'div',
		{ class: 'stack', role: 'img' },
		el('strong', { class: 'stack-name' }, `p${percent}`),
		el('div', { class: 'stack-bars' }, bar, under),
		el(
			'span',
			{ class: 'stack-end' },
			el('span', {}, `stages ${all ? intervalText(all, unit) : NONE}`),
			el('span', {}, `whole ${whole ? intervalText(whole, unit) : NONE}`),
			el('span', { class: 'scale' }, `bar: 0 – ${valueText(most, unit)}`),
		),
	);
	setAttribute(node, 'aria-label', sentence(stack, unit));
	return node;
};

export const createStages = (choose: (message: string | undefined) => void) => {
	const message = choice('Message', (value) => choose(value === ALL ? undefined : value));
	const legend = el('ul', { class: 'stage-legend' });
	const stacks = el('div', { class: 'stacks' });
	const words = el(
		'p',
		{ class: 'about' },
		'A percentile is known as a bucket: solid up to its lower bound, hatched to its upper one; the stack is of the upper bounds. Percentiles do not add up: a packet that is slow in one stage is seldom slow in all of them, so the stack is not the percentile of the whole packet, which is the thin bar below it. Each bar has a scale of its own.',
	);
	const table = createTimingTable('Stages of a packet', 'Stage', 'stage', 'Packets');
	const panel = createPanel('Where does the time go?', message.node, legend, stacks, words, table.node);
	let before = '';
	return {
		node: panel.node,
		render: (model: KeaModel) => {
			const { answers, lost, view } = model;
			const { stages, whole } = answers;
			const groups = stagesOf(answers);
			const known = (answers.answered?.all.groups ?? []).map(({ name = '' }) => name);
			const chosen = view.kea.message ?? ALL;
			const messages = [...new Set([...known, ...(chosen === ALL ? [] : [chosen])])].sort();
			message.set(
				[[ALL, 'all messages'], ...messages.map((name): [string, string] => [name, named(name, 30)])],
				chosen,
			);
			panel.about(stages ? 'the stages of a packet are one after the other' : `${NONE} not measured`);
			panel.lost([...lostOf(lost, /the stage|stage "|counted in|the end of/), ...(stages?.remarks ?? [])]);
			const counted = groups.filter((group) => Number(totalOf(group)) > 0);
			const all = stages ? PERCENTS.map((percent) => stackOf(percent, stages, counted, whole)) : [];
			const now = JSON.stringify(all);
			if (now !== before) {
				before = now;
				stacks.replaceChildren(...all.map((stack) => barOf(stack, stages!.unit)));
				legend.replaceChildren(
					...counted.map(({ name = '' }, index) =>
						el('li', {}, el('i', { class: `stage-${index % COLOURS} surely swatch` }), named(name, 30)),
					),
				);
			}
			words.hidden = all.length === 0;
			table.render(model, stages, groups);
		},
	};
};
