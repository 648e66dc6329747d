// save: what is in view as a file: a picture (SVG, PNG), the exact counts (CSV, JSON)
// The picture is the one that plots draw, made here, so that it can be had when the server is away too.

import type { Chart, Look } from '../../lib/chart/chart.ts';
import { csvOf } from '../../lib/chart/csv.ts';
import { figuresOf, svgOf } from '../../lib/chart/picture.ts';
import { dateText } from '../../lib/chart/time.ts';
import type { BoardModel } from '../view/model.ts';
import { linkOf } from '../view/view.ts';
import { button, el, newId, setAttribute } from './dom.ts';

const WIDTH = 1200;
const PNG_SCALE = 2;

/** A name of a file out of names from outside: letters, digits, dashes. */
const fileName = ({ metric, synthetic, from }: Chart, offset: number, ending: string): string => {
	const safe = metric.replace(/[^\p{L}\p{N}_-]+/gu, '-').slice(0, 60) || 'metric';
	const time = dateText(from, offset).replace(/:/g, '').replace(' ', '-');
	return `${synthetic === 'none' ? '' : 'SAMPLE-'}${safe}-${time}.${ending}`;
};

const lookOf = ({ theme, offset, view }: BoardModel): Look => ({
	theme,
	offset,
	width: WIDTH,
	isShare: view.isShare,
	hasPercentiles: view.hasPercentiles,
});

/** The chart as JSON: its counts, what they amount to, and the link of the view. */
const jsonOf = (model: BoardModel, chart: Chart): string =>
	`${JSON.stringify(
		{
			...chart,
			to: chart.from + chart.step * chart.columns.length,
			figures: Object.fromEntries(figuresOf(chart)),
			view: linkOf(model.view),
		},
		null,
		'\t',
	)}\n`;

const give = (content: Blob, name: string): void => {
	const url = URL.createObjectURL(content);
	const link = el('a', { href: url, attributes: { download: name } });
	document.body.append(link);
	link.click();
	link.remove();
	setTimeout(() => URL.revokeObjectURL(url), 10_000);
};

const pngOf = async (svg: string): Promise<Blob> => {
	const url = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
	try {
		const image = new Image();
		image.src = url;
		await image.decode();
		const canvas = document.createElement('canvas');
		canvas.width = image.naturalWidth * PNG_SCALE;
		canvas.height = image.naturalHeight * PNG_SCALE;
		canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height);
		return await new Promise((resolve, reject) => {
			canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('no picture'))), 'image/png');
		});
	} finally {
		URL.revokeObjectURL(url);
	}
};

export const createSave = (model: () => BoardModel | undefined) => {
	const id = newId();
	const save = async (ending: 'svg' | 'png' | 'csv' | 'json') => {
		close();
		const now = model();
		const chart = now?.chart;
		if (!now || !chart) return;
		const name = fileName(chart, now.offset, ending);
		if (ending === 'csv') return give(new Blob([csvOf(chart)], { type: 'text/csv' }), name);
		if (ending === 'json') return give(new Blob([jsonOf(now, chart)], { type: 'application/json' }), name);
		const svg = svgOf(chart, lookOf(now));
		give(ending === 'svg' ? new Blob([svg], { type: 'image/svg+xml' }) : await pngOf(svg), name);
	};
	const items = [
		button('Picture, SVG', () => save('svg')),
		button('Picture, PNG', () => save('png')),
		button('Counts, CSV', () => save('csv')),
		button('Counts, JSON', () => save('json')),
	];
	const list = el('div', { class: 'menu-list', id, hidden: true }, ...items);
	const opener = button('Save…', () => (list.hidden ? open() : close()), {
		attributes: { 'aria-expanded': 'false', 'aria-controls': id },
	});
	const node = el('span', { class: 'menu' }, opener, list);
	const outside = (event: Event) => {
		if (!node.contains(event.target as Node)) close();
	};
	const open = () => {
		list.hidden = false;
		setAttribute(opener, 'aria-expanded', 'true');
		items[0]!.focus();
		document.addEventListener('pointerdown', outside);
	};
	const close = () => {
		if (list.hidden) return;
		if (list.contains(document.activeElement)) opener.focus();
		list.hidden = true;
		setAttribute(opener, 'aria-expanded', 'false');
		document.removeEventListener('pointerdown', outside);
	};
	node.addEventListener('keydown', (event) => {
		const place = items.indexOf(document.activeElement as HTMLButtonElement);
		if (event.key === 'Escape' && !list.hidden) close();
		else if (event.key === 'ArrowDown' && place >= 0) items[(place + 1) % items.length]!.focus();
		else if (event.key === 'ArrowUp' && place >= 0) items[(place + items.length - 1) % items.length]!.focus();
		else return;
		event.preventDefault();
		event.stopPropagation();
	});
	return { node, open };
};
