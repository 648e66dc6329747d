// hollow: data sets of Netflix Hollow: versions, sizes, schema, records with search, what changed between two versions

import { shownName } from '../../lib/chart/name.ts';
import { countText } from '../../lib/chart/number.ts';
import { valueText } from '../../lib/chart/quantity.ts';
import {
	type DataSet,
	type Differences,
	dataSets,
	differencesOf,
	type Records,
	recordsOf,
	type Type,
	typesOf,
	type Version,
	versionsOf,
} from '../data/hollow.ts';
import { createOnce } from '../data/once.ts';
import { button, choice, el, setText } from '../parts/dom.ts';
import type { View } from '../view/view.ts';
import { differencesPart, recordsPart, typesPart, versionsPart } from './hollow-parts.ts';

const PAGE = 50;
const SEARCH_PAUSE_MS = 250;
const NO_OTHER = '';

type State = {
	sets?: DataSet[];
	versions?: Version[];
	types?: { version: string; checksum: string; types: Type[] };
	records?: Records;
	differences?: Differences;
	trouble?: string;
};

const bytesOf = ({ snapshot, deltas, back, header }: Version): number =>
	[snapshot, header, ...deltas, ...back].reduce((sum, blob) => sum + (blob?.bytes ?? 0), 0);

const versionText = (one: Version): string => `${one.version}${one.announced ? ' (announced)' : ''}`;

/** A view with what is open in it filled in: the first data set, the announced version. */
const settled = (view: View['hollow'], { sets, versions }: State): View['hollow'] => {
	const set = view.set ?? sets?.[0]?.name;
	const version =
		view.version ?? versions?.find(({ announced }) => announced)?.version ?? versions?.at(-1)?.version;
	return { ...view, set, version };
};

/** All that a view shows, from its first to its last question; what is gone is not asked for. */
const stateOf = async (view: View['hollow'], offset: number, signal: AbortSignal): Promise<State> => {
	const state: State = { sets: await dataSets(signal) };
	const sets = state.sets!;
	const name = settled(view, state).set;
	if (name === undefined || sets.length === 0) return state;
	if (!sets.some((one) => one.name === name)) throw new Error(`There is no data set ${name}.`);
	const versions = await versionsOf(name, signal);
	state.versions = versions;
	const { version: at } = settled(view, state);
	for (const wanted of [view.version, view.other])
		if (wanted !== undefined && !versions.some(({ version }) => version === wanted))
			throw new Error(`There is no version ${wanted}.`);
	if (at === undefined) return state;
	state.types = await typesOf(name, at, signal);
	const place = { offset, limit: PAGE };
	if (view.other !== undefined) {
		state.differences = await differencesOf(name, { from: view.other, to: at, ...place }, signal);
		return state;
	}
	const isKnown = state.types.types.some((one) => one.name === view.type);
	const type = isKnown ? view.type : undefined;
	state.records = await recordsOf(name, at, { type, search: view.search, ...place }, signal);
	return state;
};

export const createHollowTab = (change: (part: View['hollow']) => void) => {
	let view: View['hollow'] = {};
	/** Whether the server has data sets; undefined until it has said so. Where it has none it is not asked for any. */
	let hasSets: boolean | undefined;
	let state: State = {};
	let offset = 0;
	const about = el('p', { class: 'about' });
	const trouble = el('p', { class: 'trouble', hidden: true });
	const set = choice('Data set', (value) => {
		state = { sets: state.sets };
		change({ set: value, version: undefined, other: undefined, type: undefined, search: undefined });
	});
	const version = choice('Version', (value) => change({ version: value }));
	const other = choice('Compare with', (value) => change({ other: value === NO_OTHER ? undefined : value }));
	const type = choice('Type', (value) => change({ type: value }));
	let typing: ReturnType<typeof setTimeout> | undefined;
	const search = el('input', {
		type: 'search',
		class: 'search',
		attributes: { placeholder: 'words in a record', 'aria-label': 'Search in records' },
		on: {
			input: () => {
				clearTimeout(typing);
				typing = setTimeout(() => change({ search: search.value || undefined }), SEARCH_PAUSE_MS);
			},
		},
	});
	const more = button('Further', () => {
		offset = (view.other === undefined ? state.records?.next : state.differences?.next) ?? 0;
		question.anew();
	});
	const first = button('From the start', () => {
		offset = 0;
		question.anew();
	});
	const versions = versionsPart((chosen) => change({ version: chosen }));
	const types = typesPart((chosen) => change({ type: chosen }));
	const records = recordsPart();
	const differences = differencesPart();
	const forms = el('div', { class: 'hollow-forms' }, set.node, version.node, other.node, type.node, search);
	const node = el(
		'section',
		{ class: 'tab-page', hidden: true },
		el('div', { class: 'board-head' }, el('h1', {}, 'Hollow'), about),
		trouble,
		forms,
		differences.node,
		records.node,
		el('div', { class: 'pager' }, first, more),
		types.node,
		versions.node,
	);

	const fetchAll = async (signal: AbortSignal) => {
		state = await stateOf(view, offset, signal);
		draw();
	};
	const failed = (error: unknown) => {
		state = { ...state, trouble: (error as Error).message };
		draw();
	};
	const question = createOnce(fetchAll, failed);

	const draw = () => {
		const { sets = [], versions: all = [], types: found } = state;
		const now = settled(view, state);
		forms.hidden = sets.length === 0;
		trouble.hidden = state.trouble === undefined;
		setText(trouble, state.trouble ?? '');
		setText(
			about,
			hasSets === false || (state.sets && sets.length === 0)
				? 'No data sets: start serve with --hollow DIR, a folder of hollow-publish or one that has such folders in it.'
				: now.set === undefined
					? 'being fetched'
					: `${countText(all.length)} versions, ${valueText(
							all.reduce((sum, one) => sum + bytesOf(one), 0),
							'By',
						)}${found ? ` · checksum ${found.checksum}` : ''}`,
		);
		set.set(
			sets.map(({ name }) => [name, shownName(name, 40)]),
			now.set ?? '',
		);
		const options = [...all].reverse().map((one): [string, string] => [one.version, versionText(one)]);
		version.set(options, now.version ?? '');
		other.set(
			[[NO_OTHER, 'nothing'], ...options.filter(([one]) => one !== now.version)],
			now.other ?? NO_OTHER,
		);
		const names = found?.types.map(({ name }) => name) ?? [];
		const open = state.records?.type ?? now.type ?? names[0] ?? '';
		type.set(
			names.map((name) => [name, shownName(name, 40)]),
			open,
		);
		type.node.hidden = now.other !== undefined;
		search.hidden = now.other !== undefined;
		if (document.activeElement !== search) search.value = view.search ?? '';
		versions.render(all, now.version);
		types.render(found?.types ?? [], open);
		records.render(now.other === undefined ? state.records : undefined, view.search, offset);
		differences.render(now.other === undefined ? undefined : state.differences, offset);
		const next = now.other === undefined ? state.records?.next : state.differences?.next;
		more.hidden = next === undefined;
		first.hidden = offset === 0;
	};
	let shown = '';
	return {
		node,
		ask: () => {
			if (hasSets) question.ask();
		},
		show: (isOn: boolean, next: View['hollow'], isThere: boolean | undefined) => {
			node.hidden = !isOn;
			const now = JSON.stringify([next, isThere]);
			if (isOn && now !== shown) {
				shown = now;
				view = next;
				hasSets = isThere;
				offset = 0;
				if (!isThere) state = {};
				draw();
				if (isThere) question.anew();
			}
			if (!isOn) shown = '';
		},
	};
};
