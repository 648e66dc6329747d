// outlet: our own lines to stderr, without ever waiting for whoever reads them (Ctrl-S, a pager, a stuck log driver)
// What nobody takes is kept up to a bound, then left out and counted. Only to a socket that is our stdout as well, as the
// journal's is, we write as everybody does: what we set on it would change under the stages that print there.

import { closeSync, constants, fstatSync, openSync, readlinkSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { isatty } from 'node:tty';
import { writeStderr } from '../../filters/lib/log.ts';

export type Outlet = {
	write: (line: string) => void;
	/** Give a slow reader a little time for what is kept, then leave it. */
	close: () => Promise<void>;
};

const MOST_KEPT = 256 * 1024;
const AGAIN_MS = 100;
const CLOSE_MS = 1000;

/** A descriptor that never blocks, and how to let go of it. */
type Open = { fd: number; close: () => void };

/** A description of our own for the same pipe or terminal: what we set on it nobody else sees. */
const openAgain = (fd: number): Open => {
	const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants;
	const own = openSync(`/proc/self/fd/${fd}`, O_WRONLY | O_NONBLOCK | O_NOCTTY);
	return { fd: own, close: () => closeSync(own) };
};

/** A socket cannot be opened again; Node makes the one there is non-blocking. */
const takeSocket = (fd: number): Open => {
	const socket = new Socket({ fd, readable: false, writable: true });
	socket.unref();
	return { fd, close: () => {} };
};

const isStdoutToo = (fd: number): boolean =>
	fd !== 1 && readlinkSync(`/proc/self/fd/${fd}`) === readlinkSync('/proc/self/fd/1');

const openNonBlocking = (fd: number): Open | undefined => {
	try {
		const kind = fstatSync(fd);
		if (kind.isFIFO() || isatty(fd)) return openAgain(fd);
		return kind.isSocket() && !isStdoutToo(fd) ? takeSocket(fd) : undefined;
	} catch {
		// Another user's pipe, or one that nobody reads.
		return undefined;
	}
};

/** Bytes that `own` has not taken yet, in order; what is beyond the bound is left out by whole lines. */
class Kept {
	private lines: Buffer[] = [];
	private bytes = 0;
	private leftOut = 0;
	private readonly own: number;

	constructor(own: number) {
		this.own = own;
	}

	isEmpty(): boolean {
		return this.bytes === 0;
	}

	add(line: string): void {
		if (this.bytes + line.length > MOST_KEPT) {
			this.leftOut += 1;
			return;
		}
		this.lines.push(Buffer.from(line));
		this.bytes += this.lines.at(-1)!.length;
	}

	/** Hand over what is taken now. */
	push(): void {
		for (let line = this.lines[0]; line !== undefined; line = this.lines[0]) {
			const taken = this.take(line);
			this.bytes -= taken;
			if (taken < line.length) {
				this.lines[0] = line.subarray(taken);
				return;
			}
			this.lines.shift();
			if (this.isEmpty()) this.confess();
		}
	}

	private confess(): void {
		const count = this.leftOut;
		this.leftOut = 0;
		if (count > 0) this.add(`bpfpipe: warning: ${count} lines were left out here, for nobody read them\n`);
	}

	private take(line: Buffer): number {
		try {
			return writeSync(this.own, line);
		} catch (error) {
			// With no reader left there is nobody to keep anything for.
			return (error as NodeJS.ErrnoException).code === 'EAGAIN' ? 0 : line.length;
		}
	}
}

/** The outlet to `fd`, our stderr. */
export const createOutlet = (fd = 2): Outlet => {
	const open = openNonBlocking(fd);
	if (!open) return { write: writeStderr, close: async () => {} };
	const kept = new Kept(open.fd);
	let timer: NodeJS.Timeout | undefined;
	const push = () => {
		timer = undefined;
		kept.push();
		if (!kept.isEmpty()) timer = setTimeout(push, AGAIN_MS).unref();
	};
	return {
		write: (line) => {
			kept.add(line);
			if (!timer) push();
		},
		close: async () => {
			const deadline = performance.now() + CLOSE_MS;
			while (!kept.isEmpty() && performance.now() < deadline) {
				kept.push();
				await new Promise((resolve) => setTimeout(resolve, kept.isEmpty() ? 0 : 20));
			}
			open.close();
		},
	};
};
