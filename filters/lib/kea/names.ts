// names: what each of Kea's statistics is, as a metric
// Names of Kea 2.2 to 3.2. What one metric counts adds up over its attributes. So counters of a server, of a subnet and of a
// pool are metrics apart, and so are all drops and those that have a cause.

/** A statistic as a metric. `kind` is there for those of which utilisation is made. */
export type Meaning = {
	type: 'sum' | 'gauge';
	metric: string;
	unit: string;
	attributes: Record<string, string>;
};

/** Which subnet, and which pool of it, a statistic is about. */
export type Place = { subnet?: string; pool?: string; isPrefixPool?: boolean };

/** Parts of what is dropped; Kea drops packets for other reasons too, which it does not tell apart. */
const DROPS = [
	'parse-failed',
	'queue-full',
	'duplicate',
	'rfc-violation',
	'admin-filtered',
	'not-for-us',
	'processing-failed',
	'limit-exceeded',
	'service-disabled',
];

type Row = [metric: string, type: Meaning['type'], unit: string, attributes?: Record<string, string>];

const NA = { lease_type: 'na' };
const PD = { lease_type: 'pd' };
const ADDRESSES = ['addresses', 'gauge', '{address}'] as const;
const ASSIGNMENTS = ['assignments', 'sum', '{lease}'] as const;
const REUSES = ['lease_reuses', 'sum', '{lease}'] as const;
const FAILURES = ['allocation_failures', 'sum', '{failure}'] as const;
const FAILURES_BY_PLACE = ['allocation_failures_by_place', 'sum', '{failure}'] as const;

// An allocation fails in a shared network or in a subnet alone; either no pool was for such a client, or all that were
// tried had nothing left; and the client may have been in classes.
const LEASES: Record<string, Row> = {
	'total-addresses': [...ADDRESSES, { kind: 'total' }],
	'total-nas': [...ADDRESSES, { kind: 'total', ...NA }],
	'total-pds': [...ADDRESSES, { kind: 'total', ...PD }],
	'assigned-addresses': [...ADDRESSES, { kind: 'assigned' }],
	'assigned-nas': [...ADDRESSES, { kind: 'assigned', ...NA }],
	'assigned-pds': [...ADDRESSES, { kind: 'assigned', ...PD }],
	'registered-nas': [...ADDRESSES, { kind: 'registered', ...NA }],
	'declined-addresses': [...ADDRESSES, { kind: 'declined' }],
	'declined-nas': [...ADDRESSES, { kind: 'declined' }],
	'cumulative-assigned-addresses': [...ASSIGNMENTS],
	'cumulative-assigned-nas': [...ASSIGNMENTS, NA],
	'cumulative-assigned-pds': [...ASSIGNMENTS, PD],
	'cumulative-registered-nas': ['registrations', 'sum', '{lease}', NA],
	'reclaimed-leases': ['reclaimed', 'sum', '{lease}'],
	'reclaimed-declined-addresses': ['reclaimed_declined', 'sum', '{address}'],
	'declined-reclaimed-addresses': ['reclaimed_declined', 'sum', '{address}'],
	'reservation-conflicts': ['reservation_conflicts', 'sum', '{conflict}'],
	'lease-reuses': [...REUSES],
	'ia-na-lease-reuses': [...REUSES, NA],
	'ia-pd-lease-reuses': [...REUSES, PD],
	'allocation-fail': [...FAILURES, { cause: 'exhausted' }],
	'allocation-fail-no-pools': [...FAILURES, { cause: 'no-pools' }],
	'allocation-fail-shared-network': [...FAILURES_BY_PLACE, { place: 'shared-network' }],
	'allocation-fail-subnet': [...FAILURES_BY_PLACE, { place: 'subnet' }],
	'allocation-fail-classes': ['allocation_failures_in_classes', 'sum', '{failure}'],
};

const PLACE = /^subnet\[(\d{1,20})\]\.(?:(pd-)?pool\[(\d{1,20})\]\.)?(.+)$/s;
const PACKETS = /^pkt[46]-(?:(.+)-)?(received|sent)$/s;
const DROP = /^pkt[46]-(.+)$/s;

const levelOf = ({ subnet, pool }: Place): string => {
	if (pool !== undefined) return 'kea_pool';
	return subnet === undefined ? 'kea_server' : 'kea';
};

const packetsOf = (name: string): Meaning | undefined => {
	const packets = PACKETS.exec(name);
	const unit = '{packet}';
	if (packets) {
		const [, message, direction] = packets as unknown as [string, string | undefined, string];
		if (message === undefined)
			return { type: 'sum', metric: 'kea_server_packets', unit, attributes: { direction } };
		return { type: 'sum', metric: 'kea_packets', unit, attributes: { direction, message } };
	}
	const cause = DROP.exec(name)?.[1];
	if (cause === 'receive-drop') return { type: 'sum', metric: 'kea_dropped', unit, attributes: {} };
	if (cause === undefined || !DROPS.includes(cause)) return undefined;
	return { type: 'sum', metric: 'kea_drops', unit, attributes: { cause } };
};

/** The statistic behind the place in front of it: `subnet[1].pool[0].total-nas`. */
export const placeOf = (name: string): { place: Place; rest: string } => {
	const match = PLACE.exec(name);
	if (!match) return { place: {}, rest: name };
	const [, subnet, prefix, pool, rest] = match;
	const place = pool === undefined ? {} : { pool, isPrefixPool: prefix !== undefined };
	return { place: { subnet: subnet!, ...place }, rest: rest! };
};

/**
 * What a statistic is; one that is not known is a gauge under its own name, for nobody can know whether it ever falls.
 */
export const meaningOf = (rest: string, place: Place): Meaning & { isKnown: boolean } => {
	const packets = place.subnet === undefined ? packetsOf(rest) : undefined;
	if (packets) return { ...packets, isKnown: true };
	const plain = rest.replace(/^v[46]-/, '');
	const row = Object.hasOwn(LEASES, plain) ? LEASES[plain] : undefined;
	if (!row) return { type: 'gauge', metric: rest, unit: '1', attributes: {}, isKnown: false };
	const [metric, type, unit, attributes = {}] = row;
	return { type, metric: `${levelOf(place)}_${metric}`, unit, attributes, isKnown: true };
};
