// payload: alerts as Alertmanager writes them: to a webhook in its version 4, and to Alertmanager itself

import type { AlertRecord } from '../alert-record.ts';
import { fingerprintOf } from './fingerprint.ts';

/** Go's zero time: an alert that fires has no end. */
const NEVER = '0001-01-01T00:00:00Z';
const RECEIVER = 'bpfpipe';

/** RFC 3339, in UTC. */
const timeText = (ms: number): string => new Date(ms).toISOString();

const byText = (left: string, right: string): number => (left < right ? -1 : Number(left > right));

const sorted = (map: Record<string, string>): Record<string, string> =>
	Object.fromEntries(Object.entries(map).sort(([a], [b]) => byText(a, b)));

/** What all maps have in common. */
const common = (maps: Record<string, string>[]): Record<string, string> => {
	const [first = {}, ...others] = maps;
	return sorted(
		Object.fromEntries(
			Object.entries(first).filter(([name, value]) => others.every((other) => other[name] === value)),
		),
	);
};

const statusOf = ({ state }: AlertRecord): 'firing' | 'resolved' =>
	state === 'firing' ? 'firing' : 'resolved';

const quoted = (text: string): string => JSON.stringify(text);

/** The body for a webhook: the alerts of one name. */
export const webhookBody = (
	alertname: string,
	alerts: readonly AlertRecord[],
	externalUrl: string,
): object => ({
	receiver: RECEIVER,
	status: alerts.some(({ state }) => state === 'firing') ? 'firing' : 'resolved',
	alerts: alerts.map((alert) => ({
		status: statusOf(alert),
		labels: sorted(alert.labels),
		annotations: sorted(alert.annotations),
		startsAt: timeText(alert.starts_at),
		endsAt: alert.ends_at === undefined ? NEVER : timeText(alert.ends_at),
		generatorURL: externalUrl,
		fingerprint: fingerprintOf(alert.labels),
	})),
	groupLabels: { alertname },
	commonLabels: common(alerts.map(({ labels }) => labels)),
	commonAnnotations: common(alerts.map(({ annotations }) => annotations)),
	externalURL: externalUrl,
	version: '4',
	groupKey: `{}:{alertname=${quoted(alertname)}}`,
	truncatedAlerts: 0,
});

/** The body for Alertmanager's own API; what fires is said to last until `untilMs`, unless it is said again. */
export const alertmanagerBody = (
	alerts: readonly AlertRecord[],
	untilMs: number,
	externalUrl: string,
): object[] =>
	alerts.map(({ labels, annotations, starts_at, ends_at }) => ({
		labels,
		annotations,
		startsAt: timeText(starts_at),
		endsAt: timeText(ends_at ?? Math.max(untilMs, starts_at + 1)),
		...(externalUrl === '' ? {} : { generatorURL: externalUrl }),
	}));
