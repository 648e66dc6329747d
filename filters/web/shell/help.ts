// help: how to read the page, its keys, and the switch that turns single letters off

import { button, el } from '../parts/dom.ts';
import { KEYS } from '../view/keys.ts';

const READ: [string, string][] = [
	[
		'A cell',
		'is how many events took that long in that time. Each row is a bucket of the source, all of equal height; colour is the logarithm of the count. One event has a full colour at once.',
	],
	[
		'A percentile',
		'lies somewhere in its bucket, so it is an interval. It is of the added-up counts of a column, never a mean of percentiles.',
	],
	['Hatched', 'means that nobody looked: no data, which is not the same as nothing happened.'],
	[
		'The bars',
		'beside the heat map are the newest columns, or the selection; the ticks are what they are compared with.',
	],
	['Drag', 'over a chart, or use Shift and the arrow keys, to compare a stretch with the whole range.'],
	['A finger', 'that rests on a chart and then moves does the same; one that moves at once scrolls.'],
	['The link', 'of the page holds all that is in view.'],
];

export const createHelp = (isOn: () => boolean, setOn: (isOn: boolean) => void) => {
	const letters = el('input', { type: 'checkbox', on: { change: () => setOn(letters.checked) } });
	const close = button('Close', () => dialog.close());
	const heading = (text: string) => el('h2', {}, text);
	const keys = el(
		'table',
		{ class: 'keys' },
		el(
			'tbody',
			{},
			...KEYS.map(({ names, words }) =>
				el(
					'tr',
					{},
					el(
						'th',
						{ attributes: { scope: 'row' } },
						...names.flatMap((name, at) => [...(at > 0 ? [' '] : []), el('kbd', {}, name)]),
					),
					el('td', {}, words),
				),
			),
		),
	);
	const dialog = el(
		'dialog',
		{ class: 'help', attributes: { 'aria-label': 'Help' } },
		el('div', { class: 'help-head' }, heading('Reading this page'), close),
		el('dl', {}, ...READ.flatMap(([term, words]) => [el('dt', {}, term), el('dd', {}, words)])),
		heading('Keys'),
		keys,
		el('label', { class: 'check' }, letters, 'single letters are keys'),
	);
	return {
		node: dialog,
		toggle: () => {
			letters.checked = isOn();
			if (dialog.open) dialog.close();
			else dialog.showModal();
		},
	};
};
