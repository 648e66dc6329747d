// drops: are packets dropped, and why: the probes' causes and Kea's own counters side by side

import { rateOfUnit } from '../../lib/chart/quantity.ts';
import { compare, subtract } from '../../lib/exact.ts';
import { el, setText } from '../parts/dom.ts';
import { countAll, type Drop, dropsOf, isMeasured, orNone, totalOf } from './figures.ts';
import { isLooking, type KeaModel, lostOf, NONE, named, shown } from './model.ts';
import { highestRate, paintRate } from './spark.ts';
import { type Cell, createPanel, createTable } from './table.ts';

const LOST = /packet_drop_rate|got an answer|error_rates|malformed/;
const PICTURE = { width: 200, height: 28 };

/** What the causes of the probes mean for who runs the server. */
const WORDS: Record<string, string> = {
	truncated: 'too short to be DHCP',
	malformed: 'could not be read',
	exception: 'the server failed on it',
	queue: 'the queue of packets was full',
	unpack: 'given up while it was read',
	subnet: 'no subnet for the client',
	reservation: 'given up at the reservations',
	allocation: 'no lease to be had',
	answer: 'given up while the answer was made',
};

/** Packets that never come as far as Kea's statistics; of others it may count the drop, though not this cause of it. */
const UNSEEN = new Set(['truncated', 'queue']);

const keaCell = ({ keaCause, kea, cause }: Drop, hasKea: boolean): Cell => {
	if (!hasKea) return { text: NONE };
	if (keaCause !== undefined && kea !== undefined) return { text: shown(kea) };
	return {
		text: UNSEEN.has(cause) ? 'unknown to Kea' : 'no counter of it',
		class: 'unknown',
		title: UNSEEN.has(cause)
			? 'These packets are in none of Kea’s statistics'
			: 'Kea’s statistics have no such cause: they may have it among all drops',
	};
};

const rowsOf = ({ answers, theme, open }: KeaModel, drops: Drop[]) => {
	const hasKea = isMeasured(answers.keaDropped);
	return drops.map((drop) => {
		const { cause, probes, messages, group, keaCause, keaGroup } = drop;
		const own = group ?? keaGroup;
		const answer = group ? answers.drops?.all : answers.keaDrops;
		const top = answer && own && highestRate(answer, own);
		const name = cause === '' ? `${named(keaCause ?? '', 40)} (Kea)` : named(cause, 40);
		return {
			key: `${cause} ${keaCause}`,
			cells: [
				group && answers.drops
					? { text: name, open: () => open(answers.drops!.all, { cause }) }
					: { text: name },
				Object.hasOwn(WORDS, cause) ? WORDS[cause]! : '',
				messages.map(([message, count]) => `${named(message, 30)} ${shown(count)}`).join(', '),
				{ text: shown(probes), class: Number(probes ?? 0) > 0 ? 'some' : '' },
				keaCell(drop, hasKea),
				{
					picture: (canvas: HTMLCanvasElement, width: number) =>
						paintRate(canvas, [width, PICTURE.height], answer, own, theme),
					width: PICTURE.width,
				},
				top === undefined ? NONE : rateOfUnit(top, '1'),
			] satisfies Cell[],
		};
	});
};

/** How many Kea dropped, and of how many it does not say why. */
const keaSentence = ({ keaDropped, keaDrops }: KeaModel['answers']): string => {
	const all = countAll(keaDropped);
	if (all === undefined) return 'Kea’s own statistics have not come';
	const unexplained = subtract(all, countAll(keaDrops) ?? 0);
	const rest = compare(unexplained, 0) > 0 ? `, ${shown(unexplained)} of them under no cause` : '';
	return `Kea’s statistics count ${shown(all)} drops${rest}`;
};

/** What all drops are by either count, in words. */
const sentence = (model: KeaModel): string => {
	const { answers } = model;
	const probes = orNone(countAll(answers.drops?.all), isLooking(model, LOST));
	const received = countAll(answers.received);
	return [
		probes === undefined
			? '– No probe looked for drops in this range'
			: `${shown(probes)} of ${shown(received)} packets got no answer that they should have had, as the probes see it`,
		keaSentence(answers),
	].join(' · ');
};

export const createDrops = () => {
	const table = createTable('Drops by cause', [
		'Cause',
		'Which means',
		'Messages',
		'Probes#',
		'Kea’s statistics#',
		'Over time',
		'Highest#',
	]);
	const errors = createTable('Exceptions by where Kea throws them', ['Exception thrown at', 'Times#']);
	const none = el('p', { class: 'none', hidden: true });
	const panel = createPanel('Are packets dropped, and why?', none, table.node, errors.node);
	return {
		node: panel.node,
		render: (model: KeaModel) => {
			const { answers, lost, open } = model;
			const drops = dropsOf(answers, isLooking(model, LOST));
			panel.about(sentence(model));
			panel.lost(lostOf(lost, LOST));
			table.render(rowsOf(model, drops));
			none.hidden = drops.length > 0;
			setText(none, isLooking(model, LOST) ? 'Nothing was dropped.' : NONE);
			errors.render(
				(answers.errors?.all.groups ?? []).flatMap(({ name: file = '' }) =>
					(answers.errors!.of.get(file)?.groups ?? []).map((line) => ({
						key: JSON.stringify([file, line.name]),
						cells: [
							{
								text: `${named(file, 40)}, line ${named(line.name ?? '', 12)}`,
								open: () => open(answers.errors!.all, { file, line: line.name ?? '' }),
							},
							shown(
								line.columns.some((column) => column !== null)
									? totalOf(line)
									: orNone(undefined, isLooking(model, /error_rates/)),
							),
						],
					})),
				),
			);
		},
	};
};
