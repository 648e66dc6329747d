// failure: how a stage says why it stops, and the exit code that tells the supervisor what to do
// A thrown Failure becomes one line on stderr and that code; anything else thrown is a bug.

/** Exit codes, from sysexits.h: the whole protocol between a stage and whoever started it. */
export const EXIT = {
	done: 0,
	usage: 64,
	data: 65,
	unavailable: 69,
	bug: 70,
	again: 75,
	denied: 77,
	config: 78,
} as const;

/** A reason to stop that the reader of the log can act on. `code` is one of EXIT. */
export class Failure extends Error {
	readonly code: number;
	constructor(code: number, message: string, options?: ErrorOptions) {
		super(message, options);
		this.name = 'Failure';
		this.code = code;
	}
}

const SYSTEM: Record<string, [code: number, meaning: string]> = {
	EACCES: [EXIT.denied, 'permission denied'],
	EPERM: [EXIT.denied, 'operation not permitted'],
	EROFS: [EXIT.denied, 'the file system is read-only'],
	ENOENT: [EXIT.unavailable, 'no such file or directory'],
	ENOTDIR: [EXIT.unavailable, 'a part of the path is not a directory'],
	EISDIR: [EXIT.unavailable, 'is a directory'],
	ELOOP: [EXIT.unavailable, 'too many symbolic links'],
	ENAMETOOLONG: [EXIT.unavailable, 'the name is too long'],
	EFBIG: [EXIT.unavailable, 'the file would be larger than it may be'],
	ESTALE: [EXIT.unavailable, 'the server of the file has lost it'],
	ENOSPC: [EXIT.unavailable, 'no space left on the device'],
	EDQUOT: [EXIT.unavailable, 'the disk quota is used up'],
	EIO: [EXIT.unavailable, 'input/output error'],
	EMFILE: [EXIT.again, 'too many open files'],
	ENFILE: [EXIT.again, 'too many open files in the system'],
	ENOMEM: [EXIT.again, 'out of memory'],
	EADDRINUSE: [EXIT.unavailable, 'the address is in use'],
	EADDRNOTAVAIL: [EXIT.unavailable, 'this machine has no such address'],
	ECONNREFUSED: [EXIT.unavailable, 'connection refused'],
	ECONNRESET: [EXIT.unavailable, 'the other side broke the connection'],
	ETIMEDOUT: [EXIT.unavailable, 'the other side does not answer'],
	EHOSTUNREACH: [EXIT.unavailable, 'the host cannot be reached'],
	ENETUNREACH: [EXIT.unavailable, 'no way leads to the network of that address'],
	ENOTFOUND: [EXIT.unavailable, 'no such host'],
	EAI_AGAIN: [EXIT.again, 'the name server did not answer'],
};

/** The system's errno name behind an error (`ENOENT`), or '' when it is not a system error. */
export const errnoOf = (error: unknown): string => {
	const code = (error as NodeJS.ErrnoException | undefined)?.code;
	return typeof code === 'string' && code in SYSTEM ? code : '';
};

/** A system error in words, `PATH: no such file or directory`; any other error's own message. */
export const describe = (error: unknown): string => {
	const known = SYSTEM[errnoOf(error)];
	const { path, message = String(error) } = error as NodeJS.ErrnoException;
	if (!known) return message;
	return path ? `${path}: ${known[1]}` : known[1];
};

/** The same error; when it is a system error that names no file, as those about open ones are, it is of `path`. */
export const naming = (error: unknown, path: string): unknown => {
	const system = error as NodeJS.ErrnoException;
	if (errnoOf(error) !== '' && system.path === undefined) system.path = path;
	return error;
};

/** What `act` gives, its errors naming `path`. */
export const about = <Result>(path: string, act: () => Result): Result => {
	try {
		return act();
	} catch (error) {
		throw naming(error, path);
	}
};

/** What to exit with and what to print for anything thrown; `stack` only for a bug. */
export const verdict = (error: unknown): { code: number; message: string; stack?: string } => {
	if (error instanceof Failure) return { code: error.code, message: error.message };
	const known = SYSTEM[errnoOf(error)];
	if (known) return { code: known[0], message: describe(error) };
	const { stack = String(error) } = error as Error;
	return { code: EXIT.bug, message: 'this is a bug in bpfpipe, please report it', stack };
};
