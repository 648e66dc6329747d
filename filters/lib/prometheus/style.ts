// style: how an exposition is written

/** The text format 0.0.4, or OpenMetrics 1.0. */
export type Format = 'text' | 'openMetrics';

/** Names of letters, digits and underscores, as every reader takes them, or as they are, in UTF-8. */
export type Spelling = 'underscores' | 'utf8';

type Common = {
	/** The time of its record behind each value. */
	timestamps: boolean;
	/** `underscores` where nothing is said. */
	names?: Spelling;
};

export type TextStyle = Common & { format: Format };
/** Messages of io.prometheus.client.MetricFamily, each behind its length. */
export type MessageStyle = Common & {
	format: 'protobuf';
	/**
	 * Which form histograms have: the reader takes the native one where it knows it, else the rows of the classic one, so
	 * both, where nothing is said. A family whose buckets no native one has is classic only.
	 */
	histograms?: 'both' | 'native' | 'classic';
};

export type Style = TextStyle | MessageStyle;

/** How the names in it are spelled. */
export const spellingOf = ({ names = 'underscores' }: Style): Spelling => names;

/** A time behind a value: milliseconds in the text format, seconds in OpenMetrics. */
export const timeText = (ms: number, { format, timestamps }: TextStyle): string => {
	if (!timestamps) return '';
	return format === 'text' ? ` ${ms}` : ` ${secondsText(ms)}`;
};

/** Milliseconds as seconds, exactly. */
export const secondsText = (ms: number): string =>
	`${Math.floor(ms / 1000)}.${String(ms % 1000).padStart(3, '0')}`;

/** The `le` of a number: OpenMetrics wants it written as a float. */
export const leText = (digits: string, format: Format): string =>
	format === 'text' || digits.includes('.') ? `le="${digits}"` : `le="${digits}.0"`;
