// status: what bpftrace says about itself between the maps: attach lines, lost events, helper errors
// Up to release 0.23 these come on stdout, between any two lines, even inside a histogram.

/** A line that says nothing about the data; one that events were lost; one that a map could not be updated. */
export type Status =
	| { kind: 'banner' }
	| { kind: 'lost'; count: bigint }
	| { kind: 'helper_error'; detail: string };

const BANNER = /^(?:Attach(?:ing|ed) \d+ probes?(?:\.\.\.)?|WARNING: Total lost event count: \d+)$/;
const LOST = /^(?:Lost|Possibly lost) (\d{1,20}) (?:events|samples)$/;
const HELPER = /^\S*:\d+:\d+-\d+: (?:WARNING|ERROR): (.+)$/;

/** The status that a line reports, or undefined. */
export const statusOf = (line: string): Status | undefined => {
	const lost = LOST.exec(line);
	if (lost) return { kind: 'lost', count: BigInt(lost[1]!) };
	if (BANNER.test(line)) return { kind: 'banner' };
	const helper = HELPER.exec(line);
	return helper ? { kind: 'helper_error', detail: helper[1]! } : undefined;
};

// Release 0.24 on: a chart instead of buckets, under an ordinary header and over several lines.
const CHART = /^(?: {8,}-?\d\S* +-?\d\S*| *hh:mm:ss(?:\.\S+)? +\|_+\|| *<no data>)$/;

/** Whether a line, right under a map's header, begins a tseries chart. */
export const beginsChart = (line: string): boolean => CHART.test(line);
