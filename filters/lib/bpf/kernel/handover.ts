// handover: once all is attached, the program is started anew in its own process, without any capability
// Capabilities belong to threads, and Node has several that cannot be reached. Only a new program (execve) ends them all;
// what is attached and the maps stay open across it, and nothing but reading is left to do.

import { readdirSync, readlinkSync } from 'node:fs';
import { EXIT, Failure } from '../../failure.ts';
import { type Libbpf, libraryOf } from './libbpf.ts';
import type { Loaded } from './loading.ts';

/** What the new program has to know. */
export type State = Omit<Loaded, 'close'>;

const STATE = 'BPFPIPE_BPF_MAPS';
// What the old program has done already: begun its output.
const DONE = ['BPFPIPE_RESUMED'];
// Who started us waits at the ends of these: for us to be ready, and we for it to be gone.
const PIPES = ['BPFPIPE_READY', 'BPFPIPE_LIFELINE'];

const PRCTL = { dropBounding: 24, noNewPrivileges: 38, ambient: 47 };
const AMBIENT = { raise: 2, clear: 4 };
const CAP_BPF = 39n;
const MOST_CAPABILITIES = 64;
const CAPABILITY_VERSION = 0x20080522;
const FCNTL = { getFlags: 3, setFlags: 4, setDescriptorFlags: 2 };
const O_NONBLOCK = 0o4000;

/** Files without which what is attached would be detached. */
const HOLDS = /^anon_inode:(bpf_link|bpf-link|\[perf_event\])$/;

type Calls = {
	prctl: (option: number, a: number, b: number, c: number, d: number) => number;
	capset: (header: Buffer, data: Buffer) => number;
	capget: (header: Buffer, data: Buffer) => number;
	fcntl: (fd: number, command: number, argument: number) => number;
	execve: (path: string, args: (string | null)[], environment: (string | null)[]) => number;
	errno: () => number;
};

const callsOf = async (): Promise<Calls> => {
	const { koffi, library } = await libraryOf('libc.so.6', 'a glibc is needed');
	const long = 'unsigned long';
	return {
		prctl: library.func(`int prctl(int option, ${long} a, ${long} b, ${long} c, ${long} d)`),
		capset: library.func('int capset(void *header, void *data)'),
		capget: library.func('int capget(void *header, _Out_ void *data)'),
		fcntl: library.func('int fcntl(int fd, int command, long argument)'),
		execve: library.func('int execve(const char *path, const char **args, const char **environment)'),
		errno: () => koffi.errno(),
	};
};

const header = (): Buffer => {
	const bytes = Buffer.alloc(8);
	bytes.writeUInt32LE(CAPABILITY_VERSION, 0);
	return bytes;
};

/** The sets as capset(2) takes them: of the lower 32 capabilities effective, permitted, inheritable; then of the upper. */
const setsOf = (effective: bigint, permitted: bigint, inheritable: bigint): Buffer => {
	const bytes = Buffer.alloc(24);
	[effective, permitted, inheritable].forEach((set, i) => {
		bytes.writeUInt32LE(Number(set & 0xffffffffn), i * 4);
		bytes.writeUInt32LE(Number(set >> 32n), 12 + i * 4);
	});
	return bytes;
};

const permittedOf = ({ capget }: Calls): bigint => {
	const bytes = Buffer.alloc(24);
	capget(header(), bytes);
	return BigInt(bytes.readUInt32LE(4)) | (BigInt(bytes.readUInt32LE(16)) << 32n);
};

/**
 * The capabilities without which maps cannot be read: none, but CAP_BPF on kernels before 6.0 that let nobody else call
 * bpf(2) at all (kernel.unprivileged_bpf_disabled). It is found by trying.
 */
const neededFor = (calls: Calls, bpf: Libbpf, { maps }: State): bigint => {
	const [map] = maps;
	if (!map) return 0n;
	const permitted = permittedOf(calls);
	calls.capset(header(), setsOf(0n, permitted, 0n));
	const isDenied = -bpf.nextKey(map.fd, null, Buffer.alloc(map.keySize)) === 1;
	calls.capset(header(), setsOf(permitted, permitted, 0n));
	return isDenied ? permitted & (1n << CAP_BPF) : 0n;
};

/** Leave this thread, and whatever program it starts, with the capabilities `kept` and no way to others. */
const drop = ({ prctl, capset, errno }: Calls, kept: bigint) => {
	const is = (capability: number) => ((kept >> BigInt(capability)) & 1n) === 1n;
	// Dropping from the bounding set itself wants a capability; where we have it not, the other steps are enough.
	for (let one = 0; one < MOST_CAPABILITIES; one++) if (!is(one)) prctl(PRCTL.dropBounding, one, 0, 0, 0);
	prctl(PRCTL.ambient, AMBIENT.clear, 0, 0, 0);
	const isLocked = prctl(PRCTL.noNewPrivileges, 1, 0, 0, 0) === 0;
	if (!isLocked || capset(header(), setsOf(kept, kept, kept)) !== 0)
		throw new Failure(
			EXIT.denied,
			`capabilities cannot be dropped (errno ${errno()}); see --keep-capabilities`,
		);
	for (let one = 0; one < MOST_CAPABILITIES; one++)
		if (is(one)) prctl(PRCTL.ambient, AMBIENT.raise, one, 0, 0);
};

const holding = (): number[] =>
	readdirSync('/proc/self/fd')
		.map(Number)
		.filter((fd) => {
			try {
				return HOLDS.test(readlinkSync(`/proc/self/fd/${fd}`));
			} catch {
				return false;
			}
		});

/** What a program before us has left to us to read, or undefined when there was none. */
export const handedOver = (): State | undefined => {
	const text = process.env[STATE];
	delete process.env[STATE];
	return text === undefined ? undefined : JSON.parse(text);
};

/**
 * Start this program anew without capabilities; does not return.
 * @throws Failure when that cannot be done.
 */
export const handOver = async (bpf: Libbpf, state: State): Promise<never> => {
	const calls = await callsOf();
	const { fcntl, execve, errno } = calls;
	const pipes = PIPES.map((name) => Number(process.env[name])).filter((fd) => Number.isInteger(fd) && fd > 2);
	const kept = [0, 1, 2, ...pipes, ...state.maps.map(({ fd }) => fd), ...holding()];
	drop(calls, neededFor(calls, bpf, state));
	for (const fd of kept) fcntl(fd, FCNTL.setDescriptorFlags, 0);
	// Node waits on its streams without blocking; the new program shall find them as we did.
	for (const fd of [0, 1, 2]) {
		const flags = fcntl(fd, FCNTL.getFlags, 0);
		if (flags >= 0) fcntl(fd, FCNTL.setFlags, flags & ~O_NONBLOCK);
	}
	const environment = Object.entries({ ...process.env, [STATE]: JSON.stringify(state) })
		.filter(([name]) => !DONE.includes(name))
		.map(([name, value]) => `${name}=${value}`);
	const { execPath, execArgv, argv } = process;
	execve(execPath, [execPath, ...execArgv, ...argv.slice(1), null], [...environment, null]);
	throw new Failure(
		EXIT.unavailable,
		`${execPath} cannot be started anew (errno ${errno()}); see --keep-capabilities`,
	);
};
