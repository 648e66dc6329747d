// guard: ends the process groups of all stages once the supervisor is gone, however it went
// A stage of ours reads the lifeline itself; what a foreign program forked knows nothing of it, and is ended here.

import { type ChildProcess, spawn } from 'node:child_process';
import { describe } from '../../filters/lib/failure.ts';
import type { Log } from '../../filters/lib/log.ts';
import { checkDescriptors } from './descriptors.ts';
import type { Process } from './process.ts';
import { MARK, OURS } from './strays.ts';

// One small shell for all stages: it learns the groups on its stdin, whose end is our end.
const SCRIPT = `groups=
while read -r sign group; do
	case $sign in
	+) groups="$groups $group" ;;
	-) kept=
		for one in $groups; do [ "$one" = "$group" ] || kept="$kept $one"; done
		groups=$kept ;;
	esac
done
[ "$groups" ] || exit 0
for one in $groups; do kill -s TERM -- "-$one"; done
sleep 0.5
for one in $groups; do kill -s KILL -- "-$one"; done
cd /proc
for one in $(grep -lsF "${MARK}=${OURS}." [0-9]*/environ); do kill -s KILL "\${one%/*}"; done`;

const AGAIN_MS = 1000;

export type Guard = {
	/** The group of this process must not outlive us. */
	watch: (process: Process) => void;
	close: () => void;
};

/** Start the guard; a guard that dies is replaced. */
export const startGuard = (log: Log): Guard => {
	const groups = new Set<number>();
	let shell: ChildProcess | undefined;
	let closed = false;
	const tell = (line: string) => shell?.stdin?.write(`${line}\n`);
	const again = () => setTimeout(() => !closed && begin(), AGAIN_MS).unref();
	const begin = () => {
		try {
			checkDescriptors();
		} catch (error) {
			log.error(`no guard for what stages leave behind: ${describe(error)}`);
			return again();
		}
		shell = start();
		for (const group of groups) tell(`+ ${group}`);
	};
	const start = (): ChildProcess => {
		const child = spawn('/bin/sh', ['-c', SCRIPT], {
			stdio: ['pipe', 'ignore', 'ignore'],
			detached: true,
			env: {},
		});
		child.stdin!.on('error', () => {});
		child.on('error', (error) => {
			log.error(`no guard for what stages leave behind: ${describe(error)}`);
			again();
		});
		child.on('exit', again);
		return child;
	};
	begin();
	return {
		watch: ({ pid, ended }) => {
			if (pid === 0) return;
			groups.add(pid);
			tell(`+ ${pid}`);
			ended.then(() => {
				groups.delete(pid);
				tell(`- ${pid}`);
			});
		},
		close: () => {
			closed = true;
			shell?.stdin?.end();
		},
	};
};
