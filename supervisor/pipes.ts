// pipes: kernel pipes whose two ends the supervisor holds, so that a stage can die and come back
// Made as FIFOs and unlinked at once: nameless, close-on-exec, and each child gets a description of its own.

import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const { O_RDONLY, O_WRONLY, O_RDWR, O_NONBLOCK } = constants;

/** One pipe, both ends held. The data never passes through the supervisor. */
export type HeldPipe = {
	/** A descriptor for one child's stdin; close it once the child has it. */
	readEnd: () => number;
	/** A descriptor for one child's stdout; close it once the child has it. */
	writeEnd: () => number;
	/** Let the reader see end of file, once it has read what is in the pipe. */
	closeWrite: () => void;
	/** Let both ends go. What is in the pipe and read by nobody is gone with it. */
	close: () => void;
};

/** A descriptor closed at most once. */
const once = (fd: number) => {
	let open = true;
	return () => {
		if (open) closeSync(fd);
		open = false;
	};
};

const hold = (path: string): HeldPipe => {
	// Opened for both directions first, so that neither of the two real ends has to wait for the other.
	const both = openSync(path, O_RDWR | O_NONBLOCK);
	const read = openSync(path, O_RDONLY | O_NONBLOCK);
	const write = openSync(path, O_WRONLY | O_NONBLOCK);
	closeSync(both);
	const closeRead = once(read);
	const closeWrite = once(write);
	// O_NONBLOCK belongs to the description: a child that shared ours would find its end changed under it.
	// Without it here, opening would wait for ever when the other end is closed; the spawn takes it off again.
	return {
		readEnd: () => openSync(`/proc/self/fd/${read}`, O_RDONLY | O_NONBLOCK),
		writeEnd: () => openSync(`/proc/self/fd/${write}`, O_WRONLY | O_NONBLOCK),
		closeWrite,
		close: () => {
			closeWrite();
			closeRead();
		},
	};
};

/** `count` held pipes; at most a few milliseconds for all of them. */
export const makePipes = (count: number): HeldPipe[] => {
	if (count === 0) return [];
	const folder = mkdtempSync(join(tmpdir(), 'bpfpipe-'));
	try {
		const paths = Array.from({ length: count }, (_, index) => join(folder, String(index)));
		execFileSync('mkfifo', ['-m', '600', ...paths]);
		return paths.map(hold);
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
};
