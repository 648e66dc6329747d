// hollow-parts: the tables of the Hollow tab: versions, types with their schema, records, differences

import { shownName } from '../../lib/chart/name.ts';
import { countText } from '../../lib/chart/number.ts';
import { valueText } from '../../lib/chart/quantity.ts';
import type { Difference, Differences, Records, Type, Version } from '../data/hollow.ts';
import { button, el, setText } from '../parts/dom.ts';

const MOST_TEXT = 2000;

/** A name that ends in # heads a column of numbers. */
const column = (name: string) =>
	el(
		'th',
		{ class: name.endsWith('#') ? 'number' : '', attributes: { scope: 'col' } },
		name.replace('#', ''),
	);
const number = (text: string) => el('td', { class: 'number' }, text);
const bytes = (count: number | undefined) => (count === undefined ? '' : valueText(count, 'By'));

/** A panel with one table. */
const tablePanel = (title: string, names: string[]) => {
	const about = el('p', { class: 'about' });
	const head = el('tr', {}, ...names.map(column));
	const body = el('tbody');
	const heading = el('h2', {}, title);
	const node = el(
		'section',
		{ class: 'panel', hidden: true },
		el('div', { class: 'panel-head' }, heading, about),
		el(
			'div',
			{ class: 'scroll', tabIndex: 0, role: 'region', attributes: { 'aria-label': title } },
			el('table', {}, el('thead', {}, head), body),
		),
	);
	return { node, about, body, heading };
};

/** Rows are made anew only when they changed, so that a reader's selection of text stays. */
const onChange = (draw: () => Node[], body: HTMLElement) => {
	let before = '';
	return (key: unknown) => {
		const now = JSON.stringify(key);
		if (now === before) return;
		before = now;
		body.replaceChildren(...draw());
	};
};

export const versionsPart = (choose: (version: string) => void) => {
	const panel = tablePanel('Versions', [
		'Version',
		'Records#',
		'Snapshot#',
		'Deltas#',
		'Reverse#',
		'Remarks',
	]);
	let all: Version[] = [];
	let chosen: string | undefined;
	const remarks = ({ announced, synthetic, gap, problems }: Version): string =>
		[
			announced && 'announced',
			synthetic && 'SAMPLE DATA',
			gap !== undefined && `no delta leads here from ${gap}`,
			...problems.map((one) => shownName(one, 200)),
		]
			.filter(Boolean)
			.join(' · ');
	const draw = onChange(
		() =>
			[...all]
				.reverse()
				.map((one) =>
					el(
						'tr',
						{},
						el(
							'th',
							{ attributes: { scope: 'row' } },
							one.version === chosen
								? el('strong', {}, one.version)
								: button(one.version, () => choose(one.version)),
						),
						number(one.records === undefined ? '' : countText(one.records)),
						number(bytes(one.snapshot?.bytes)),
						number(one.deltas.map((blob) => bytes(blob.bytes)).join(', ')),
						number(one.back.map((blob) => bytes(blob.bytes)).join(', ')),
						el('td', { class: one.problems.length > 0 ? 'problem' : '' }, remarks(one)),
					),
				),
		panel.body,
	);
	return {
		node: panel.node,
		render: (versions: Version[], version: string | undefined) => {
			all = versions;
			chosen = version;
			panel.node.hidden = versions.length === 0;
			setText(panel.about, 'newest first');
			draw([versions, version]);
		},
	};
};

