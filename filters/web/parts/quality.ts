// quality: what is known to be wrong or missing in the data, as a list in words

import { shownName } from '../../lib/chart/name.ts';
import { countText } from '../../lib/chart/number.ts';
import { dateText } from '../../lib/chart/time.ts';
import type { Notice } from '../../lib/record.ts';
import type { BoardModel } from '../view/model.ts';
import { el, setText } from './dom.ts';

/** What the kinds mean for who reads a chart. A kind that is not here is shown by its name. */
const WORDS: Record<string, string> = {
	lost_events: 'The tracer lost events: counts around then are too low.',
	helper_error: 'The tracer could not do what its script asked for.',
	lost_window: 'A part of the log is gone: what was counted then is not here.',
	truncated: 'The log was cut short: its end may be missing.',
	unreadable: 'A part of the log could not be read.',
	bad_block: 'A histogram could not be read and was left out.',
	torn_block: 'A histogram was printed only in part and was left out.',
	repeated_series: 'One series came twice in one print; it was left out.',
	saturated: 'A count stands at its limit: the true one may be higher.',
	wrapped_count: 'A count ran over its limit and began again.',
	suspect_hexadecimal: 'A number may have been printed in the wrong form.',
	late: 'Records came too late for their step.',
	early: 'Records came from the future.',
	layout: 'The bounds of buckets changed.',
	zero_buckets: 'Empty buckets were left out.',
	stale: 'A series ended, or fell silent.',
	reset: 'Counters began again from zero: a gap, not a fall.',
	clock: 'A clock was set back.',
	gap: 'A program was not measured for a while.',
	missing_probe: 'This build of the program does not let all of it be measured.',
	unpaired: 'Ends without a begin, or begins without an end: they are in no figure.',
	away: 'A server could not be asked.',
	negative: 'A number that nothing can be was left out.',
	folded: 'Some series are added up as one.',
};

const MOST_ROWS = 60;

/** A kind in words; one that nobody knows, by its name. */
const noticeWords = (kind: string): string =>
	Object.hasOwn(WORDS, kind) ? WORDS[kind]! : shownName(kind, 60);

const seriesOf = ({ host, attributes }: Notice): string =>
	[host, ...Object.entries(attributes ?? {}).map(([name, value]) => `${name}=${value}`)]
		.filter(Boolean)
		.map((part) => shownName(part, 60))
		.join(', ');

/** What of a board it is about. */
type Told = Pick<BoardModel, 'notices' | 'moreNotices' | 'offset' | 'remarks'>;

export const createQuality = () => {
	const heading = el('h2', {}, 'Data quality');
	const summary = el('p', { class: 'about' });
	const rows = el('tbody');
	const column = (name: string) => el('th', { attributes: { scope: 'col' } }, name);
	const table = el(
		'table',
		{ class: 'quality' },
		el('caption', { class: 'unseen' }, 'Notices about the data, newest first'),
		el(
			'thead',
			{},
			el(
				'tr',
				{},
				column('When'),
				column('What'),
				column('How often'),
				column('Of what'),
				column('In detail'),
			),
		),
		rows,
	);
	const node = el(
		'section',
		{ class: 'panel' },
		el('div', { class: 'panel-head' }, heading, summary),
		el('div', { class: 'scroll' }, table),
	);
	let before = '';
	const render = ({ notices, moreNotices, offset, remarks }: Told) => {
		const shown = notices.slice(0, MOST_ROWS);
		const left = notices.length - shown.length + moreNotices;
		const now = JSON.stringify([shown, left, offset, remarks]);
		if (now === before) return;
		before = now;
		setText(
			summary,
			notices.length === 0
				? 'Nothing is known to be wrong or missing in this range.'
				: `${countText(notices.length + moreNotices)} in this range${left > 0 ? `, the newest ${shown.length} are shown` : ''}`,
		);
		table.hidden = shown.length === 0;
		rows.replaceChildren(
			...shown.map((notice) =>
				el(
					'tr',
					{},
					el('td', { class: 'time' }, dateText(notice.ts, offset)),
					el('td', {}, el('strong', {}, shownName(notice.kind, 40)), ' ', noticeWords(notice.kind)),
					el('td', { class: 'number' }, notice.count === undefined ? '' : countText(notice.count)),
					el('td', {}, seriesOf(notice)),
					el('td', {}, notice.detail === undefined ? '' : shownName(notice.detail, 240)),
				),
			),
		);
	};
	return { node, render };
};
