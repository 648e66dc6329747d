// fingerprint: the number by which Alertmanager knows an alert, made of its labels as it makes it

const PRIME = 0x100000001b3n;
const OFFSET = 0xcbf29ce484222325n;
const MASK = 0xffffffffffffffffn;
const SEPARATOR = Buffer.from([0xff]);

const hashed = (hash: bigint, bytes: Buffer): bigint =>
	bytes.reduce((so, byte) => ((so ^ BigInt(byte)) * PRIME) & MASK, hash);

/** FNV-1a of 64 bits over names and values in the order of names, as sixteen digits. */
export const fingerprintOf = (labels: Record<string, string>): string => {
	const names = Object.keys(labels).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
	const hash = names.reduce(
		(so, name) => [Buffer.from(name), SEPARATOR, Buffer.from(labels[name]!), SEPARATOR].reduce(hashed, so),
		OFFSET,
	);
	return hash.toString(16).padStart(16, '0');
};
