// tab: the Kea tab: the questions of who runs a DHCP server, in their order, for one service and a range of time

import { dateText, durationText } from '../../lib/chart/time.ts';
import type { MetricName } from '../../lib/history/answers.ts';
import type { Notice } from '../../lib/record.ts';
import { noticesAnswer, Refusal } from '../data/api.ts';
import { createOnce } from '../data/once.ts';
import { choice, el, setText } from '../parts/dom.ts';
import { createQuality } from '../parts/quality.ts';
import { isKea, keaServices } from '../view/kea.ts';
import { type Span, spanOf } from '../view/span.ts';
import type { View } from '../view/view.ts';
import { createBalance, createRefusals } from './balance.ts';
import { createChanged } from './changed.ts';
import { changesOf } from './changes.ts';
import { createDrops } from './drops.ts';
import { isMeasured, secondsOf } from './figures.ts';
import { type Around, type Changes, type KeaModel, named } from './model.ts';
import { askFullness, askPlaces } from './places.ts';
import { createPools } from './pools.ts';
import { type Asked, askKea, type KeaAnswers } from './questions.ts';
import { createStages } from './stages.ts';
import { createTimings } from './timings.ts';

const PAUSE_MS = 4000;
const ROOM = 120;
const SERVICES: Record<string, string> = { dhcp4: 'DHCPv4', dhcp6: 'DHCPv6' };
const ALL_HOSTS = '';
const FRESH_INTERVALS = 3;
const LEAST_FRESH_MS = 3000;

type Actions = {
	/** A change of what the tab shows. */
	change: (part: View['kea']) => void;
	/** A metric in the list of all, with these filters. */
	open: (metric: MetricName, attributes: Record<string, string>, host: string | undefined) => void;
	around: () => Around;
};

/** What was fetched, and for which question. */
type Fetched = Pick<KeaModel, 'service' | 'answers' | 'places' | 'lost' | 'changes'> & { question: string };

const chosenService = ({ view, metrics }: Around): string | undefined => {
	const services = keaServices(metrics);
	const { service } = view.kea;
	return service !== undefined && Object.hasOwn(SERVICES, service) ? service : services[0];
};

/** The range of now, in columns that fit the slowest of the metrics; one that goes on ends at the newest data. */
const spanIn = ({ view, now, newest, metrics }: Around): Span => {
	const interval = Math.max(1000, ...metrics.filter(isKea).map((one) => one.interval ?? 0));
	const isFresh =
		newest !== undefined &&
		newest <= now! &&
		now! - newest < Math.max(LEAST_FRESH_MS, FRESH_INTERVALS * interval);
	return spanOf(view.range, isFresh ? newest + 1 : now!, ROOM, interval);
};

/** The same columns, earlier: by the length of the range, or by what was chosen. */
const spanBefore = (span: Span, { view }: Around): Span => {
	const length = span.to - span.from;
	const wished = view.kea.earlier ?? length;
	const shift = Math.max(span.step, Math.round(wished / span.step) * span.step);
	return { ...span, from: span.from - shift, to: span.to - shift };
};

/** A notice about a service as a whole has the script that looks at it for a metric: `kea-dhcp4`. */
const isAbout = (
	{ metric = '', attributes, host }: Notice,
	service: string,
	asked: string | undefined,
): boolean =>
	(isKea({ metric }) || metric === '' || metric === `kea-${service}`) &&
	(attributes?.service ?? service) === service &&
	(asked === undefined || host === undefined || host === asked);

/** What this build of Kea does not let the probes see, told when they were set: that may be long ago. */
const lostNow = async (service: string, host: string | undefined, signal: AbortSignal): Promise<string[]> => {
	const { notices } = await noticesAnswer(0, Number.MAX_SAFE_INTEGER, `kea-${service}`, signal);
	const own = notices.filter(({ kind }) => kind === 'missing_probe');
	const details = own
		.filter((one) => host === undefined || one.host === host)
		.map(({ detail }) => detail ?? '');
	return [...new Set(details)];
};

const remarksOf = (answers: KeaAnswers): string[] => [...new Set(answers.relays?.remarks ?? [])];

const compared = async (
	asked: Asked,
	answers: KeaAnswers,
	places: KeaModel['places'],
	around: Around,
	signal: AbortSignal,
): Promise<Changes> => {
	const span = spanBefore(asked.span, around);
	const earlier = { ...asked, span };
	const [before, fullNow, fullBefore] = await Promise.all([
		askKea(earlier, signal),
		askFullness(asked, places, signal),
		askFullness(earlier, places, signal),
	]);
	const seconds = Math.max(secondsOf(before.received), secondsOf(before.keaReceived));
	return {
		...changesOf({ now: answers, before, fullNow, fullBefore }),
		from: span.from,
		to: span.to,
		hasBefore: isMeasured(before.received) || isMeasured(before.keaReceived),
		share: Math.min(1, (seconds * 1000) / (span.to - span.from)),
		remarks: remarksOf(before),
	};
};

