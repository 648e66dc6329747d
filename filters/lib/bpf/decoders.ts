// decoders: what a field of a key is written as in an attribute

import { cgroupPaths } from './cgroups.ts';
import { errnoName } from './errno.ts';
import { bytesIn, type Field, numberIn } from './field.ts';
import { createMounts } from './mounts.ts';
import { syscallsOf } from './syscalls.ts';

/** A field of one key as text. */
export type Decoder = (key: Buffer, field: Field) => string;

// The lower 20 bits of a device's number, as the kernel keeps it, are the minor one.
const MINOR_BITS = 20n;

const asNumber: Decoder = (key, field) => {
	const value = numberIn(key, field);
	return field.names?.get(value) ?? value.toString();
};

const asText: Decoder = (key, field) => {
	const bytes = bytesIn(key, field);
	const end = bytes.indexOf(0);
	return bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
};

const asErrno: Decoder = (key, field) => errnoName(Number(numberIn(key, field)));

const asDevice: Decoder = (key, field) => {
	const value = numberIn(key, field);
	return `${value >> MINOR_BITS}:${value & ((1n << MINOR_BITS) - 1n)}`;
};

const asHex: Decoder = (key, field) =>
	`0x${BigInt.asUintN(field.size * 8, numberIn(key, field)).toString(16)}`;

const asIpv4: Decoder = (key, field) => [...bytesIn(key, field)].join('.');

/** The one spelling of RFC 5952: lower case, the longest run of zeros left out. */
const asIpv6: Decoder = (key, field) => {
	const bytes = bytesIn(key, field);
	const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(i * 2).toString(16)).join(':');
	return new URL(`http://[${groups}]/`).hostname.slice(1, -1);
};

const cgroupDecoder = (): Decoder => {
	const pathOf = cgroupPaths();
	return (key, field) => pathOf(numberIn(key, field));
};

const mountDecoder = (): Decoder => {
	const mounts = createMounts();
	return (key, field) => {
		const device = asDevice(key, field);
		return mounts().devices.get(device) ?? device;
	};
};

const mountIdDecoder = (): Decoder => {
	const mounts = createMounts();
	return (key, field) => {
		const id = numberIn(key, field).toString();
		return mounts().ids.get(id) ?? id;
	};
};

const syscallDecoder = (arch = process.arch): Decoder => {
	const names = syscallsOf(arch);
	return (key, field) => {
		const value = numberIn(key, field);
		return names.get(Number(value)) ?? value.toString();
	};
};

type Shape = { make: () => Decoder; fault: (field: Field) => string };

const one = (field: Field) => (field.isArray ? 'it is an array' : '');
const text = ({ isArray, size }: Field) => (isArray && size === 1 ? '' : 'it is no array of characters');
const long = (bytes: number) => (field: Field) =>
	field.size * field.count === bytes ? '' : `it has ${field.size * field.count} bytes, not ${bytes}`;

/** Every decoder by the name that an annotation has for it, and what it wants of a field. */
export const DECODERS: Record<string, Shape> = {
	number: { make: () => asNumber, fault: one },
	comm: { make: () => asText, fault: text },
	text: { make: () => asText, fault: text },
	errno: { make: () => asErrno, fault: one },
	syscall: { make: () => syscallDecoder(), fault: one },
	device: { make: () => asDevice, fault: one },
	mount: { make: mountDecoder, fault: one },
	mount_id: { make: mountIdDecoder, fault: one },
	hex: { make: () => asHex, fault: one },
	ipv4: { make: () => asIpv4, fault: long(4) },
	ipv6: { make: () => asIpv6, fault: long(16) },
	cgroup: { make: cgroupDecoder, fault: one },
};
