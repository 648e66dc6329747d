import { constants } from 'node:os';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Libbpf } from '../../../../../filters/lib/bpf/kernel/libbpf.ts';
import type { OpenMap } from '../../../../../filters/lib/bpf/kernel/loading.ts';
import { createReading } from '../../../../../filters/lib/bpf/kernel/reading.ts';
import { refusalOf } from '../../../../../filters/lib/bpf/kernel/refusal.ts';

const test = suite('lib/bpf/kernel: reading');
const { EINVAL, ENOENT, ENOSPC, EPERM } = constants.errno;
const PER_CPU_HASH = 5;
const map: OpenMap = {
	name: 'm',
	fd: 3,
	type: PER_CPU_HASH,
	keySize: 4,
	valueSize: 4,
	entries: 5000,
	start: 0,
	isOld: false,
};

const number = (value: number): Buffer => {
	const bytes = Buffer.alloc(4);
	bytes.writeUInt32LE(value);
	return bytes;
};
/** What a map of two processors holds under the key `i`: i and 2 i, each in 8 bytes. */
const value = (i: number): Buffer =>
	Buffer.concat([number(i), Buffer.alloc(4), number(2 * i), Buffer.alloc(4)]);

/** A kernel of two processors with a map of `count` keys; `batch` as given. */
const kernel = (count: number, batch: Libbpf['batch']) =>
	({
		processors: () => 2,
		batch,
		nextKey: (_fd: number, key: Buffer | null, next: Buffer) => {
			const at = key === null ? 0 : key.readUInt32LE() + 1;
			if (at >= count) return -ENOENT;
			number(at).copy(next);
			return 0;
		},
		lookup: (_fd: number, key: Buffer, into: Buffer) => {
			// One is removed between both calls.
			if (key.readUInt32LE() === 1) return -ENOENT;
			value(key.readUInt32LE()).copy(into);
			return 0;
		},
	}) as unknown as Libbpf;

const brief = (bpf: Libbpf) =>
	createReading(bpf)(map).map(({ key, values }) => [
		key.readUInt32LE(),
		...values.map((one) => one.readUInt32LE()),
	]);

test('batch after batch, one that has no room made larger, a key that comes twice once', () => {
	const asked: number[] = [];
	const bpf = kernel(0, (_fd, from, to, keys, values, count) => {
		asked.push(count[0]!);
		if (count[0]! < 2000) return -ENOSPC;
		const second = from !== null;
		const found = second ? [7, 9] : [7, 8];
		found.forEach((key, i) => {
			number(key).copy(keys!, i * 4);
			value(key).copy(values!, i * 16);
		});
		to!.writeUInt32LE(1);
		count[0] = 2;
		return second ? -ENOENT : 0;
	});
	assert.equal(brief(bpf), [
		[7, 7, 14],
		[8, 8, 16],
		[9, 9, 18],
	]);
	assert.equal(asked, [1024, 2048, 2048]);
});

test('key for key where the kernel has no batches, which is asked for once', () => {
	let asked = 0;
	const bpf = kernel(4, () => {
		asked++;
		return -EINVAL;
	});
	const read = createReading(bpf);
	for (let i = 0; i < 2; i++)
		assert.equal(
			read(map).map(({ key }) => key.readUInt32LE()),
			[0, 2, 3],
		);
	assert.is(asked, 1);
});

test('what the kernel forbids is an error with its number', () => {
	assert.throws(
		() => brief(kernel(1, () => -EPERM)),
		(error: { errno?: number }) => error.errno === EPERM,
	);
});

test('a refusal is one line with the right code', () => {
	const verifier = [
		"libbpf: prog 'p': BPF program load failed: Permission denied",
		"libbpf: prog 'p': -- BEGIN PROG LOAD LOG --",
		'0: R1=ctx(off=0,imm=0) R10=fp0',
		'; return *value;',
		'7: (61) r0 = *(u32 *)(r0 +0)',
		"R0 invalid mem access 'map_value_or_null'",
		'processed 8 insns (limit 1000000) max_states_per_insn 0 total_states 0',
		'-- END PROG LOAD LOG --',
	];
	const said = (errno: number, lines: string[]) => {
		const { code, message } = refusalOf('x.o', errno, lines);
		return [code, message];
	};
	assert.equal(said(13, verifier), [
		78,
		`x.o: the verifier refuses program "p": R0 invalid mem access 'map_value_or_null'`,
	]);
	assert.equal(
		said(3, ["libbpf: kernel BTF is missing at '/sys/kernel/btf/vmlinux'", 'libbpf: failed to load object']),
		[
			69,
			'x.o: this kernel has no types of its own (/sys/kernel/btf/vmlinux; CONFIG_DEBUG_INFO_BTF): failed to load object',
		],
	);
	assert.match(
		said(1, ["libbpf: map 'm': failed to create: Operation not permitted(-1)"])[1] as string,
		/CAP_BPF and CAP_PERFMON.*ulimit -l/,
	);
	assert.is(said(12, [])[0], 75);
});

test.run();