export const typesPart = (choose: (type: string) => void) => {
	const panel = tablePanel('Types', ['Type', 'Records#', 'Holes#', 'Shards#', 'Bytes#', 'Schema']);
	let all: Type[] = [];
	let open = '';
	const draw = onChange(
		() =>
			all.map(({ name, records, holes, shards, parts, schema }) =>
				el(
					'tr',
					{},
					el(
						'th',
						{ attributes: { scope: 'row' } },
						name === open
							? el('strong', {}, shownName(name, 60))
							: button(shownName(name, 60), () => choose(name)),
					),
					number(countText(records)),
					number(countText(holes)),
					number(countText(shards)),
					number(bytes(parts.reduce((sum, part) => sum + part.bytes, 0))),
					el('td', { class: 'record' }, shownName(schema.replace(/\s+/g, ' '), MOST_TEXT)),
				),
			),
		panel.body,
	);
	return {
		node: panel.node,
		render: (types: Type[], type: string) => {
			all = types;
			open = type;
			panel.node.hidden = types.length === 0;
			draw([types, type]);
		},
	};
};

const recordText = (value: unknown): string =>
	shownName(JSON.stringify(value, null, 1).replace(/\n\s*/g, ' '), MOST_TEXT);

export const recordsPart = () => {
	const panel = tablePanel('Records', ['Ordinal', 'Record']);
	let shown: Records | undefined;
	const draw = onChange(
		() =>
			(shown?.records ?? []).map(({ ordinal, value }) =>
				el(
					'tr',
					{},
					el('th', { attributes: { scope: 'row' } }, countText(ordinal)),
					el('td', { class: 'record' }, recordText(value)),
				),
			),
		panel.body,
	);
	return {
		node: panel.node,
		render: (records: Records | undefined, search: string | undefined, offset: number) => {
			shown = records;
			panel.node.hidden = records === undefined;
			if (!records) return;
			setText(panel.heading, `Records of ${shownName(records.type, 60)}`);
			const upTo = records.next ?? records.total;
			setText(
				panel.about,
				search
					? `${countText(records.records.length)} found among records ${countText(offset + 1)} to ${countText(upTo)} of ${countText(records.total)}`
					: `${countText(Math.min(offset + 1, upTo))} to ${countText(upTo)} of ${countText(records.total)}`,
			);
			draw(records);
		},
	};
};

const NAMES = new Set(['type', 'change', 'from', 'to', 'before', 'after']);
const SIGNS: Record<string, [sign: string, tone: string]> = {
	added: ['+ added', 'plus'],
	removed: ['− removed', 'minus'],
	changed: ['± changed', 'changed'],
};

/** What a difference is about: whatever names it. */
const subjectOf = (one: Difference): string =>
	Object.entries(one)
		.filter(([name]) => !NAMES.has(name))
		.map(([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
		.map((text) => shownName(text, 200))
		.join(', ');

export const differencesPart = () => {
	const panel = tablePanel('Differences', ['What', 'Of what', 'Before', 'After']);
	let shown: Differences | undefined;
	const cell = (value: unknown) =>
		el('td', { class: 'record' }, value === undefined ? '' : recordText(value));
	const draw = onChange(
		() =>
			(shown?.changes ?? []).map((one) => {
				const [sign, tone] = SIGNS[one.change] ?? [shownName(one.change, 20), ''];
				return el(
					'tr',
					{},
					el('td', { class: tone }, sign),
					el('td', {}, subjectOf(one)),
					cell(one.before),
					cell(one.after),
				);
			}),
		panel.body,
	);
	return {
		node: panel.node,
		render: (differences: Differences | undefined, offset: number) => {
			shown = differences;
			panel.node.hidden = differences === undefined;
			if (!differences) return;
			const { from, to, tallies, changes } = differences;
			setText(panel.heading, `From ${from} to ${to}`);
			const words = tallies
				.filter(({ added, removed, changed }) => added + removed + changed > 0)
				.map(
					({ name, added, removed, changed }) =>
						`${shownName(name, 40)} +${countText(added)} −${countText(removed)} ±${countText(changed)}`,
				);
			setText(
				panel.about,
				changes.length === 0
					? 'no difference'
					: `${words.join(' · ')} · shown: ${countText(offset + 1)} to ${countText(offset + changes.length)}`,
			);
			draw(differences);
		},
	};
};
