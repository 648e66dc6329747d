// balance: is each DISCOVER offered, each REQUEST acknowledged; what is missing between each; and how many were refused

import { shareText } from '../../lib/chart/number.ts';
import { rateOfUnit } from '../../lib/chart/quantity.ts';
import { compare } from '../../lib/exact.ts';
import type { ColumnsAnswer } from '../../lib/history/answers.ts';
import { el, setText } from '../parts/dom.ts';
import {
	answeredOf,
	type Count,
	countAll,
	countIn,
	exchangeOf,
	type Gap,
	gapsOf,
	groupOf,
	orNone,
	type Step,
	secondsOf,
} from './figures.ts';
import { isLooking, type KeaModel, lostOf, NONE, named, shown } from './model.ts';
import { highestRate, paintRate } from './spark.ts';
import { createPanel, createTable } from './table.ts';

const LOST = /packets out|which answer|packet_processing_time|got an answer/;

/** What lies between two messages: none missing, so many, or more than there should be. */
const gapText = ({ from, to }: Gap, count: Count, whole: Count): [text: string, tone: string] => {
	if (count === undefined) return [NONE, ''];
	const size = compare(count, 0);
	if (size === 0) return ['none missing', 'ok'];
	if (size < 0) return [`${shown(String(count).replace('-', ''))} more ${to} than ${from}`, ''];
	const part = Number(whole) > 0 ? `, ${shareText(Number(count) / Number(whole))}` : '';
	return [`${shown(count)} ${from} without ${to}${part}`, 'bad'];
};

const widthOf = (count: Count, most: number): number => (most > 0 ? (Number(count ?? 0) / most) * 100 : 0);

/** The exchange as bars below each other, with what is missing between them. */
const createExchange = () => {
	const list = el('ol', { class: 'exchange' });
	const row = (own: string, kea: string | undefined, className: string) =>
		el(
			'li',
			{ class: className },
			el('span', { class: 'own' }, own),
			kea !== undefined && el('span', { class: 'kea-own' }, `Kea: ${kea}`),
		);
	const barRow = ({ message, isAnswer, probes, kea }: Step, most: number, hasKea: boolean) => {
		const fill = el('b', { class: 'step-fill' });
		fill.style.width = `${widthOf(probes ?? kea, most)}%`;
		return el(
			'li',
			{ class: `step${isAnswer ? ' is-answer' : ''}` },
			el('strong', {}, message),
			el('i', { class: probes === undefined && kea === undefined ? 'step-bar hatched' : 'step-bar' }, fill),
			el('span', { class: 'own' }, shown(probes)),
			hasKea && el('span', { class: 'kea-own' }, `Kea: ${shown(kea)}`),
		);
	};
	let before = '';
	return {
		node: list,
		render: (steps: Step[], gaps: Gap[]) => {
			const now = JSON.stringify([steps, gaps]);
			if (now === before) return;
			before = now;
			const most = Math.max(...steps.map(({ probes, kea }) => Number(probes ?? kea ?? 0)));
			const hasKea = steps.some(({ kea }) => kea !== undefined);
			list.replaceChildren(
				...steps.flatMap((step, at) => {
					const gap = gaps[at - 1];
					if (!gap) return [barRow(step, most, hasKea)];
					const [words, tone] = gapText(gap, gap.probes, gap.whole);
					const kea = hasKea ? gapText(gap, gap.kea, gap.keaWhole)[0] : undefined;
					return [row(words, kea, `gap ${tone}`), barRow(step, most, hasKea)];
				}),
			);
		},
	};
};

const REMARKS: Record<string, string> = {
	dhcp4:
		'REQUEST also renews a lease, and ACK also answers INFORM; a message is without its answer when it got another or none.',
	dhcp6:
		'REPLY also answers RENEW, REBIND, CONFIRM, RELEASE, DECLINE and INFORMATION-REQUEST; what is without it is counted by message.',
};

