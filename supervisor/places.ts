// places: where a supervisor keeps what it writes: logs, acks, the control socket
// systemd's directories where it gives them, the usual system folders for root, the user's own otherwise.

import { mkdirSync } from 'node:fs';
import { homedir, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { EXIT, Failure } from '../filters/lib/failure.ts';

export type Places = { state: string; logs: string; run: string };

const isRoot = process.getuid?.() === 0;

/** The user's folder for state; a user without a home gets one of their own among the temporary files. */
const ownState = ({ env }: NodeJS.Process): string => {
	if (env.XDG_STATE_HOME) return join(env.XDG_STATE_HOME, 'bpfpipe');
	const home = homedir();
	const homeless = home === '/' || home === '/nonexistent' || home === '';
	return homeless ? join(tmpdir(), `bpfpipe-${userInfo().uid}`) : join(home, '.local', 'state', 'bpfpipe');
};

/** The folders in use; nothing is made yet. */
export const places = (): Places => {
	const { env } = process;
	const state = env.STATE_DIRECTORY ?? (isRoot ? '/var/lib/bpfpipe' : ownState(process));
	const logs = env.LOGS_DIRECTORY ?? (isRoot ? '/var/log/bpfpipe' : state);
	const userRun = env.XDG_RUNTIME_DIR ? join(env.XDG_RUNTIME_DIR, 'bpfpipe') : state;
	const run = env.RUNTIME_DIRECTORY ?? (isRoot ? '/run/bpfpipe' : userRun);
	return { state, logs, run };
};

/** Make a folder that only we may enter, unless it is there. */
export const ensureFolder = (path: string): void => {
	try {
		mkdirSync(path, { recursive: true, mode: 0o750 });
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		throw new Failure(
			EXIT.denied,
			`${path}: cannot be made (${code}); set STATE_DIRECTORY to a folder of yours`,
		);
	}
};
