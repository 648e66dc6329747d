// pipelines: how the pipelines themselves are, out of what the supervisor records of them

import { shownName } from '../../lib/chart/name.ts';
import { countText } from '../../lib/chart/number.ts';
import { valueText } from '../../lib/chart/quantity.ts';
import { clockText, durationText } from '../../lib/chart/time.ts';
import type { MetricName } from '../../lib/history/answers.ts';
import type { AnyRecord, Exact } from '../../lib/record.ts';
import { recordsAnswer } from '../data/api.ts';
import { createOnce } from '../data/once.ts';
import { button, el, setText } from '../parts/dom.ts';
import { type Health, healthOf, type StageHealth } from './health.ts';

const PAUSE_MS = 3000;
const NAMES = [
	'restarts',
	'up',
	'state',
	'state_seconds',
	'memory',
	'read_bytes',
	'written_bytes',
	'ack_age',
	'ack_lag',
];
/** The supervisor writes every 15 s; after three of them it is silent. */
const SILENCE_MS = 45_000;

const cell = (text: string, className = 'number') => el('td', { class: className }, text);
const bytes = (value: Exact | undefined) => (value === undefined ? '' : valueText(value, 'By'));

const stageRow = ({
	stage,
	state,
	tone,
	restarts,
	seconds,
	memory,
	read,
	written,
}: StageHealth): HTMLElement =>
	el(
		'tr',
		{},
		el('th', { attributes: { scope: 'row' } }, shownName(stage, 60)),
		el('td', {}, el('span', { class: `state ${tone}` }, state)),
		cell(seconds === undefined ? '' : durationText(Number(seconds) * 1000)),
		cell(restarts === undefined ? '' : countText(restarts)),
		cell(bytes(memory)),
		cell(bytes(read)),
		cell(bytes(written)),
	);

const column = (name: string, at: number) =>
	el('th', { class: at > 1 ? 'number' : '', attributes: { scope: 'col' } }, name);

const lagMetric: MetricName = { metric: 'bpfpipe_ack_lag', unit: 'By', type: 'gauge' };

const panelOf = (
	{ host, pipeline, stages, ackAge, ackLag, newest }: Health,
	now: number | undefined,
	offset: number,
	open: (metric: MetricName) => void,
): HTMLElement => {
	const isSilent = now !== undefined && now - newest > SILENCE_MS;
	const age = now === undefined ? '' : durationText(Math.max(0, now - newest));
	const words = [
		`on ${shownName(host, 40)}`,
		isSilent
			? `last known at ${clockText(newest, offset)}, ${age} ago: its supervisor is silent`
			: `${age} old`,
	];
	const ack =
		ackAge === undefined && ackLag === undefined
			? 'best effort: nothing is acknowledged'
			: `acknowledged ${ackAge === undefined ? 'never' : `${durationText(Number(ackAge))} ago`}, ${ackLag === undefined ? '?' : valueText(ackLag, 'By')} still to be delivered`;
	return el(
		'section',
		{ class: `panel pipeline${isSilent ? ' is-stale' : ''}` },
		el(
			'div',
			{ class: 'panel-head' },
			el('h2', {}, shownName(pipeline, 60)),
			el('p', { class: isSilent ? 'about is-stale' : 'about' }, words.join(' · ')),
			el(
				'span',
				{ class: 'tools' },
				el('span', { class: 'ack' }, ack),
				ackLag !== undefined && button('Lag over time', () => open(lagMetric)),
			),
		),
		el(
			'div',
			{
				class: 'scroll',
				tabIndex: 0,
				role: 'region',
				attributes: { 'aria-label': `Stages of ${shownName(pipeline, 60)}` },
			},
			el(
				'table',
				{},
				el(
					'thead',
					{},
					el('tr', {}, ...['Stage', 'State', 'For', 'Restarts', 'Memory', 'Read', 'Written'].map(column)),
				),
				el('tbody', {}, ...stages.map(stageRow)),
			),
		),
	);
};

export const createPipelinesTab = (open: (metric: MetricName) => void) => {
	const about = el('p', { class: 'about' });
	const panels = el('div', { class: 'pipelines' });
	const node = el(
		'section',
		{ class: 'tab-page', hidden: true },
		el('div', { class: 'board-head' }, el('h1', {}, 'Pipelines'), about),
		panels,
	);
	let health: Health[] | undefined;
	let place: { now: number | undefined; offset: number } = { now: undefined, offset: 0 };
	let drawn = '';

	const draw = () => {
		if (!health) return setText(about, 'being fetched');
		setText(
			about,
			health.length === 0
				? 'No record of a supervisor has come: give its NAME.self.ndjson to serve, too.'
				: `${health.length} of them, as their supervisor records it every 15 s`,
		);
		// Ages go on by the second; a table under a reader's eyes does not have to.
		const now = JSON.stringify([health, Math.floor((place.now ?? 0) / 5000)]);
		if (now === drawn) return;
		drawn = now;
		panels.replaceChildren(...health.map((one) => panelOf(one, place.now, place.offset, open)));
	};
	const question = createOnce(
		async (signal) => {
			const answers = await Promise.all(NAMES.map((name) => recordsAnswer(`bpfpipe_${name}`, signal)));
			health = healthOf(answers.flat() as AnyRecord[]);
			draw();
		},
		() => {},
		PAUSE_MS,
	);
	let isShown = false;
	return {
		node,
		ask: question.ask,
		show: (isOn: boolean, now: number | undefined, offset: number) => {
			node.hidden = !isOn;
			place = { now, offset };
			if (isOn && !isShown) question.anew();
			isShown = isOn;
			if (isOn) draw();
		},
	};
};
