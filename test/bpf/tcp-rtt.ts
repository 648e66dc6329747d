import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Bucket } from '../../filters/lib/record.ts';
import { countsAround } from '../harness/bpf-prints.ts';
import { tracedBy } from '../harness/kernel-trace.ts';
import { bpfLacks, testWith } from '../parts.ts';

const test = suite('bpf/tcp-rtt');

const hasIpv6 = () => {
	try {
		return readFileSync('/proc/sys/net/ipv6/conf/lo/disable_ipv6', 'latin1').trim() === '0';
	} catch {
		return false;
	}
};
const lack = bpfLacks() || (hasIpv6() ? '' : 'loopback has no IPv6');

testWith(
	test,
	lack,
	"over IPv6, every bucket is what the kernel's own tracing of tcp_probe says",
	async () => {
		const server = createServer((socket) => socket.pipe(socket)).listen(0, '::1');
		await once(server, 'listening');
		const talk = async () => {
			const socket = connect((server.address() as AddressInfo).port, '::1');
			await once(socket, 'connect');
			for (let i = 0; i < 300; i++) {
				socket.write('ping');
				await once(socket, 'data');
			}
			socket.end();
			await once(socket, 'close');
		};
		const { port } = server.address() as AddressInfo;
		const { result, lines } = await tracedBy(['tcp/tcp_probe'], () => countsAround('tcp-rtt', talk));
		server.close();
		/** The times of segments of ours, or of what others do over IPv6, some of which only the longer tracing sees. */
		const timesOf = (isOurs: boolean) =>
			lines
				.filter((line) => line.includes('family=AF_INET6') && line.includes(`:${port} `) === isOurs)
				.map((line) => Number(/ srtt=(\d+)/.exec(line)![1]));
		const [own, foreign] = [timesOf(true), timesOf(false)];
		assert.ok(own.length > 600, `${own.length} segments`);
		const last = result.records.findLast(
			({ attributes }) => (attributes as Record<string, string>).version === 'ipv6',
		)!;
		let left = own.length;
		for (const [lower, upper, count] of last.buckets as Bucket[]) {
			const inside = (times: number[]) =>
				times.filter((time) => time >= Number(lower) && time < Number(upper ?? Infinity)).length;
			const [least, more] = [inside(own), inside(foreign)];
			assert.ok(
				Number(count) >= least && Number(count) <= least + more,
				`[${lower}, ${upper}): ${count}, of ${least} to ${least + more}`,
			);
			left -= least;
		}
		assert.is(left, 0, 'a time is in no bucket');
	},
);

test.run();