export const createBalance = () => {
	const exchange = createExchange();
	const remark = el('p', { class: 'about' });
	const table = createTable('What each message got for an answer', ['Message', 'Finished#', 'Answers']);
	const panel = createPanel('Is the exchange balanced?', exchange.node, remark, table.node);
	return {
		node: panel.node,
		render: (model: KeaModel) => {
			const { service, answers, lost, open } = model;
			const steps = exchangeOf(service, answers, {
				received: isLooking(model, /packets in/),
				sent: isLooking(model, /packets out/),
			});
			panel.about(steps.map(({ message }) => message).join(' → '));
			panel.lost(lostOf(lost, LOST));
			exchange.render(steps, gapsOf(steps, answers));
			setText(remark, REMARKS[service] ?? '');
			table.render(
				answeredOf(answers).map(({ message, all, answers: got }) => ({
					key: message,
					cells: [
						{ text: named(message, 30), open: () => open(answers.answered!.all, { message }) },
						shown(all),
						got
							.map(
								([answer, count]) =>
									`${answer === 'none' ? 'none' : named(answer, 30)} ${shown(count)} (${shareText(Number(count) / Number(all))})`,
							)
							.join(' · '),
					],
				})),
			);
		},
	};
};

const HEIGHT = 56;

/** Refusals: NAK in v4; in v6 there is no such message. */
export const createRefusals = () => {
	const figures = el('dl', { class: 'figures' });
	const canvas = el('canvas', { attributes: { 'aria-hidden': 'true' } });
	const box = el('div', { class: 'wide-picture' }, canvas);
	const words = el('p', { class: 'about' });
	const panel = createPanel('How many are refused?', figures, box, words);
	const figure = (name: string, value: string, beside: string) =>
		el(
			'div',
			{ class: 'figure' },
			el('dt', {}, name),
			el('dd', { class: 'value' }, value),
			el('dd', { class: 'beside' }, beside),
		);
	const rateIn = (count: Count, answer: ColumnsAnswer | undefined): string => {
		const seconds = secondsOf(answer);
		return count === undefined || !(seconds > 0) ? NONE : rateOfUnit(Number(count) / seconds, '1');
	};
	let before = '';
	return {
		node: panel.node,
		render: (model: KeaModel) => {
			const { service, answers, theme, lost } = model;
			const is4 = service === 'dhcp4';
			const nak = is4 ? orNone(countIn(answers.sent, 'NAK'), isLooking(model, /packets out/)) : undefined;
			const kea = is4 ? countIn(answers.keaSent, 'nak') : undefined;
			const requests = countIn(answers.received, 'REQUEST');
			const failures = orNone(countAll(answers.failures), is4 && isLooking(model, /allocation_failures/));
			const keaFailures = countAll(answers.keaFailures);
			const share =
				nak !== undefined && Number(requests) > 0
					? `${shareText(Number(nak) / Number(requests))} of ${shown(requests)} REQUEST`
					: ' ';
			const all = [
				...(is4
					? [
							['NAK sent', shown(nak), share],
							['NAK a second', rateIn(nak, answers.received), ' '],
							['NAK, Kea’s statistics', shown(kea), ' '],
							['leases looked for in vain', shown(failures), 'as the probes see it'],
						]
					: []),
				['allocation failures', shown(keaFailures), 'Kea’s statistics'],
			] as [string, string, string][];
			const now = JSON.stringify(all);
			if (now !== before) figures.replaceChildren(...all.map((one) => figure(...one)));
			before = now;
			panel.about(
				is4
					? 'NAK: the client asked for an address that it cannot have'
					: 'DHCPv6 has no NAK: a server refuses in its REPLY or ADVERTISE, which Kea’s statistics count',
			);
			panel.lost(is4 ? lostOf(lost, /packets out|which answer|allocation_failures/) : []);
			const [answer, name] = is4 ? [answers.sent, 'NAK'] : [answers.keaFailures, 'exhausted'];
			const group = groupOf(answer, name);
			box.hidden = group === undefined;
			if (answer && group) paintRate(canvas, [Math.max(60, box.clientWidth), HEIGHT], answer, group, theme);
			const top = answer && group && highestRate(answer, group);
			setText(
				words,
				group
					? `${is4 ? 'NAK' : 'pools without a lease left, failures'} over time, at most ${top === undefined ? NONE : rateOfUnit(top, '1')}`
					: '',
			);
		},
	};
};
