// filters: of which host, of which values of attributes, and compared with when

import { shownName } from '../../lib/chart/name.ts';
import { countText } from '../../lib/chart/number.ts';
import type { Actions, BoardModel } from '../view/model.ts';
import { EARLIER } from '../view/view.ts';
import { button, choice, el } from './dom.ts';

const MOST = 6;
// No attribute has this value: it holds what none may hold.
const ALL = '\u0000all';
type Part = ReturnType<typeof choice>;

export const createFilters = (actions: Actions) => {
	let model: BoardModel | undefined;
	const parts = new Map<string, Part>();
	const box = el('span', { class: 'choices' });
	const clear = button('Clear filters', () => actions.change({ host: undefined, attributes: {} }));
	const earlier = choice('Compare with', (value) =>
		actions.change({ earlier: value === '' ? undefined : Number(value) }),
	);
	const node = el('div', { class: 'filters' }, box, clear, earlier.node);

	const partOf = (name: string): Part => {
		const known = parts.get(name);
		if (known) return known;
		const part = choice(name === '' ? 'host' : shownName(name, 30), (value) => {
			const chosen = value === ALL ? undefined : value;
			if (name === '') return actions.change({ host: chosen });
			const attributes = { ...model!.view.attributes };
			delete attributes[name];
			if (chosen !== undefined) attributes[name] = chosen;
			actions.change({ attributes });
		});
		parts.set(name, part);
		return part;
	};
	const render = (next: BoardModel) => {
		model = next;
		const { summary, view } = next;
		const wanted: [name: string, values: string[], count: number, chosen: string | undefined][] = [];
		if ((summary?.hosts.length ?? 0) > 1 || view.host !== undefined)
			wanted.push(['', summary?.hosts ?? [], summary?.hosts.length ?? 0, view.host]);
		for (const { name, values, first } of (summary?.attributes ?? []).slice(0, MOST))
			if (values > 1 || view.attributes[name] !== undefined)
				wanted.push([name, first, values, view.attributes[name]]);
		for (const name of Object.keys(view.attributes))
			if (!wanted.some(([one]) => one === name)) wanted.push([name, [], 0, view.attributes[name]]);
		const nodes = wanted.map(([name, values, count, chosen]) => {
			const part = partOf(name);
			const all = count > values.length ? `all of ${countText(count)}, added up` : 'all, added up';
			const known = chosen === undefined || values.includes(chosen) ? values : [chosen, ...values];
			part.set(
				[[ALL, all], ...known.map((value): [string, string] => [value, shownName(value, 48)])],
				chosen ?? ALL,
			);
			return part.node;
		});
		if (nodes.length !== box.children.length || nodes.some((one, index) => box.children[index] !== one))
			box.replaceChildren(...nodes);
		clear.hidden = view.host === undefined && Object.keys(view.attributes).length === 0;
		earlier.set(
			[['', 'nothing'], ...EARLIER.map(([name, ms]): [string, string] => [String(ms), `${name} earlier`])],
			view.earlier === undefined ? '' : String(view.earlier),
		);
	};
	return { node, render };
};
