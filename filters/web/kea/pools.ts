// pools: how full each subnet is, the fullest first, and how the servers are

import { countText, shareText } from '../../lib/chart/number.ts';
import { clockText, durationText } from '../../lib/chart/time.ts';
import { button, el, setText } from '../parts/dom.ts';
import { type KeaModel, NONE, named, shown } from './model.ts';
import type { Place } from './places.ts';
import { type Cell, createPanel, createTable } from './table.ts';

const FIRST = 25;
const MORE = 100;
const FULL = 0.9;
const NEARLY = 0.75;
const SILENT_INTERVALS = 3;
const LEAST_SILENCE_MS = 3000;

const meter = ({ used }: Place): Cell => {
	const part = used === undefined ? undefined : Number(used);
	const tone = part === undefined ? '' : part >= FULL ? 'bad' : part >= NEARLY ? 'warn' : '';
	return { part, text: part === undefined ? NONE : shareText(part), tone };
};

const hostOf = ({ host, server }: Pick<Place, 'host' | 'server'>): string =>
	[host, server]
		.filter(Boolean)
		.map((one) => named(one, 30))
		.join(' ');

const NAMES = [
	'Subnet',
	'Id#',
	'Shared network',
	'Used',
	'Assigned#',
	'Total#',
	'Declined#',
	'Failed#',
	'Server',
];

export const createPools = () => {
	let most = FIRST;
	let shownModel: KeaModel | undefined;
	const servers = el('p', { class: 'servers' });
	const table = createTable('Pools by how full they are', NAMES);
	const networks = createTable('Shared networks by how full they are', ['Shared network', 'Used', 'Server']);
	const more = button(
		'Show more',
		() => {
			most += MORE;
			if (shownModel) render(shownModel);
		},
		{ class: 'more' },
	);
	const panel = createPanel('How full are the pools?', servers, table.node, more, networks.node);
	const subnetRow = (place: Place) => ({
		key: place.key,
		cells: [
			`${named(place.cidr || '(not known)', 50)}${place.leaseType === 'pd' ? ' prefixes' : ''}`,
			named(place.id, 20),
			place.network === '' ? '' : named(place.network, 40),
			meter(place),
			shown(place.assigned),
			shown(place.total),
			shown(place.declined),
			{ text: shown(place.failures), class: Number(place.failures ?? 0) > 0 ? 'some' : '' },
			hostOf(place),
		] satisfies Cell[],
	});
	/** Up or not, and what it is for its partner; a state is words and shape. */
	const serverNodes = ({ places, now }: KeaModel): Node[] =>
		places.servers.flatMap((one) => {
			const silence = now === undefined ? 0 : now - one.ts;
			const isSilent = silence > Math.max(LEAST_SILENCE_MS, SILENT_INTERVALS * places.interval);
			const tone = one.isUp === undefined || isSilent ? 'warn' : one.isUp ? 'ok' : 'bad';
			const state = isSilent
				? `last known ${durationText(silence)} ago: ${one.isUp === false ? 'away' : 'up'}`
				: one.isUp === undefined
					? 'not known'
					: one.isUp
						? 'up'
						: 'away';
			const ha = one.states.map((text) => ` · HA ${named(text, 80)}`).join('');
			return [
				el('span', { class: 'server' }, `${hostOf(one)} `, el('span', { class: `state ${tone}` }, state), ha),
			];
		});
	let before = '';
	const render = (model: KeaModel) => {
		shownModel = model;
		const { places, view, offset, now } = model;
		const all = places.subnets;
		const states = serverNodes(model);
		const key = states.map((one) => one.textContent).join('\n');
		if (key !== before) servers.replaceChildren(...states);
		before = key;
		const newest = Math.max(0, ...all.map(({ ts }) => ts));
		const isOld =
			now !== undefined &&
			newest > 0 &&
			now - newest > Math.max(LEAST_SILENCE_MS, SILENT_INTERVALS * places.interval);
		const words = [
			all.length === 0
				? 'Kea’s statistics have not come: kea-stats prints them'
				: `the newest, of ${clockText(newest, offset)}${isOld ? ', last known' : ''}${'last' in view.range ? '' : ', not of the chosen range'}; the fullest first`,
			all.length > most && `${countText(Math.min(most, all.length))} of ${countText(all.length)} are shown`,
			all.length > 0 && 'failed: allocations of the range',
		];
		panel.about(words.filter(Boolean).join(' · '));
		panel.node.classList.toggle('is-stale', isOld);
		table.render(all.slice(0, most).map(subnetRow));
		more.hidden = all.length <= most;
		setText(more, `Show ${countText(Math.min(MORE, all.length - most))} more`);
		networks.render(
			places.networks.map((place) => ({
				key: place.key,
				cells: [
					`${named(place.network, 40)}${place.leaseType === 'pd' ? ' prefixes' : ''}`,
					meter(place),
					hostOf(place),
				],
			})),
		);
	};
	return { node: panel.node, render };
};
