// alert-record: an alert as a record, one for each change of its state

/** `inactive`: it was pending, and its condition ceased before the time was over. */
export type AlertState = 'pending' | 'firing' | 'resolved' | 'inactive';

export type AlertRecord = {
	type: 'alert';
	ts: number;
	host: string;
	/** Where the expression is about one. */
	metric?: string;
	/** The name of its rule, which is the label alertname as well. */
	alert: string;
	state: AlertState;
	labels: Record<string, string>;
	annotations: Record<string, string>;
	/** As of when the condition held last; what no JSON number says is text: "NaN", "+Inf", "-Inf". */
	value: number | string;
	/** Since when it has been in this state; of one that is over, since when it had fired or been pending. */
	starts_at: number;
	ends_at?: number;
	synthetic?: true;
};
