// places: where a supervisor keeps what it writes: logs, acks, the control socket
// systemd's directories where it gives them, the usual system folders for root, the user's own otherwise.

import { accessSync, chmodSync, constants, mkdirSync, readdirSync } from 'node:fs';
import { homedir, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { EXIT, Failure } from '../../filters/lib/failure.ts';

export type Places = { state: string; logs: string; run: string };

const isRoot = process.getuid?.() === 0;

// Where root's own supervisors are, and those of the units, each in a folder of its instance.
const SYSTEM_RUN = '/run/bpfpipe';
const UNITS_RUN = [SYSTEM_RUN, '/run/bpfpipe-collect'];

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
	const run = env.RUNTIME_DIRECTORY ?? (isRoot ? SYSTEM_RUN : userRun);
	return { state, logs, run };
};

const foldersIn = (path: string): string[] => {
	try {
		const entries = readdirSync(path, { withFileTypes: true });
		return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(path, name));
	} catch {
		return [];
	}
};

/** Every folder in which a supervisor of this machine may have its socket: ours first. */
export const runFolders = (): string[] => {
	const { run } = places();
	const isElsewhere = !UNITS_RUN.some((folder) => `${run}/`.startsWith(`${folder}/`));
	if (process.env.RUNTIME_DIRECTORY !== undefined && isElsewhere) return [run];
	return [...new Set([run, SYSTEM_RUN, ...UNITS_RUN.flatMap(foldersIn)])];
};

/** How the name of a control socket ends. */
export const SOCKET = '.sock';

/** The control socket of the supervisor that runs the plan called `name`. */
export const socketOf = (name: string): string => join(places().run, `${name}${SOCKET}`);

/** The folder for the supervisor's own records: where the logs are, or beside the acks when that is not ours. */
export const recordsFolder = ({ logs, state }: Places): string => {
	try {
		accessSync(logs, constants.W_OK);
		return logs;
	} catch {
		return state;
	}
};

/** Make a folder that only we may write into, unless it is there. */
export const ensureFolder = (path: string): void => {
	try {
		const made = mkdirSync(path, { recursive: true, mode: 0o750 });
		// The folders of the units lie in it, and theirs is another user.
		if (made && path === SYSTEM_RUN) chmodSync(path, 0o755);
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		throw new Failure(
			EXIT.denied,
			`${path}: cannot be made (${code}); set STATE_DIRECTORY to a folder of yours`,
		);
	}
};
