// bench/banyandb: points a second that a real BanyanDB acknowledges, from a file of records through banyandb-write, whole
// program, one stream at a time, beside a plain loop over grpc-js that reads the same file and fills streams of the same size
// usage:  node --import tsx test/bench/banyandb.ts [RECORDS] [ROUNDS]
//
// Records are sums of 2,000 series. Time is from the start of the program to its end (--safety 0s), for the loop from the first
// line to the last answer, so what starting Node costs counts for us only. CPU is the client's own. The server is on the same
// machine and takes most of it, so both lines together say less than the CPU of each.

import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, credentials } from '@grpc/grpc-js';
import protobuf from 'protobufjs';
import { sumOf } from '../data/measures.ts';
import { bundleOf, run } from '../program.ts';
import { banyandbLacks, startBanyandb } from '../servers/banyandb.ts';
import { sizes } from './parts/sizes.ts';

const [RECORDS, ROUNDS] = sizes([200_000, 3], [2000, 1]) as [number, number];
const SERIES = 2000;
const BATCH = 5000;
const MOST = 64 * 1024 * 1024;
const folder = mkdtempSync(join(tmpdir(), 'bench-banyandb-'));
const file = join(folder, 'records');

const TYPES = protobuf.parse(
	`syntax = "proto3";
	message Metadata { string group = 1; string name = 2; }
	message Timestamp { int64 seconds = 1; int32 nanos = 2; }
	message Str { string value = 1; }
	message Int { int64 value = 1; }
	message TagValue { Str str = 2; }
	message FieldValue { Int int = 3; }
	message Tags { repeated TagValue tags = 1; }
	message Point { Timestamp timestamp = 1; repeated Tags tag_families = 2; repeated FieldValue fields = 3; int64 version = 4; }
	message Family { string name = 1; repeated string tag_names = 2; }
	message Spec { repeated Family tag_family_spec = 1; repeated string field_names = 2; }
	message Write { Metadata metadata = 1; Point data_point = 2; uint64 message_id = 3; Spec data_point_spec = 4; }
	message Written { uint64 message_id = 1; string status = 2; }`,
	{ keepCase: true },
).root;
const WRITE = TYPES.lookupType('Write');
const WRITTEN = TYPES.lookupType('Written');
const HEAD = {
	metadata: { group: 'bpfpipe', name: 'calls' },
	data_point_spec: {
		tag_family_spec: [{ name: 'labels', tag_names: ['series', 'host', 'comm'] }],
		field_names: ['value'],
	},
};

/** One stream of grpc-js with these lines; the answer is how many points were taken. */
const stream = (client: Client, lines: string[]): Promise<number> =>
	new Promise((resolve, reject) => {
		let [taken, at] = [0, 0];
		const call = client.makeBidiStreamRequest<object, { status: string }>(
			'/banyandb.measure.v1.MeasureService/Write',
			(message) => Buffer.from(WRITE.encode(message).finish()),
			(bytes) => WRITTEN.decode(bytes) as unknown as { status: string },
		);
		call.on('data', ({ status }) => {
			if (status === 'STATUS_SUCCEED') taken += 1;
		});
		call.on('error', reject);
		call.on('end', () => resolve(taken));
		const write = () => {
			while (at < lines.length) {
				const { ts, host, attributes, value } = JSON.parse(lines[at++]!);
				const text = (value: string) => ({ str: { value } });
				const isWritten = call.write({
					...(at === 1 ? HEAD : {}),
					data_point: {
						timestamp: { seconds: Math.floor(ts / 1000), nanos: (ts % 1000) * 1_000_000 },
						tag_families: [{ tags: [text(`loop ${attributes.comm}`), text(host), text(attributes.comm)] }],
						fields: [{ int: { value } }],
						version: 1,
					},
					message_id: at,
				});
				if (!isWritten) return void call.once('drain', write);
			}
			call.end();
		};
		write();
	});

const said = (name: string, seconds: number, cpu: number) =>
	console.log(
		`${name.padEnd(34)}${Math.round(RECORDS / seconds)
			.toLocaleString('en')
			.padStart(10)} points/s, ${((cpu * 1e6) / RECORDS).toFixed(1)} us of CPU a point`,
	);

const loop = async (address: string) => {
	const client = new Client(address, credentials.createInsecure(), {
		'grpc.max_receive_message_length': MOST,
	});
	const [from, used] = [performance.now(), process.cpuUsage()];
	const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
	let taken = 0;
	for (let at = 0; at < lines.length; at += BATCH) taken += await stream(client, lines.slice(at, at + BATCH));
	const seconds = (performance.now() - from) / 1000;
	const { user, system } = process.cpuUsage(used);
	client.close();
	if (taken !== RECORDS) throw new Error(`grpc-js: ${taken} of ${RECORDS} were taken`);
	said('plain loop over grpc-js', seconds, (user + system) / 1e6);
};
const ours = (url: string) => {
	const input = openSync(file, 'r');
	const from = performance.now();
	const program = `"${process.execPath}" "${bundleOf('banyandb-write')}" ${url} --create --safety 0s --batch ${BATCH}`;
	const { status, stderr } = spawnSync('bash', ['-c', `TIMEFORMAT='%U %S'; time ${program}; exit $?`], {
		stdio: [input, 'ignore', 'pipe'],
		encoding: 'utf8',
	});
	const seconds = (performance.now() - from) / 1000;
	closeSync(input);
	const [, user, system] = /^([\d.]+) ([\d.]+)$/m.exec(stderr) ?? [];
	if (status !== 0) throw new Error(`banyandb-write: ${stderr}`);
	said('banyandb-write', seconds, Number(user) + Number(system));
};

const lack = banyandbLacks();
if (lack === '') {
	const now = Date.now();
	const recordAt = (at: number) =>
		sumOf(at, { ts: now - RECORDS + at, attributes: { comm: `worker-${at % SERIES}` } });
	const server = await startBanyandb();
	try {
		for (let round = 0; round < ROUNDS; round++) {
			writeFileSync(
				file,
				Array.from({ length: RECORDS }, (_, at) => `${JSON.stringify(recordAt(at))}\n`).join(''),
			);
			ours(server.url);
			await loop(new URL(server.url).host);
		}
		const { stdout } = await run('banyandb-read', [
			server.url,
			'calls',
			'--since',
			'1d',
			'--until',
			'2100-01-01',
		]);
		const back = stdout.split('\n').filter(Boolean).length;
		if (back !== RECORDS) throw new Error(`${back} of ${RECORDS} records came back`);
		console.log(`${back.toLocaleString('en')} records came back`);
	} finally {
		await server.end();
	}
} else console.log(`skipped: ${lack}`);
rmSync(folder, { recursive: true });
