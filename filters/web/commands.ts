// commands: what keys do to the view

import type { MetricName } from '../lib/history/answers.ts';
import type { Command } from './view/keys.ts';
import { moved, zoomed } from './view/span.ts';
import { RANGES, type View } from './view/view.ts';

type Page = {
	view: () => View;
	change: (part: Partial<View>, isStep?: boolean) => void;
	now: () => number;
	/** The metric so many places on in the list, and the first that the search leaves. */
	next: (by: number) => MetricName | undefined;
	first: () => MetricName | undefined;
	/** What may be shown side by side. */
	dimensions: () => string[];
	find: () => void;
	endFind: () => void;
	pause: () => void;
	save: () => void;
	theme: () => void;
	help: () => void;
	/** Let the cursor go; whether there was one. */
	clearCursor: () => boolean;
};

/** Back by one: the cursor, then the selection, the table, the filter. */
const goBack = ({ view, change, clearCursor, endFind }: Page): void => {
	endFind();
	const { selection, isTable, attributes, host } = view();
	if (clearCursor()) return;
	if (selection) change({ selection: undefined });
	else if (isTable) change({ isTable: false });
	else if (Object.keys(attributes).length > 0 || host !== undefined)
		change({ attributes: {}, host: undefined });
};

export const runCommand = (command: Command, page: Page): void => {
	const { view, change } = page;
	switch (command.do) {
		case 'find':
			return page.find();
		case 'open': {
			const first = page.first();
			if (first) change({ metric: first, tab: 'metrics' });
			return page.endFind();
		}
		case 'metric': {
			const next = page.next(command.by);
			return next && view().tab === 'metrics' ? change({ metric: next }) : undefined;
		}
		case 'pause':
			return page.pause();
		case 'range':
			return change({ range: { last: RANGES[command.at]![1] } }, true);
		case 'move':
			return change({ range: moved(view().range, command.by, page.now()) });
		case 'zoom':
			return change({ range: zoomed(view().range, command.by, page.now()) });
		case 'percentiles':
			return change({ hasPercentiles: !view().hasPercentiles });
		case 'scale':
			return change({ isShare: !view().isShare });
		case 'attribute': {
			const names = page.dimensions();
			return change({ by: names[(names.indexOf(view().by ?? '') + 1) % names.length] });
		}
		case 'table':
			return change({ isTable: !view().isTable });
		case 'save':
			return page.save();
		case 'theme':
			return page.theme();
		case 'help':
			return page.help();
		case 'back':
			return goBack(page);
	}
};
