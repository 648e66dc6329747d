// table: panels and tables whose rows keep their elements, so that focus and a selection of text outlive an update

import { button, el, setAttribute, setText } from '../parts/dom.ts';

/** A text; a text that opens something; or a picture of this height, as wide as there is room. */
export type Cell =
	| string
	| { text: string; class?: string; title?: string; open?: () => void }
	| { picture: (canvas: HTMLCanvasElement, width: number) => void; width: number }
	| { part: number | undefined; text: string; tone?: string };
export type Row = { key: string; cells: Cell[] };

type Kept = { node: HTMLTableRowElement; cells: HTMLElement[]; shapes: string };

const shapeOf = (cell: Cell): string => {
	if (typeof cell === 'string') return 't';
	if ('picture' in cell) return 'p';
	if ('part' in cell) return 'm';
	return cell.open ? 'b' : 't';
};

/** A name that ends in # heads a column of numbers. */
const isNumber = (name: string): boolean => name.endsWith('#');

export const createTable = (title: string, names: string[]) => {
	const body = el('tbody');
	const head = names.map((name) =>
		el('th', { class: isNumber(name) ? 'number' : '', attributes: { scope: 'col' } }, name.replace(/#$/, '')),
	);
	const node = el(
		'div',
		{
			class: names.length > 4 ? 'scroll is-wide' : 'scroll',
			tabIndex: 0,
			role: 'region',
			attributes: { 'aria-label': title },
		},
		el('table', {}, el('thead', {}, el('tr', {}, ...head)), body),
	);
	const kept = new Map<string, Kept>();
	const opens = new WeakMap<HTMLElement, () => void>();

	const newCell = (cell: Cell, at: number): HTMLElement => {
		const className = isNumber(names[at] ?? '') ? 'number' : '';
		const props = at === 0 ? { attributes: { scope: 'row' } } : { class: className };
		const shape = shapeOf(cell);
		if (shape === 'p')
			return el('td', { class: 'picture' }, el('canvas', { attributes: { 'aria-hidden': 'true' } }));
		if (shape === 'm')
			return el(
				'td',
				{ class: 'measure' },
				el('i', { class: 'meter', attributes: { 'aria-hidden': 'true' } }, el('b', { class: 'meter-fill' })),
				el('span'),
			);
		const box = at === 0 ? el('th', props) : el('td', props);
		if (shape === 'b') box.append(button('', () => opens.get(box)?.()));
		return box;
	};
	const write = (box: HTMLElement, cell: Cell, at: number) => {
		if (typeof cell === 'string') return setText(box, cell);
		if ('picture' in cell) return cell.picture(box.firstElementChild as HTMLCanvasElement, cell.width);
		if ('part' in cell) {
			const [bar, text] = [box.firstElementChild as HTMLElement, box.lastElementChild!];
			const fill = bar.firstElementChild as HTMLElement;
			fill.style.width = `${Math.min(1, cell.part ?? 0) * 100}%`;
			bar.className = `meter ${cell.part === undefined ? 'hatched' : (cell.tone ?? '')}`;
			return setText(text, cell.text);
		}
		if (cell.open) {
			opens.set(box, cell.open);
			setText(box.firstElementChild!, cell.text);
		} else setText(box, cell.text);
		box.className = [isNumber(names[at] ?? '') ? 'number' : '', cell.class ?? ''].filter(Boolean).join(' ');
		setAttribute(box, 'title', cell.title);
	};
	const rowOf = ({ key, cells }: Row): Kept => {
		const shapes = cells.map(shapeOf).join('');
		const known = kept.get(key);
		if (known?.shapes === shapes) return known;
		const boxes = cells.map(newCell);
		const row = { node: el('tr', {}, ...boxes), cells: boxes, shapes };
		kept.set(key, row);
		return row;
	};
	const reorder = (nodes: Node[]) => {
		const active = document.activeElement;
		body.replaceChildren(...nodes);
		if (active instanceof HTMLElement && body.contains(active)) active.focus();
	};
	const render = (rows: Row[]) => {
		const used = rows.map((row) => ({ row, own: rowOf(row) }));
		const nodes = used.map(({ own }) => own.node);
		if (body.children.length !== nodes.length || nodes.some((one, at) => body.children[at] !== one))
			reorder(nodes);
		const keys = new Set(rows.map(({ key }) => key));
		for (const key of kept.keys()) if (!keys.has(key)) kept.delete(key);
		// Pictures are as wide as the table leaves them room, so they come after the texts.
		for (const isPicture of [false, true])
			for (const { row, own } of used)
				row.cells.forEach((cell, at) => {
					if ((shapeOf(cell) === 'p') === isPicture) write(own.cells[at]!, cell, at);
				});
		node.hidden = rows.length === 0;
	};
	return { node, render };
};

/** A panel that answers one question. */
export const createPanel = (question: string, ...children: Node[]) => {
	const about = el('p', { class: 'about' });
	/** What probes are missing, or what is not known. */
	const lost = el('p', { class: 'trouble', hidden: true });
	const node = el(
		'section',
		{ class: 'panel' },
		el('div', { class: 'panel-head' }, el('h2', {}, question), about),
		lost,
		...children,
	);
	return {
		node,
		about: (words: string) => setText(about, words),
		lost: (words: string[]) => {
			lost.hidden = words.length === 0;
			setText(lost, words.join(' · '));
		},
	};
};
