// header: tabs, which host, how old the data are by their own clock, whether the page is live, range, pause, help

import { shownName } from '../../lib/chart/name.ts';
import { clockText, durationText } from '../../lib/chart/time.ts';
import type { LinkState } from '../data/link.ts';
import { button, el, setAttribute, setText } from '../parts/dom.ts';
import { RANGES, type Range, type Tab, type View } from '../view/view.ts';

export type HeaderModel = {
	view: View;
	hosts: string[];
	link: LinkState;
	isSample: boolean;
	isStale: boolean;
	/** The server's clock, and that of the newest record. */
	now: number | undefined;
	newest: number | undefined;
	offset: number;
	/** Columns that came while the page is paused; undefined when it is not. */
	behind: number | undefined;
	hasPipelines: boolean;
	hasKea: boolean;
};

export type HeaderActions = {
	tab: (tab: Tab) => void;
	range: (range: Range) => void;
	pause: () => void;
	help: () => void;
	theme: () => void;
	list: () => void;
	wall: () => void;
};

/** Beyond this the two clocks are shown, for either may be wrong. */
const APART_MS = 5000;

const hostsText = (hosts: string[]): string => {
	if (hosts.length === 0) return '';
	return hosts.length === 1 ? shownName(hosts[0]!, 30) : `${hosts.length} hosts`;
};

/** How old the newest record is, by its own clock against the server's. */
const ageText = ({ now, newest, offset }: HeaderModel): string => {
	if (now === undefined || newest === undefined) return 'no data yet';
	const age = now - newest;
	if (age < -1000)
		return `data ${durationText(-age)} ahead · its clock ${clockText(newest, offset)}, server's ${clockText(now, offset)}`;
	const text = `data ${durationText(age < 9950 ? Math.max(0, age) : Math.floor(age / 1000) * 1000)} old`;
	return age > APART_MS ? `${text} · ${clockText(newest, offset)}` : text;
};

const linkText = ({ link, isSample, behind }: HeaderModel): [text: string, kind: string] => {
	if (link.state === 'lost') return ['disconnected', 'bad'];
	if (link.state === 'connecting') return ['connecting', 'warn'];
	if (behind !== undefined) return [behind > 0 ? `paused · +${behind} columns` : 'paused', 'warn'];
	return isSample ? ['live · sample', 'sample'] : ['live', 'ok'];
};

export const createHeader = (actions: HeaderActions) => {
	const host = el('span', { class: 'chip host' });
	const age = el('span', { class: 'chip age' });
	const [dot, words] = [el('i', { attributes: { 'aria-hidden': 'true' } }), el('span')];
	const live = el('span', { class: 'chip live' }, dot, words);
	const tabs = (['metrics', 'kea', 'pipelines', 'hollow'] as const).map((tab) => ({
		tab,
		node: button(
			{ metrics: 'Metrics', kea: 'Kea', pipelines: 'Pipelines', hollow: 'Hollow' }[tab],
			() => actions.tab(tab),
			{ class: 'tab' },
		),
	}));
	const ranges = RANGES.map(([name, ms]) => ({ ms, node: button(name, () => actions.range({ last: ms })) }));
	const fixed = el('span', { class: 'fixed-range', hidden: true });
	const pause = button('Pause', actions.pause, { class: 'pause' });
	const theme = button('', actions.theme, { class: 'theme' });
	const wall = button('Wall', actions.wall, { class: 'wall-button' });
	const help = button('?', actions.help, {
		class: 'help-button',
		attributes: { 'aria-label': '? Help and keys' },
	});
	const menu = button('List', actions.list, {
		class: 'list-button',
		attributes: { 'aria-label': 'List of metrics' },
	});
	const group = el(
		'span',
		{ class: 'ranges', role: 'group', attributes: { 'aria-label': 'Range of time' } },
		...ranges.map(({ node: one }) => one),
	);
	const node = el(
		'header',
		{ class: 'header' },
		el('span', { class: 'brand' }, 'bpfpipe'),
		menu,
		el(
			'nav',
			{ class: 'tabs', attributes: { 'aria-label': 'Parts of the page' } },
			...tabs.map(({ node: one }) => one),
		),
		host,
		el('span', { class: 'space' }),
		age,
		live,
		fixed,
		group,
		pause,
		wall,
		theme,
		help,
	);
	const render = (model: HeaderModel) => {
		const { view, offset, isStale } = model;
		setText(host, hostsText(model.hosts));
		host.hidden = model.hosts.length === 0;
		setText(age, ageText(model));
		age.classList.toggle('is-stale', isStale);
		const [text, kind] = linkText(model);
		setText(words, text);
		live.className = `chip live ${kind}`;
		for (const { tab, node: one } of tabs) {
			setAttribute(one, 'aria-current', view.tab === tab ? 'page' : undefined);
			const isThere = { metrics: true, kea: model.hasKea, pipelines: model.hasPipelines, hollow: true }[tab];
			one.hidden = !isThere && view.tab !== tab;
		}
		for (const { ms, node: one } of ranges)
			setAttribute(one, 'aria-pressed', String('last' in view.range && view.range.last === ms));
		const other =
			'last' in view.range ? !RANGES.some(([, ms]) => 'last' in view.range && view.range.last === ms) : true;
		// Ranges and pause are of charts.
		const hasRange = view.tab === 'metrics' || view.tab === 'kea';
		for (const one of [group, pause]) one.hidden = !hasRange;
		for (const one of [wall, menu]) one.hidden = view.tab !== 'metrics';
		fixed.hidden = !other || !hasRange;
		setText(
			fixed,
			'last' in view.range
				? `last ${durationText(view.range.last)}`
				: `${clockText(view.range.from, offset)} – ${clockText(view.range.to, offset)}, fixed`,
		);
		setText(pause, model.behind === undefined ? 'Pause' : 'Go on');
		setAttribute(pause, 'aria-pressed', String(model.behind !== undefined));
		setText(theme, { system: 'Auto', dark: 'Dark', light: 'Light' }[view.theme]);
		setAttribute(theme, 'title', 'Colours: dark, light, or as the system has it');
		setAttribute(theme, 'aria-label', `${theme.textContent} colours`);
		setText(wall, view.isWall ? 'List' : 'Wall');
	};
	return { node, render };
};