/** Panels in the order of the questions. */
const createPanels = (change: Actions['change']) => {
	const drops = createDrops();
	const balance = createBalance();
	const refusals = createRefusals();
	const pools = createPools();
	const stages = createStages((message) => change({ message }));
	const operations = createTimings(
		'How long do calls of the lease database take?',
		['Operation', 'operation', 'Calls'],
		/database_query_performance|lookup/,
		'they are part of the stage allocation',
	);
	const relays = createTimings(
		'Which subnets are slow?',
		['Relay', 'relay', 'Packets'],
		/packet_processing_time/,
		'by the address of the relay, which stands in the subnet',
	);
	const changed = createChanged((earlier) => change({ earlier }));
	const quality = createQuality();
	return {
		nodes: [
			drops.node,
			el('div', { class: 'beside-each-other' }, balance.node, refusals.node),
			pools.node,
			stages.node,
			operations.node,
			relays.node,
			changed.node,
			quality.node,
		],
		render: (model: KeaModel, notices: Notice[]) => {
			drops.render(model);
			balance.render(model);
			refusals.render(model);
			pools.render(model);
			stages.render(model);
			operations.render(model, model.answers.operations);
			relays.render(model, model.answers.relays);
			changed.render(model);
			quality.render({ notices, moreNotices: model.moreNotices, offset: model.offset, remarks: [] });
		},
	};
};

export const createKeaTab = ({ change, open, around }: Actions) => {
	let fetched: Fetched | undefined;
	let isShown = false;
	let question = '';
	const about = el('p', { class: 'about' });
	const trouble = el('p', { class: 'trouble', hidden: true });
	const service = choice('Service', (value) => change({ service: value, message: undefined }));
	const host = choice('Host', (value) => change({ host: value === ALL_HOSTS ? undefined : value }));
	const panels = createPanels(change);
	const body = el('div', { class: 'kea', hidden: true }, ...panels.nodes);
	const head = el(
		'div',
		{ class: 'board-head' },
		el('h1', {}, 'Kea'),
		about,
		el('div', { class: 'filters' }, service.node, host.node),
	);

	const fetchAll = async (signal: AbortSignal) => {
		const now = around();
		const chosen = chosenService(now);
		if (!isShown || chosen === undefined || now.now === undefined) return;
		const { host: asked, message } = now.view.kea;
		const all: Asked = { metrics: now.metrics, service: chosen, host: asked, message, span: spanIn(now) };
		const own = questionOf(now);
		const [answers, places, lost] = await Promise.all([
			askKea(all, signal),
			askPlaces(all, signal),
			lostNow(chosen, asked, signal),
		]);
		const changes = await compared(all, answers, places, now, signal);
		fetched = { service: chosen, answers, places, lost, changes, question: own };
		setText(trouble, '');
		trouble.hidden = true;
		render();
	};
	const failed = (error: unknown) => {
		// That the server is away is said by the banner.
		if (!(error instanceof Refusal)) return;
		setText(trouble, `${error.message}; what is shown is what was fetched before.`);
		trouble.hidden = false;
	};
	const once = createOnce(fetchAll, failed, PAUSE_MS);
	/** What is asked, and whether it can be: the server's clock and its list of metrics come later than the page. */
	const questionOf = (now: Around) =>
		JSON.stringify([now.view.kea, now.view.range, chosenService(now), now.now === undefined]);

	const renderHead = (now: Around) => {
		const services = keaServices(now.metrics);
		const chosen = chosenService(now) ?? '';
		const listed = chosen === '' || services.includes(chosen) ? services : [...services, chosen];
		service.set(
			listed.map((one): [string, string] => [one, SERVICES[one] ?? named(one)]),
			chosen,
		);
		const hosts = new Set(now.metrics.filter(isKea).flatMap((one) => one.hosts));
		const { host: asked } = now.view.kea;
		if (asked !== undefined) hosts.add(asked);
		host.set(
			[[ALL_HOSTS, 'all'], ...[...hosts].sort().map((one): [string, string] => [one, named(one, 40)])],
			asked ?? ALL_HOSTS,
		);
		host.node.hidden = hosts.size < 2 && asked === undefined;
		const span = fetched?.answers.span;
		const words =
			services.length === 0
				? 'No record of a Kea server has come: bpftrace/kea-dhcp4.bt, kea-dhcp6.bt and kea-stats give them.'
				: !span
					? 'being fetched'
					: `${dateText(span.from, now.offset)} – ${dateText(span.to, now.offset).slice(11)}, ${durationText(span.to - span.from)} in columns of ${durationText(span.step)}; a figure that nobody measured is “–”`;
		setText(about, words);
	};
	const render = () => {
		const now = around();
		renderHead(now);
		body.hidden = fetched === undefined || keaServices(now.metrics).length === 0;
		if (!fetched || body.hidden) return;
		const { service: chosen, question: _, ...rest } = fetched;
		body.classList.toggle('is-waiting', fetched.question !== questionOf(now));
		const model: KeaModel = {
			...now,
			...rest,
			service: chosen,
			open: ({ metric, unit, type }, attributes) =>
				open({ metric, unit, type }, { service: chosen, ...attributes }, now.view.kea.host),
		};
		const notices = now.notices.filter((one) => isAbout(one, chosen, now.view.kea.host));
		panels.render(model, notices);
	};
	return {
		nodes: [head, trouble, body],
		/** Time went on. */
		ask: () => {
			if (isShown) once.ask();
		},
		show: (isOn: boolean) => {
			isShown = isOn;
			if (!isOn) return;
			const now = questionOf(around());
			if (now !== question) once.anew();
			question = now;
			if (!fetched) once.ask();
			render();
		},
	};
};
