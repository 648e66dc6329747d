// page-keys: keys of the whole page, off where somebody types or a control needs them itself

import { type Command, commandOf } from './view/keys.ts';

const isField = (target: EventTarget | null): boolean =>
	target instanceof HTMLTextAreaElement ||
	target instanceof HTMLSelectElement ||
	(target instanceof HTMLInputElement && target.type !== 'checkbox');

/** Controls keep Space and Enter, and what is in a dialog or menu keeps its keys. */
const isControl = (target: EventTarget | null): boolean =>
	target instanceof Element && target.closest('button, a[href], input, summary, dialog[open]') !== null;

export const takePageKeys = (
	hasLetters: () => boolean,
	search: HTMLInputElement,
	run: (command: Command) => void,
): void => {
	window.addEventListener('keydown', (event) => {
		if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
		const { key, target } = event;
		if ((key === ' ' || key === 'Enter') && isControl(target) && target !== search) return;
		if (key === 'Enter' && target !== search) return;
		if (target instanceof Element && target.closest('dialog[open]') && key !== '?') return;
		if (key.startsWith('Arrow') && target instanceof Element && target.closest('.scroll')) return;
		if (key === 'Escape' && target instanceof HTMLElement && isField(target)) target.blur();
		const command = commandOf(key, isField(target), hasLetters());
		if (!command) return;
		event.preventDefault();
		run(command);
	});
};
