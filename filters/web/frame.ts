// frame: what of the document belongs to no part: title, icon, colours, classes, the voice, the single-letter switch

import type { Theme } from '../lib/chart/ramp.ts';
import { el, setAttribute, setText } from './parts/dom.ts';

const LETTERS_KEY = 'bpfpipe-single-letters';
const SAY_AFTER_MS = 250;

/** Whether single letters are keys; kept by the browser, for it is of the reader and not of the view. */
export const letters = {
	isOn: (): boolean => {
		try {
			return localStorage.getItem(LETTERS_KEY) !== 'off';
		} catch {
			return true;
		}
	},
	set: (isOn: boolean): void => {
		try {
			localStorage.setItem(LETTERS_KEY, isOn ? 'on' : 'off');
		} catch {}
	},
};

/** Says things to who cannot see them, the last of several that come at once. */
export const createVoice = () => {
	const node = el('div', { class: 'unseen', attributes: { 'aria-live': 'polite' } });
	let timer: ReturnType<typeof setTimeout> | undefined;
	return {
		node,
		say: (words: string) => {
			clearTimeout(timer);
			timer = setTimeout(() => setText(node, words), SAY_AFTER_MS);
		},
	};
};

/** The link at the top of the page that leads over its head to the charts. */
export const skipTo = (target: HTMLElement): HTMLElement =>
	el(
		'a',
		{
			class: 'skip',
			href: '#main',
			on: {
				click: (event) => {
					// The link of the page is its view.
					event.preventDefault();
					target.focus();
				},
			},
		},
		'To the charts',
	);

type Look = { theme: Theme; isSample: boolean; isWall: boolean; hasList: boolean; name: string };

const MOST_TITLE = 60;

/** Make the document look so. */
export const dress = (body: HTMLElement, { theme, isSample, isWall, hasList, name }: Look): void => {
	document.documentElement.dataset.theme = theme;
	body.classList.toggle('is-sample', isSample);
	body.classList.toggle('is-wall', isWall);
	body.classList.toggle('has-list', hasList);
	const title = `${isSample ? '[SAMPLE] ' : ''}${name === '' ? '' : `${name.slice(0, MOST_TITLE)} · `}bpfpipe`;
	if (document.title !== title) document.title = title;
	const icon = document.querySelector('link[rel="icon"]');
	if (icon) setAttribute(icon, 'href', isSample ? 'favicon-sample.svg' : 'favicon.svg');
};
