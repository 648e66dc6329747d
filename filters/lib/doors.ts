// doors: in a check of its options a program goes as far as its first step out of itself, and ends there, well
// `bpfpipe check` starts each stage so (BPFPIPE_CHECK=1): what it says of its options it says then and not at night.

import child from 'node:child_process';
import dns from 'node:dns';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';

const { O_RDONLY, O_NONBLOCK, O_CLOEXEC = 0, O_NOFOLLOW } = { O_CLOEXEC: 0, ...fs.constants };

// Whatever makes, changes or removes a file, or waits for one; to read one whole is part of taking options.
const FILES = [
	...[
		'appendFile',
		'chmod',
		'chown',
		'copyFile',
		'cp',
		'link',
		'mkdir',
		'mkdtemp',
		'open',
		'opendir',
		'readdir',
	],
	...[
		'readFile',
		'rename',
		'rm',
		'rmdir',
		'symlink',
		'truncate',
		'unlink',
		'utimes',
		'write',
		'writeFile',
		'writev',
	],
];
const SYNCHRONOUS = FILES.filter(
	(name) => !['opendir', 'readdir', 'readFile', 'write', 'writev', 'open'].includes(name),
);
const STREAMS = ['createReadStream', 'createWriteStream', 'watch', 'watchFile'];
const PROCESSES = ['exec', 'execFile', 'execFileSync', 'execSync', 'fork', 'spawn', 'spawnSync'];

type Table = Record<string, unknown>;

/** Whether a file is opened only to be read. */
const isReading = (flags: unknown): boolean =>
	flags === undefined ||
	flags === 'r' ||
	(typeof flags === 'number' && (flags & ~(O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW)) === O_RDONLY);

/** From now on the first step out calls `leave`, which does not return. */
export const closeDoors = (leave: () => never): void => {
	const shut = (table: unknown, names: string[]) => {
		for (const name of names) if (name in (table as Table)) (table as Table)[name] = leave;
	};
	const { openSync } = fs;
	shut(fs, [...FILES, ...SYNCHRONOUS.map((name) => `${name}Sync`), ...STREAMS]);
	shut(
		fs.promises,
		Object.keys(fs.promises).filter((name) => name !== 'constants'),
	);
	fs.openSync = (path, flags, mode) => (isReading(flags) ? openSync(path, flags ?? 'r', mode) : leave());
	shut(net.Socket.prototype, ['connect']);
	shut(net.Server.prototype, ['listen']);
	shut(
		dns,
		Object.keys(dns).filter((name) => /^(lookup|resolve|reverse)/.test(name)),
	);
	shut(
		dns.promises,
		Object.keys(dns.promises).filter((name) => /^(lookup|resolve|reverse)/.test(name)),
	);
	shut(child, PROCESSES);
	shut(process, ['dlopen']);
	Object.defineProperty(process, 'stdin', { get: leave });
	const { stdout } = process;
	const write = stdout.write.bind(stdout) as (...args: unknown[]) => boolean;
	// An empty piece is how the end of what was written is waited for.
	stdout.write = (...args: unknown[]) => (args[0] === '' ? write(...args) : leave());
	syncBuiltinESMExports();
};
