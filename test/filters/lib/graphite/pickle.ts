import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { pickleFrame } from '../../../../filters/lib/graphite/pickle.ts';
import { commandsLack, testWith } from '../../../parts.ts';

const test = suite('pickle');

const READ = `
import pickle, struct, sys, json
data = sys.stdin.buffer.read()
out = []
while data:
  size, = struct.unpack('!L', data[:4])
  out.append([[p, t, v.hex(), type(p).__name__, type(t).__name__] for p, (t, v) in pickle.loads(data[4:4 + size])])
  data = data[4 + size:]
print(json.dumps(out))
`;

const points = fc.array(
	fc.record({
		path: fc
			.string({ unit: 'binary', minLength: 1, maxLength: 300 })
			.map((text) => text.replace(/[\ud800-\udfff]/g, 'x')),
		value: fc.double({ noNaN: true }),
		time: fc.oneof(fc.nat(), fc.integer({ min: 2 ** 31 - 1, max: 2 ** 32 - 1 })),
	}),
	{ minLength: 1, maxLength: 20 },
);

testWith(test, commandsLack('python3'), 'Python reads back every point, exactly', () => {
	const frames = fc.sample(points, 100);
	const { stdout, stderr } = spawnSync('python3', ['-c', READ], {
		input: Buffer.concat(frames.map(pickleFrame)),
	});
	assert.is(stderr.toString(), '');
	const hex = (value: number) => {
		const bytes = Buffer.alloc(8);
		bytes.writeDoubleBE(value);
		return bytes.toString('hex');
	};
	const back = JSON.parse(stdout.toString()) as [string, number, string, string, string][][];
	back.forEach((frame, at) => {
		frame.forEach(([path, time, value, text, whole], index) => {
			const want = frames[at]![index]!;
			assert.equal([path, time, text, whole], [want.path, want.time, 'str', 'int']);
			assert.is(hex(fromPython(value)), hex(want.value));
		});
	});
});

/** Python's float.hex(), `-0x1.8p+3`. */
const fromPython = (text: string): number => {
	if (/inf/.test(text)) return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
	const [, sign, lead, digits, power] = /^(-?)0x([01])\.([0-9a-f]+)p([+-]\d+)$/.exec(text)!;
	const mantissa = Number(lead) + Number.parseInt(digits!, 16) / 16 ** digits!.length;
	const exponent = Number(power);
	// Two steps, since 2^-1074 alone would be reached through zero.
	const value = exponent < -1000 ? mantissa * 2 ** -1000 * 2 ** (exponent + 1000) : mantissa * 2 ** exponent;
	return sign === '-' ? -value : value;
};

test("a full batch stays below carbon's limit of 1 MiB", () => {
	const path = 'x'.repeat(4000);
	const frame = pickleFrame(Array.from({ length: 20 }, () => ({ path, value: 1, time: 1 })));
	assert.is(frame.readUInt32BE(0), frame.length - 4);
	assert.ok(frame.length < 100_000);
});

test.run();
