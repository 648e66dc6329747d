// banner: what is wrong, over the full width: sample data, a source that is silent, a server that is away
// Each of the two ends is named, for who looks for the fault has to know which.

import { clockText, durationText } from '../../lib/chart/time.ts';
import type { Synthetic } from '../../lib/history/answers.ts';
import type { Loss } from '../data/link.ts';
import { button, el, setText } from '../parts/dom.ts';

export type BannerModel = {
	synthetic: Synthetic;
	/** All metrics are stale since then, or only the one looked at. */
	stale: { since: number; for: number; isAll: boolean } | undefined;
	/** Seconds until the next try, how many there were, and the time of the last data shown. */
	lost: { seconds: number; tries: number; until: number | undefined; why: Loss } | undefined;
	offset: number;
};

const ORDINAL = ['', '1st', '2nd', '3rd'];
const ordinal = (count: number): string => ORDINAL[count] ?? `${count}th`;

/** What is wrong with the server, and what it means for the source. */
const LOSSES: Record<Loss, [head: string, words: string]> = {
	away: ['SERVER NOT REACHABLE', 'the source may well be fine.'],
	full: ['NO LIVE UPDATES', 'the server answers, but has no stream of events for this page now.'],
	unknown: ['LOGGED OUT', 'the server answers, but does not know this browser any more: log in again.'],
};

const banner = (kind: string, title: string) => {
	const [head, words] = [el('strong', {}, title), el('span')];
	const node = el('div', { class: `banner ${kind}`, hidden: true }, head, words);
	return { node, head, words };
};

export const createBanners = (tryNow: () => void) => {
	const sample = banner('sample', 'SAMPLE DATA');
	const stale = banner('stale', 'STALE');
	const lost = banner('lost', 'SERVER NOT REACHABLE');
	const logIn = el('a', { href: '/log-in', hidden: true }, 'Log in');
	lost.node.append(button('Try now', tryNow), logIn);
	const attributes = { role: 'region', 'aria-label': 'State of the data and of the server' };
	const node = el('div', { class: 'banners', attributes }, lost.node, stale.node, sample.node);
	const render = ({ synthetic, stale: silent, lost: away, offset }: BannerModel) => {
		sample.node.hidden = synthetic === 'none';
		setText(sample.head, synthetic === 'some' ? 'PARTLY SAMPLE DATA' : 'SAMPLE DATA');
		setText(
			sample.words,
			synthetic === 'some'
				? 'Some of what feeds this page is a replay or a generator, marked synthetic.'
				: 'A replay or a generator, marked synthetic, feeds this page. Nothing here was measured on this machine now.',
		);
		lost.node.hidden = away === undefined;
		if (away) {
			const [head, meaning] = LOSSES[away.why];
			setText(lost.head, head);
			const ends = away.until === undefined ? '' : ` What you see ends at ${clockText(away.until, offset)};`;
			const next =
				away.seconds > 0 ? `Trying again in ${away.seconds} s (${ordinal(away.tries + 1)} time).` : 'Trying.';
			setText(lost.words, `${next}${ends} ${meaning}`);
			logIn.hidden = away.why !== 'unknown';
		}
		// While the server is away nobody knows whether its source is.
		stale.node.hidden = silent === undefined || away !== undefined;
		if (silent) {
			setText(stale.head, `STALE · ${durationText(Math.floor(silent.for / 1000) * 1000)}`);
			const what = silent.isAll
				? `The server answers, but its source has sent nothing since ${clockText(silent.since, offset)}.`
				: `This metric has had no data since ${clockText(silent.since, offset)}; the server answers, and others of its source go on.`;
			setText(stale.words, `${what} Numbers are the last known; nothing is drawn after them.`);
		}
	};
	return { node, render };
};
