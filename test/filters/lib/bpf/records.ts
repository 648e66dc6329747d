import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { annotationsOf } from '../../../../filters/lib/bpf/annotations.ts';
import { DECODERS } from '../../../../filters/lib/bpf/decoders.ts';
import type { Field } from '../../../../filters/lib/bpf/field.ts';
import { objectOf } from '../../../../filters/lib/bpf/object.ts';
import { planOf } from '../../../../filters/lib/bpf/plan.ts';
import { createRecords, type Entry } from '../../../../filters/lib/bpf/records.ts';
import { bucketsOf } from '../../../../filters/lib/bpf/slots.ts';
import { syscallsOf } from '../../../../filters/lib/bpf/syscalls.ts';
import type { AnyRecord } from '../../../../filters/lib/record.ts';
import { btfBytes, CALLS, elfBytes } from '../../../data/bpf-object.ts';

const test = suite('lib/bpf: records');
const dir = mkdtempSync(join(tmpdir(), 'bpf-records-'));
test.after(() => rmSync(dir, { recursive: true }));

const object = objectOf(elfBytes('.BTF', btfBytes(CALLS)));
const fitted = (yaml: string) => {
	const file = join(dir, 'notes.yaml');
	writeFileSync(file, yaml);
	return planOf(object, annotationsOf(file));
};
const refusal = (yaml: string): string => {
	try {
		fitted(yaml);
	} catch (error) {
		assert.is((error as { code: number }).code, 78);
		return (error as Error).message.replaceAll(`${join(dir, 'notes.yaml')}:`, '');
	}
	throw new Error('nothing is refused');
};

const MOMENT = { ts: 2000, start: 1000, host: 'h' };
type Call = { comm?: string; result?: number; device?: number; way?: number };
const entry = ({ comm = '', result = 0, device = 0, way = 0 }: Call, ...values: bigint[][]): Entry => {
	const key = Buffer.alloc(40);
	key.write(comm, 0);
	key.writeInt32LE(result, 16);
	key.writeUInt32LE(device, 20);
	key.writeUInt32LE(way, 32);
	const buffers = values.map((numbers) => {
		const value = Buffer.alloc(80);
		numbers.forEach((number, i) => {
			value.writeBigUInt64LE(number, i * 8);
		});
		return value;
	});
	return { key, values: buffers };
};

test('a sum is added up over processors, and over keys that look alike, exactly', () => {
	const [plan] = fitted(`
metrics:
  calls:
    map: calls
    kind: sum
    unit: "{call}"
    value: count
    labels: { comm: { key: comm, decode: comm }, result: { key: result, decode: errno } }
`);
	const huge = 2n ** 64n - 1n;
	const records = createRecords(plan!)(
		[
			entry({ comm: 'sh', result: -2, device: 1 }, [huge], [huge]),
			entry({ comm: 'sh', result: -2, device: 2 }, [3n], [4n]),
			entry({ comm: 'cat' }, [9007199254740991n], [0n]),
		],
		MOMENT,
	);
	const common = { ts: 2000, start: 1000, host: 'h', metric: 'calls', unit: '{call}' };
	const sum = { temporality: 'cumulative', monotonic: true };
	assert.equal(records, [
		{
			type: 'sum',
			...common,
			attributes: { comm: 'sh', result: 'ENOENT' },
			...sum,
			value: '36893488147419103237',
		},
		{ type: 'sum', ...common, attributes: { comm: 'cat', result: '0' }, ...sum, value: 9007199254740991 },
	]);
});

test('a histogram out of an array of slots; a gauge; what is lost is told once for each rise', () => {
	const [plan] = fitted(`
metrics:
  lat: { map: calls, kind: histogram, unit: us, value: slots, slots: { scale: log2, first: 1 }, labels: { way: { key: way } } }
  held: { map: calls, kind: gauge, unit: By, value: bytes }
notices: [{ map: calls, value: count, kind: lost_events, detail: not measured }]
`);
	const records = createRecords(plan!);
	const print = (lost: bigint) =>
		records([entry({ way: 1 }, [lost, 7n, 1n, 0n, 3n, 0n, 0n, 0n, 0n, 5n])], MOMENT) as AnyRecord[];
	const [lat, held, notice] = print(2n);
	assert.equal(lat!.attributes, { way: 'out' });
	assert.equal(lat!.buckets, [
		[0, 1, 1],
		[2, 4, 3],
		[64, null, 5],
	]);
	assert.equal([held!.type, held!.value, held!.start], ['gauge', 7, undefined]);
	assert.equal([notice!.type, notice!.kind, notice!.count], ['notice', 'lost_events', 2]);
	assert.is(print(2n).length, 2);
	assert.is(print(5n)[2]!.count, 3);
	const old = createRecords(plan!, true);
	assert.is(
		old([entry({}, [9n])], MOMENT).length,
		2,
		'what was lost before this run was told by the one before',
	);
	assert.is((old([entry({}, [10n])], MOMENT)[2] as AnyRecord).count, 1);
});

