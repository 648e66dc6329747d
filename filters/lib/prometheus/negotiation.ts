// negotiation: which style an Accept header asks for
//
// Prometheus 2.42:  application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,...
// Prometheus 3:     application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,...

import type { MessageStyle, Style, TextStyle } from './style.ts';

/** A style, and the Content-Type that says which it is. */
export type Agreed = { style: Style; contentType: string };

/** What the server has decided for itself, whoever asks. */
export type Decided = Pick<MessageStyle, 'timestamps' | 'histograms'>;

type Offer = { type: string; parameters: Map<string, string>; weight: number };

const PROTOBUF = 'application/vnd.google.protobuf';
const OPEN_METRICS = 'application/openmetrics-text';
const MESSAGE = 'io.prometheus.client.MetricFamily';
// A header is short; what comes from elsewhere is cut, not split into a million parts.
const MOST_OFFERS = 50;

const unquoted = (text: string): string => /^"(.*)"$/.exec(text)?.[1] ?? text;

/** One of the parts between commas; undefined where it is refused (q=0). */
const offerIn = (part: string): Offer | undefined => {
	const [type = '', ...rest] = part.split(';').map((one) => one.trim());
	const parameters = new Map<string, string>();
	for (const one of rest) {
		const at = one.indexOf('=');
		if (at > 0) parameters.set(one.slice(0, at).trim().toLowerCase(), unquoted(one.slice(at + 1).trim()));
	}
	const weight = Number(parameters.get('q') ?? 1);
	return weight > 0 ? { type: type.toLowerCase(), parameters, weight } : undefined;
};

/** All styles that an exposition is negotiated into: a style is one object, so that what is rendered once is kept. */
export const createNegotiation = ({ timestamps, histograms = 'both' }: Decided) => {
	const messages: MessageStyle = { format: 'protobuf', timestamps, histograms };
	const messagesUtf8: MessageStyle = { ...messages, names: 'utf8' };
	const text: TextStyle = { format: 'text', timestamps };
	const textUtf8: TextStyle = { ...text, names: 'utf8' };
	const open: TextStyle = { format: 'openMetrics', timestamps };
	const openUtf8: TextStyle = { ...open, names: 'utf8' };

	const TEXT: Agreed = { style: text, contentType: 'text/plain; version=0.0.4; charset=utf-8' };
	const escaping = (isUtf8: boolean) => `escaping=${isUtf8 ? 'allow-utf-8' : 'underscores'}`;

	const protobufFor = ({ parameters }: Offer, isUtf8: boolean): Agreed | undefined => {
		const isOurs = (parameters.get('proto') ?? MESSAGE) === MESSAGE;
		if (!isOurs || (parameters.get('encoding') ?? 'delimited') !== 'delimited') return undefined;
		const end = parameters.has('escaping') ? `; ${escaping(isUtf8)}` : '';
		const contentType = `${PROTOBUF}; proto=${MESSAGE}; encoding=delimited${end}`;
		return { style: isUtf8 ? messagesUtf8 : messages, contentType };
	};
	const openMetricsFor = ({ parameters }: Offer, isUtf8: boolean): Agreed | undefined => {
		const version = parameters.get('version') ?? '1.0.0';
		if (version !== '1.0.0' && version !== '0.0.1') return undefined;
		const end = parameters.has('escaping') && version === '1.0.0' ? `; ${escaping(isUtf8)}` : '';
		const contentType = `${OPEN_METRICS}; version=${version}; charset=utf-8${end}`;
		return { style: isUtf8 && version === '1.0.0' ? openUtf8 : open, contentType };
	};
	const textFor = ({ parameters }: Offer, isUtf8: boolean): Agreed | undefined => {
		const version = parameters.get('version') ?? '0.0.4';
		if (version === '0.0.4') return TEXT;
		if (version !== '1.0.0') return undefined;
		const contentType = `text/plain; version=1.0.0; charset=utf-8; ${escaping(isUtf8)}`;
		return { style: isUtf8 ? textUtf8 : text, contentType };
	};
	/** What can be had of an offer; of the ways to escape names we have one, and none at all. */
	const agree = (offer: Offer): Agreed | undefined => {
		const isUtf8 = offer.parameters.get('escaping') === 'allow-utf-8';
		if (offer.type === PROTOBUF) return protobufFor(offer, isUtf8);
		if (offer.type === OPEN_METRICS) return openMetricsFor(offer, isUtf8);
		if (offer.type === 'text/plain') return textFor(offer, isUtf8);
		return offer.type === '*/*' || offer.type === 'text/*' ? TEXT : undefined;
	};
	/** The style for an Accept header: what it would like best of what there is; the plain text where it names nothing. */
	return (accept: string | undefined): Agreed => {
		const offers = (accept ?? '').split(',', MOST_OFFERS).flatMap((part) => offerIn(part) ?? []);
		// The order in the header decides between two that are liked alike: sorting keeps it.
		for (const offer of offers.sort((a, b) => b.weight - a.weight)) {
			const agreed = agree(offer);
			if (agreed) return agreed;
		}
		return TEXT;
	};
};
