import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { meaningOf, placeOf } from '../../../../filters/lib/kea/names.ts';

const test = suite('lib/kea/names');

const read = (name: string) => {
	const { place, rest } = placeOf(name);
	return { place, ...meaningOf(rest, place) };
};
const brief = (name: string) => {
	const { type, metric, attributes } = read(name);
	return [type, metric, ...Object.values(attributes)].join(' ');
};

test('packets by direction and message, and all of them under a name of their own', () => {
	assert.is(brief('pkt4-discover-received'), 'sum kea_packets received discover');
	assert.is(brief('pkt4-ack-sent'), 'sum kea_packets sent ack');
	assert.is(brief('pkt6-addr-reg-inform-received'), 'sum kea_packets received addr-reg-inform');
	assert.is(
		brief('pkt4-lease-query-response-active-sent'),
		'sum kea_packets sent lease-query-response-active',
	);
	assert.is(brief('pkt6-received'), 'sum kea_server_packets received');
	assert.is(brief('pkt4-sent'), 'sum kea_server_packets sent');
});

test('all drops are a metric of their own, and those by cause another, with what 3.2 has too', () => {
	assert.is(brief('pkt4-receive-drop'), 'sum kea_dropped');
	assert.is(brief('pkt6-receive-drop'), 'sum kea_dropped');
	for (const cause of [
		'parse-failed',
		'queue-full',
		'duplicate',
		'rfc-violation',
		'admin-filtered',
		'not-for-us',
		'processing-failed',
		'limit-exceeded',
		'service-disabled',
	])
		assert.is(brief(`pkt4-${cause}`), `sum kea_drops ${cause}`);
});

test('leases of a server, a subnet and a pool are metrics apart', () => {
	assert.is(brief('cumulative-assigned-addresses'), 'sum kea_server_assignments');
	assert.is(brief('subnet[1].assigned-addresses'), 'gauge kea_addresses assigned');
	assert.is(brief('subnet[1].pool[0].total-addresses'), 'gauge kea_pool_addresses total');
	assert.is(brief('subnet[1].total-nas'), 'gauge kea_addresses total na');
	assert.is(brief('subnet[1].pd-pool[3].assigned-pds'), 'gauge kea_pool_addresses assigned pd');
	assert.is(brief('subnet[1].registered-nas'), 'gauge kea_addresses registered na');
	assert.is(brief('subnet[1].declined-addresses'), 'gauge kea_addresses declined');
	assert.is(brief('subnet[1].reclaimed-leases'), 'sum kea_reclaimed');
	assert.is(brief('subnet[1].reclaimed-declined-addresses'), 'sum kea_reclaimed_declined');
	assert.is(brief('subnet[1].v4-reservation-conflicts'), 'sum kea_reservation_conflicts');
	assert.is(brief('subnet[1].v6-ia-pd-lease-reuses'), 'sum kea_lease_reuses pd');
	assert.is(brief('v4-lease-reuses'), 'sum kea_server_lease_reuses');
});

test('allocation failures by cause and by place add up each for itself', () => {
	assert.is(brief('subnet[1].v4-allocation-fail'), 'sum kea_allocation_failures exhausted');
	assert.is(brief('subnet[1].v6-allocation-fail-no-pools'), 'sum kea_allocation_failures no-pools');
	assert.is(brief('subnet[1].v4-allocation-fail-subnet'), 'sum kea_allocation_failures_by_place subnet');
	assert.is(
		brief('v6-allocation-fail-shared-network'),
		'sum kea_server_allocation_failures_by_place shared-network',
	);
	assert.is(brief('v4-allocation-fail-classes'), 'sum kea_server_allocation_failures_in_classes');
});

test('places', () => {
	assert.equal(read('subnet[12].pool[3].assigned-nas').place, {
		subnet: '12',
		pool: '3',
		isPrefixPool: false,
	});
	assert.equal(read('subnet[12].pd-pool[0].total-pds').place, {
		subnet: '12',
		pool: '0',
		isPrefixPool: true,
	});
	assert.equal(read('subnet[12].total-pds').place, { subnet: '12' });
	assert.equal(read('total-pds').place, {});
});

test('what is not known is a gauge under its own name, with its place', () => {
	for (const name of ['pkt4-eaten-by-a-grue', 'toString', 'constructor', 'subnet[x].total-nas', 'received'])
		assert.equal(read(name), {
			place: {},
			type: 'gauge',
			metric: name,
			unit: '1',
			attributes: {},
			isKnown: false,
		});
	const own = read('subnet[7].perfmon.discover-offer.mean-usecs');
	assert.equal([own.place, own.metric, own.isKnown], [
		{ subnet: '7' },
		'perfmon.discover-offer.mean-usecs',
		false,
	] as unknown as (typeof own.place)[]);
	// A packet counter is of a server, never of a subnet.
	assert.is(read('subnet[7].pkt4-ack-sent').isKnown, false);
});

test.run();
