// prerequisites: what this machine has of what pipelines need: Node, rights, bpftrace and its kernel, tools, clock

import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { which } from '../machine/programs.ts';

/** One thing that was looked at. `todo` is there when it is not well. */
export type Check = { name: string; state: 'ok' | 'warn' | 'fail'; what: string; todo?: string };

/** How much the pipelines at hand want something: without it they fail, do less, or never notice. */
export type Need = 'must' | 'may' | 'no';

export const ok = (name: string, what: string): Check => ({ name, state: 'ok', what });
export const lacking = (name: string, need: Need, what: string, todo: string): Check => ({
	name,
	state: need === 'must' ? 'fail' : 'warn',
	what,
	todo,
});

/** Where to look; tests bring a small root of their own. */
export type Look = {
	root: string;
	fix: boolean;
	bpftrace: Need;
	libbpf: Need;
	tools: string[];
	stages: number;
};

const OLDEST_NODE = [20, 19];

const node = (): Check => {
	const [major, minor] = process.versions.node.split('.').map(Number) as [number, number];
	const [least, leastMinor] = OLDEST_NODE as [number, number];
	const isOld = major < least || (major === least && minor < leastMinor);
	return isOld
		? lacking('node', 'must', process.version, `install Node ${OLDEST_NODE.join('.')} or later`)
		: ok('node', process.version);
};

const TOOL_MS = 5000;

const firstLine = (command: string, args: string[]): string => {
	try {
		const text = execFileSync(command, args, { encoding: 'utf8', stdio: 'pipe', timeout: TOOL_MS });
		return text.split('\n')[0]!.trim();
	} catch {
		return '';
	}
};

const bpftrace = ({ bpftrace: need }: Look): Check => {
	const path = which('bpftrace');
	if (!path) return lacking('bpftrace', need, 'not found', 'apt-get install bpftrace');
	const version = /\d+\.\d+[\w.-]*/.exec(firstLine(path, ['--version']))?.[0];
	return version
		? ok('bpftrace', `${version} (${path})`)
		: lacking('bpftrace', need, `${path} does not tell its version`, 'run bpftrace --version by hand');
};

const btf = ({ root, bpftrace: need }: Look): Check =>
	existsSync(join(root, 'sys/kernel/btf/vmlinux'))
		? ok('btf', 'the kernel describes its types')
		: lacking('btf', need, '/sys/kernel/btf/vmlinux is not there', 'run a kernel with CONFIG_DEBUG_INFO_BTF');

const tracefs = ({ root, bpftrace: need, fix }: Look): Check => {
	const where = () => / (\S+) tracefs /.exec(textOf(join(root, 'proc/mounts')))?.[1];
	const before = where();
	if (before) return ok('tracefs', `mounted on ${before}`);
	if (fix) firstLine('mount', ['-t', 'tracefs', 'tracefs', '/sys/kernel/tracing']);
	return where()
		? ok('tracefs', `mounted now, on ${where()}`)
		: lacking(
				'tracefs',
				need,
				fix ? 'cannot be mounted' : 'not mounted',
				'as root: mount -t tracefs tracefs /sys/kernel/tracing',
			);
};

const textOf = (path: string): string => {
	try {
		return readFileSync(path, 'utf8');
	} catch {
		return '';
	}
};

// From linux/capability.h: SYS_ADMIN, or from Linux 5.8 on PERFMON and BPF together.
const CAP_SYS_ADMIN = 21n;
const CAP_PERFMON = 38n;
const CAP_BPF = 39n;

const rights = ({ root, bpftrace: need }: Look): Check => {
	const [, hex = '0'] = /^CapEff:\s*([0-9a-f]+)$/m.exec(textOf(join(root, 'proc/self/status'))) ?? [];
	const has = (capability: bigint) => ((BigInt(`0x${hex}`) >> capability) & 1n) === 1n;
	const isRoot = process.getuid?.() === 0;
	if (!has(CAP_SYS_ADMIN) && !(has(CAP_PERFMON) && has(CAP_BPF))) {
		const who = isRoot ? 'root without CAP_SYS_ADMIN or CAP_BPF, as in a container' : 'no rights to trace';
		return lacking('rights', need, who, 'start the tracing pipeline as root; the others need none');
	}
	if (isRoot) return ok('rights', 'root');
	return lacking(
		'rights',
		'may',
		'CAP_BPF and CAP_PERFMON, not root',
		'bpftrace 0.17 insists on root, newer ones may not',
	);
};

const libbpf = ({ root, libbpf: need }: Look): Check => {
	const plain = ['lib', 'lib64', 'usr/lib', 'usr/lib64', 'usr/local/lib'];
	const namesIn = (folder: string): string[] => {
		try {
			return readdirSync(join(root, folder));
		} catch {
			return [];
		}
	};
	const triplets = namesIn('usr/lib').filter((name) => name.endsWith('-linux-gnu'));
	const found = [...plain, ...triplets.map((name) => `usr/lib/${name}`)].find((folder) =>
		namesIn(folder).includes('libbpf.so.1'),
	);
	return found
		? ok('libbpf', `/${found}/libbpf.so.1`)
		: lacking('libbpf', need, 'libbpf.so.1 not found', 'apt-get install libbpf1');
};

const tools = ({ tools: needed }: Look): Check[] => {
	const setpriv = which('setpriv')
		? ok('setpriv', 'ends foreign programs when the supervisor dies')
		: lacking(
				'setpriv',
				needed.includes('setpriv') ? 'must' : 'may',
				'not found: foreign programs outlive a supervisor that is killed',
				'apt-get install util-linux',
			);
	const others = needed.filter((name) => name !== 'setpriv' && !which(name));
	return [setpriv, ...others.map((name) => lacking(name, 'must', 'not found', `install "${name}"`))];
};

// A stage costs the supervisor two pipe ends, a log pipe and a few while it starts.
const FILES_PER_STAGE = 8;
const FILES_BESIDES = 64;

const openFiles = ({ root, stages }: Look): Check => {
	const [, text] = /^Max open files\s+(\S+)/m.exec(textOf(join(root, 'proc/self/limits'))) ?? [];
	const most = text === 'unlimited' ? Number.POSITIVE_INFINITY : Number(text ?? 0);
	const least = FILES_BESIDES + stages * FILES_PER_STAGE;
	return most >= least
		? ok('open files', `at most ${most}`)
		: lacking('open files', 'must', `at most ${most}, and ${least} are needed`, `ulimit -n ${least * 2}`);
};

// Whether the clock is set is known to adjtimex(2) alone, which Node cannot call; these files come close.
const SYNCHRONISED: [path: string, by: string][] = [
	['run/systemd/timesync/synchronized', 'systemd-timesyncd'],
	['run/chrony/chronyd.pid', 'chronyd, which is running'],
	['run/chrony/chronyd.sock', 'chronyd, which is running'],
	['run/ntpd.pid', 'ntpd, which is running'],
];

const clock = ({ root }: Look): Check => {
	const found = SYNCHRONISED.find(([path]) => existsSync(join(root, path)));
	return found
		? ok('clock', `set by ${found[1]}`)
		: lacking(
				'clock',
				'may',
				'not known to be set by the network',
				'install chrony, unless the host keeps it; sinks file points under this clock',
			);
};

/** Everything there is to see without a pipeline file. */
export const machineChecks = (look: Look): Check[] => [
	node(),
	...(look.bpftrace === 'no' ? [] : [rights(look), bpftrace(look), btf(look), tracefs(look)]),
	...(look.libbpf === 'no' ? [] : [libbpf(look)]),
	...tools(look),
	openFiles(look),
	clock(look),
];