test('a slot in the key; one that there is not is told, not put anywhere', () => {
	const notes = (last: string) =>
		`metrics: {lat: {map: calls, kind: histogram, unit: us, value: count, slots: {scale: linear, from: 10, step: 5, key: device, count: 3, last: ${last}}}}`;
	const entries = [0, 2, 7].map((device) => entry({ device }, [BigInt(device + 1)]));
	const [open] = createRecords(fitted(notes('open'))[0]!)(entries, MOMENT) as AnyRecord[];
	assert.equal(open!.buckets, [
		[10, 15, 1],
		[20, null, 11],
	]);
	const [closed, notice] = createRecords(fitted(notes('closed'))[0]!)(entries, MOMENT) as AnyRecord[];
	assert.equal(closed!.buckets, [
		[10, 15, 1],
		[20, 25, 3],
	]);
	assert.equal([notice!.kind, notice!.count], ['layout', 8]);
});

test('bounds of slots are exact beyond 2^53', () => {
	const counts = new Map([[63, 1n]]);
	assert.equal(bucketsOf({ scale: 'log2', first: 2n, isOpen: false }, 64, counts), [
		['9223372036854775808', '18446744073709551616', 1],
	]);
});

test('decoders', () => {
	const field = (size: number, count = 1, isSigned = false): Field => ({
		offset: 0,
		size,
		count,
		isSigned,
		isArray: count > 1,
		names: undefined,
	});
	const said = (name: string, hex: string, of: Field) => DECODERS[name]!.make()(Buffer.from(hex, 'hex'), of);
	assert.is(said('comm', '62617368007a7a7a', field(1, 8)), 'bash');
	assert.is(said('errno', 'f5ffffff', field(4, 1, true)), 'EAGAIN');
	assert.is(said('errno', '0f270000', field(4)), '9999');
	assert.is(said('device', '01001000', field(4)), '1:1');
	assert.is(said('device', '00008000', field(4)), '8:0');
	assert.is(said('hex', 'ffffffffffffffff', field(8, 1, true)), '0xffffffffffffffff');
	assert.is(said('ipv4', '7f000001', field(4)), '127.0.0.1');
	assert.is(said('ipv6', '20010db8000000000000000000000001', field(1, 16)), '2001:db8::1');
	assert.is(said('ipv6', '00000000000000000000000000000000', field(4, 4)), '::');
	assert.is(said('cgroup', 'ffffffffffffff7f', field(8)), '9223372036854775807');
	assert.is(DECODERS.ipv4!.fault(field(8)), 'it has 8 bytes, not 4');
	assert.is(DECODERS.comm!.fault(field(8)), 'it is no array of characters');
	assert.equal(
		[0, 1, 59, 434].map((number) => syscallsOf('x64').get(number)),
		['read', 'write', 'execve', 'pidfd_open'],
	);
	assert.equal(
		[63, 64, 221, 434].map((number) => syscallsOf('arm64').get(number)),
		['read', 'write', 'execve', 'pidfd_open'],
	);
	assert.is(syscallsOf('mips').size, 0);
});

test('a mistake in the annotations is told with its place, all of them at once', () => {
	assert.is(
		refusal('metrics:\n  a: { map: cals, kind: sum, unit: "1" }\n'),
		'2:8: the object has no map "cals"; there are calls',
	);
	assert.match(
		refusal('metrics:\n  a: { map: calls, kind: sums, unit: "1", valu: count }\n'),
		/^2:43: unknown key "valu"; did you mean "value"\?; 2:20: "sums" is none of sum, gauge, histogram; did you mean "sum"\?/,
	);
	assert.match(
		refusal('metrics:\n  a: { map: calls, kind: histogram, unit: "1", value: slots }\n'),
		/^2:3: a histogram has "slots"/,
	);
	assert.match(
		refusal('metrics:\n  a: { map: calls, kind: sum, unit: "1", value: slots }\n'),
		/2:42: value of map "calls": a sum is one number/,
	);
	assert.match(
		refusal(
			'metrics:\n  a: { map: calls, kind: sum, unit: "1", value: count, labels: { x: { key: result, decode: comm } } }\n',
		),
		/"result" cannot be read as comm: it is no array of characters/,
	);
	assert.match(refusal('notices: []\n'), /there are no metrics/);
	assert.match(refusal('metrics: [1]\n'), /this is no map; it has map, kind/);
	assert.match(
		refusal(
			'metrics:\n  a: { map: calls, kind: histogram, unit: "1", value: slots, slots: { scale: log2, first: 0 } }\n',
		),
		/"first" must be a whole number from 1 on/,
	);
});

test.run();
