// pipes: kernel pipes whose two ends the supervisor holds, so that a stage can die and come back
// Made as FIFOs and unlinked at once: nameless, close-on-exec, and each child gets a description of its own.

import { execFileSync } from 'node:child_process';
import { closeSync, constants, fstatSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT, Failure, verdict } from '../../filters/lib/failure.ts';

const { O_RDONLY, O_WRONLY, O_RDWR, O_NONBLOCK } = constants;

/** One pipe, both ends held. The data never passes through the supervisor. */
export type HeldPipe = {
	/** Its number, by which an end of it in another process is known. */
	inode: number;
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

/** The two ends of the FIFO at `path`, or none. */
const endsOf = (path: string): [read: number, write: number] => {
	const open: number[] = [];
	try {
		// Opened for both directions first, so that neither of the two real ends has to wait for the other.
		for (const flags of [O_RDWR, O_RDONLY, O_WRONLY]) open.push(openSync(path, flags | O_NONBLOCK));
	} catch (error) {
		for (const fd of open) closeSync(fd);
		throw error;
	}
	const [both, read, write] = open as [number, number, number];
	closeSync(both);
	return [read, write];
};

const hold = (path: string): HeldPipe => {
	const [read, write] = endsOf(path);
	const closeRead = once(read);
	const closeWrite = once(write);
	const open = (flags: number) => openSync(`/proc/self/fd/${read}`, flags | O_NONBLOCK);
	let hasEnded = false;
	// O_NONBLOCK belongs to the description: a child that shared ours would find its end changed under it.
	// Without it here, opening would wait for ever when the other end is closed; the spawn takes it off again.
	return {
		inode: fstatSync(read).ino,
		readEnd: () => {
			const end = open(O_RDONLY);
			// poll(2) tells a reader that comes after the last writer of no end of file, unless it has seen one come and go.
			if (hasEnded) closeSync(open(O_WRONLY));
			return end;
		},
		writeEnd: () => openSync(`/proc/self/fd/${write}`, O_WRONLY | O_NONBLOCK),
		closeWrite: () => {
			hasEnded = true;
			closeWrite();
		},
		close: () => {
			closeWrite();
			closeRead();
		},
	};
};

/** All of them, or none. */
const holdAll = (paths: string[]): HeldPipe[] => {
	const held: HeldPipe[] = [];
	try {
		for (const path of paths) held.push(hold(path));
	} catch (error) {
		for (const pipe of held) pipe.close();
		throw error;
	}
	return held;
};

const makeFifos = (paths: string[]): void => {
	try {
		execFileSync('mkfifo', ['-m', '600', ...paths], { stdio: 'pipe', encoding: 'utf8' });
	} catch (error) {
		const [said] = ((error as { stderr?: string }).stderr ?? '').split('\n');
		if (!said) throw error;
		throw new Failure(EXIT.again, said);
	}
};

/** The names are no longer needed; that they stay where nothing can be removed does no harm. */
const forget = (folder: string): void => {
	try {
		rmSync(folder, { recursive: true, force: true });
	} catch {}
};

/**
 * `count` held pipes; at most a few milliseconds for all of them.
 * @throws Failure that says what the system has none of: room for their names, or descriptors.
 */
export const makePipes = (count: number): HeldPipe[] => {
	if (count === 0) return [];
	let folder: string | undefined;
	try {
		folder = mkdtempSync(join(tmpdir(), 'bpfpipe-'));
		const paths = Array.from({ length: count }, (_, index) => join(folder!, String(index)));
		makeFifos(paths);
		return holdAll(paths);
	} catch (error) {
		throw new Failure(EXIT.again, `no pipes: ${verdict(error).message}`, { cause: error });
	} finally {
		if (folder !== undefined) forget(folder);
	}
};
