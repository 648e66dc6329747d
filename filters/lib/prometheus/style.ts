// style: how an exposition is written

/** The text format 0.0.4, or OpenMetrics 1.0. */
export type Format = 'text' | 'openMetrics';

export type Style = {
	format: Format;
	/** The time of its record behind each value. */
	timestamps: boolean;
};

/** A time behind a value: milliseconds in the text format, seconds in OpenMetrics. */
export const timeText = (ms: number, { format, timestamps }: Style): string => {
	if (!timestamps) return '';
	return format === 'text' ? ` ${ms}` : ` ${secondsText(ms)}`;
};

/** Milliseconds as seconds, exactly. */
export const secondsText = (ms: number): string =>
	`${Math.floor(ms / 1000)}.${String(ms % 1000).padStart(3, '0')}`;

/** The `le` of a whole number: OpenMetrics wants it written as a float. */
export const leText = (digits: string, format: Format): string =>
	format === 'text' ? `le="${digits}"` : `le="${digits}.0"`;
