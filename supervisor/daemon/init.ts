// init: as process 1 of a container: the supervisor runs below a program that reaps what is orphaned
// Node waits for its own children alone, so every grandchild whose parent is gone would stay as a zombie.

import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Log } from '../../filters/lib/log.ts';
import { which } from '../machine/programs.ts';

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGQUIT'] as const;

/**
 * A shell waits for whatever is its child, and as process 1 that is every orphan. A signal cuts a wait short;
 * what the last one says counts, unless the shell (127) has said it before.
 */
export const SHELL = `"$@" & child=$!
for signal in TERM INT HUP USR1 USR2 QUIT; do trap "kill -s $signal $child" $signal; done
wait $child; code=$?
while kill -0 $child 2> /dev/null; do wait $child; code=$?; done
wait $child 2> /dev/null; last=$?
[ $last = 127 ] || code=$last
exit $code`;

// PR_SET_CHILD_SUBREAPER (36) of prctl(2): orphans below it become its children and not those of process 1.
const PERL = `my ($pid, @early);
$SIG{$_} = sub { $pid ? kill $_[0], $pid : push @early, $_[0] } for qw(TERM INT HUP USR1 USR2 QUIT);
syscall(shift() + 0, 36, 1, 0, 0, 0) == 0 or die "prctl: $!\\n";
my $new = fork() // die "fork: $!\\n";
exec { $ARGV[0] } @ARGV or die "$ARGV[0]: $!\\n" unless $new;
$pid = $new;
kill $_, $pid for @early;
1 until wait == $pid;
exit($? & 127 ? 128 + ($? & 127) : $? >> 8);`;

// The number of prctl(2), which differs between machines.
const PRCTL: Partial<Record<NodeJS.Architecture, number>> = {
	x64: 157,
	arm64: 167,
	riscv64: 167,
	loong64: 167,
	arm: 172,
	ia32: 172,
	ppc64: 171,
	s390x: 172,
};

type Execve = (file: string, args: string[]) => never;

/** Run `command` under `reaper`, pass signals on, and end as it does. */
const runUnder = (reaper: string[], command: string[]): Promise<number> =>
	new Promise((resolve, reject) => {
		const [file, ...args] = [...reaper, ...command] as [string, ...string[]];
		const child = spawn(file, args, { stdio: 'inherit' });
		for (const signal of SIGNALS) process.on(signal, () => child.kill(signal));
		child.on('error', reject);
		child.on('exit', (code, signal) => resolve(signal ? 128 + constants.signals[signal] : code!));
	});

/**
 * Run this same command line again, below a reaper; the answer is its exit code.
 * Undefined where that is not our task, or there is nothing to do it with, which is said then.
 */
export const underInit = (log: Log): Promise<number> | undefined => {
	if (process.pid !== 1) return undefined;
	const command = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
	// Node 22.15 and later can become another program.
	const { execve } = process as { execve?: Execve };
	execve?.('/bin/sh', ['sh', '-c', SHELL, 'sh', ...command]);
	const perl = which('perl');
	const number = PRCTL[process.arch];
	if (perl && number) return runUnder([perl, '-e', PERL, String(number)], command);
	log.warn(
		'process 1 of a container without perl: what stages leave behind stays as zombies; start it with --init',
	);
	return undefined;
};
