import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DECODERS } from '../../../../filters/lib/bpf/decoders.ts';
import { createMounts, mountsOf } from '../../../../filters/lib/bpf/mounts.ts';

const test = suite('lib/bpf/mounts');
const LINES = [
	'22 1 254:1 /part /srv rw - ext4 /dev/vda1 rw',
	'23 1 254:1 / /data/disk rw shared:1 - ext4 /dev/vda1 rw',
	'24 1 254:1 / /data rw - ext4 /dev/vda1 rw',
	'25 1 0:30 / /mnt/with\\040blank\\134 rw - tmpfs tmpfs rw',
].join('\n');

test('a device stands where it is mounted whole, at the shortest path; an id where it says; names are unescaped', () => {
	const { devices, ids } = mountsOf(`${LINES}\n`);
	assert.equal(
		[...devices],
		[
			['254:1', '/data'],
			['0:30', '/mnt/with blank\\'],
		],
	);
	assert.equal([ids.get('22'), ids.get('23')], ['/srv', '/data/disk']);
});

test('what is mounted later is found a second later', () => {
	const dir = mkdtempSync(join(tmpdir(), 'mounts-'));
	const file = join(dir, 'mountinfo');
	writeFileSync(file, '');
	let ms = 0;
	const mounts = createMounts(file, () => ms);
	assert.is(mounts().devices.size, 0);
	writeFileSync(file, LINES);
	ms = 999;
	assert.is(mounts().devices.size, 0);
	ms = 1000;
	assert.is(mounts().devices.size, 2);
	rmSync(dir, { recursive: true });
});

test('decoders: a device as the kernel keeps it, and an id, as mount points; what is not mounted as it is', () => {
	const field = { offset: 0, size: 4, isSigned: false, isArray: false, count: 1, names: undefined };
	const key = (number: number) => {
		const bytes = Buffer.alloc(4);
		bytes.writeUInt32LE(number);
		return bytes;
	};
	const { dev } = statSync('/proc');
	const proc = ((dev >> 8) << 20) | (dev & 0xff);
	const [mount, id] = [DECODERS.mount!.make(), DECODERS.mount_id!.make()];
	assert.is(mount(key(proc), field), '/proc');
	assert.is(mount(key(((4095 << 20) | 7) >>> 0), field), '4095:7');
	assert.is(id(key(0x7fffffff), field), '2147483647');
});

test.run();
