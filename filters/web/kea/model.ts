// model: all that the parts of the Kea tab are rendered from

import { shownName } from '../../lib/chart/name.ts';
import { countText } from '../../lib/chart/number.ts';
import type { Theme } from '../../lib/chart/ramp.ts';
import type { MetricName, MetricSummary } from '../../lib/history/answers.ts';
import type { Notice } from '../../lib/record.ts';
import type { View } from '../view/view.ts';
import type { Change } from './changes.ts';
import { type Count, isProbed } from './figures.ts';
import type { Places } from './places.ts';
import type { KeaAnswers } from './questions.ts';

/** What of the page the tab is rendered from. */
export type Around = {
	view: View;
	theme: Theme;
	offset: number;
	/** The time that is shown, and the server's newest record. */
	now: number | undefined;
	newest: number | undefined;
	metrics: MetricSummary[];
	notices: Notice[];
	moreNotices: number;
};

export type KeaModel = Around & {
	service: string;
	answers: KeaAnswers;
	places: Places;
	/** What the probes cannot see in this build of Kea. */
	lost: string[];
	changes: Changes;
	/** The metric as the list of all metrics shows it, with these filters. */
	open: (metric: MetricName, attributes: Record<string, string>) => void;
};

/** `moved` are of figures that moved beyond chance; `before` is false where the history holds nothing of that time. */
export type Changes = {
	moved: Change[];
	still: number;
	from: number;
	to: number;
	hasBefore: boolean;
	share: number;
	remarks: string[];
};

export const NONE = '–';

/** A count, or that nobody knows. */
export const shown = (count: Count): string => (count === undefined ? NONE : countText(count));

/** A name out of a record. */
export const named = (name: string, most = 60): string => shownName(name, most);

/** What of the lost probes these words are about. */
export const lostOf = (lost: string[], form: RegExp): string[] =>
	lost.filter((one) => /everything/.test(one) || form.test(one)).map((one) => shownName(one, 200));

/** Whether what the probes never counted was nothing: they looked at packets, and no probe is missing for it. */
export const isLooking = ({ answers, lost }: Pick<KeaModel, 'answers' | 'lost'>, form: RegExp): boolean =>
	isProbed(answers) && lostOf(lost, form).length === 0;
