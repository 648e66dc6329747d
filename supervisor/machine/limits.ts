// limits: what a stage runs as and within: its user, folder, priority and memory, and the words that bring it there

import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { EXIT, Failure } from '../../filters/lib/failure.ts';
import { byteSize } from '../../filters/lib/options.ts';
import type { Limits, User } from '../plan/plan.ts';
import { type Program, which } from './programs.ts';

// Node 20 starts with 48 MiB of private writable memory (measured), most of it the stacks of its threads.
const LEAST_MEMORY = 64 * 1024 ** 2;

/** `memory_max` in bytes. */
export const memoryMax = (text: string, where: string): number => {
	const bytes = byteSize(text, where);
	if (bytes >= LEAST_MEMORY) return bytes;
	throw new Failure(
		EXIT.config,
		`${where}: memory_max "${text}" is too little for a program to start; write 64M or more`,
	);
};

const passwdLine = (name: string): string | undefined => {
	const isWanted = (line: string) => line.split(':')[0] === name || line.split(':')[2] === name;
	try {
		const line = readFileSync('/etc/passwd', 'utf8').split('\n').find(isWanted);
		// Users from a directory server, or of systemd, are in no file.
		return line ?? execFileSync('getent', ['passwd', name], { encoding: 'utf8', stdio: 'pipe' }).trim();
	} catch {
		return undefined;
	}
};

/**
 * The user called `name`, or with that number.
 * @throws Failure(78) for a name that the system does not know.
 */
export const userFor = (name: string, where: string): User => {
	const [login, , uid, gid, , home] = passwdLine(name)?.split(':') ?? [];
	if (login && uid && gid) {
		return { name: login, uid: Number(uid), gid: Number(gid), home: home || '/', listed: true };
	}
	if (/^\d+$/.test(name)) return { name, uid: Number(name), gid: Number(name), home: '/', listed: false };
	throw new Failure(
		EXIT.config,
		`${where}: there is no user "${name}" on this machine; make one with useradd --system ${name}`,
	);
};

// From linux/capability.h.
const CAP_SETGID = 6;
const CAP_SETUID = 7;
const CAP_SYS_NICE = 23;

const effective = (): bigint => {
	try {
		const [, hex] = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
		return BigInt(`0x${hex}`);
	} catch {
		return process.getuid?.() === 0 ? ~0n : 0n;
	}
};
/** Whether we have every one of these capabilities. */
const have = (...capabilities: number[]): boolean => {
	const held = effective();
	return capabilities.every((capability) => (held >> BigInt(capability)) & 1n);
};

/**
 * Why this process may not run a stage under `limits`, or undefined when it may.
 * It costs a look into /proc; the answer does not change while we run.
 */
export const refusal = ({ user, nice = 0, cwd }: Limits): Failure | undefined => {
	if (user && user.uid !== process.getuid?.() && !have(CAP_SETUID, CAP_SETGID)) {
		return new Failure(
			EXIT.denied,
			`it is to run as "${user.name}", and only root can change users; start bpfpipe as root or take "user" out`,
		);
	}
	if (nice < 0 && !have(CAP_SYS_NICE)) {
		return new Failure(
			EXIT.denied,
			`nice ${nice} raises its priority, which only root may; start bpfpipe as root or write 0 to 19`,
		);
	}
	if (cwd !== undefined && !statSync(cwd, { throwIfNoEntry: false })?.isDirectory()) {
		return new Failure(EXIT.unavailable, `its folder ${cwd} is not there; make it, or change "cwd"`);
	}
	return undefined;
};

const identity = ({ uid, gid, listed }: User): string[] => [
	...['--reuid', String(uid), '--regid', String(gid)],
	listed ? '--init-groups' : '--clear-groups',
];

/**
 * `program` behind the tools that bring it into its limits: nice, prlimit, and last setpriv, since what it
 * takes away the others need, and since a change of user would undo its --pdeathsig.
 * @throws Failure(69) when such a tool is not installed.
 */
export const confined = (program: Program, { user, nice, memory }: Limits): Program => {
	const changes = user !== undefined && user.uid !== process.getuid?.();
	const before = [
		...(nice ? [tool('nice', 'coreutils'), '-n', String(nice)] : []),
		...(memory ? [tool('prlimit', 'util-linux'), `--data=${memory}`] : []),
		...(changes ? [tool('setpriv', 'util-linux'), ...identity(user)] : []),
	];
	const own = memory && program.ours ? withHeap(program, memory) : program;
	const [first, ...more] = [...before, ...(changes ? ['--'] : []), own.file, ...own.args];
	return { ...own, file: first!, args: more };
};

// Half for V8's heap, measured at 128M to 256M: a heap that grows then ends with V8's own words (134) instead of
// a segmentation fault (139), and what is beyond the heap still has room.
const withHeap = ({ file, args, ours }: Program, memory: number): Program => ({
	file,
	args: [`--max-old-space-size=${Math.floor(memory / 2 / 1024 ** 2)}`, ...args],
	ours,
});

const tool = (name: string, debian: string): string => {
	const path = which(name);
	if (path) return path;
	throw new Failure(EXIT.unavailable, `"${name}" is needed and not installed; apt-get install ${debian}`);
};

/** What a limited stage finds in its environment besides the usual. */
export const limitsEnv = ({ user }: Limits): Record<string, string> =>
	user ? { HOME: user.home, USER: user.name, LOGNAME: user.name } : {};

/** Limits in a few words, for people: `as nobody, nice 5, 256 MiB`; '' without any. */
export const limitsText = ({ user, cwd, nice, memory }: Limits): string =>
	[
		user && `as ${user.name}`,
		cwd && `in ${cwd}`,
		nice && `nice ${nice}`,
		memory && `at most ${Math.round(memory / 1024 ** 2)} MiB`,
	]
		.filter(Boolean)
		.join(', ');
