// kea: which of the metrics are of a Kea server, and of which of its services

import type { MetricSummary } from '../../lib/history/answers.ts';

/** What a script that looks at Kea from outside prints, under these names. */
const PROBED = new Set([
	'packet_processing_time',
	'stage_time',
	'lease_allocation_time',
	'database_query_performance',
	'relay_processing_time',
	'packet_drop_rate',
	'allocation_failures',
	'error_rates',
	'packets',
]);

const SERVICES = ['dhcp4', 'dhcp6'];

/** Whether a metric is of Kea as far as its name says; a program may have `packets` too, but of no such service. */
export const isKea = ({ metric }: Pick<MetricSummary, 'metric'>): boolean =>
	PROBED.has(metric) || metric.startsWith('kea_');

/** The services of Kea that there are records of. */
export const keaServices = (metrics: MetricSummary[]): string[] => {
	const named = metrics
		.filter(isKea)
		.flatMap(({ attributes }) => attributes.find(({ name }) => name === 'service')?.first ?? []);
	return SERVICES.filter((service) => named.includes(service));
};
