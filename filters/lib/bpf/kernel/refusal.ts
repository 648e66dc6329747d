// refusal: why the kernel does not take an object, in one line out of all that libbpf says about it

import { constants } from 'node:os';
import { EXIT, Failure } from '../../failure.ts';

const { EPERM, EACCES, ENOMEM, ESRCH, ENOENT } = constants.errno;

const SUMMARY = /^processed \d+ insns/;
const NO_BTF = /kernel BTF is missing|vmlinux BTF|failed to find valid kernel BTF/;
// A line of the verifier's log that only shows where it is: an instruction, a state, a source line, a jump.
const PLACE =
	/^(?:\d+: |; |from \d+ to \d+|last_idx|regs=|parent |mark_precise|func#|live regs|Func#|R\d=ctx| )/;

/** The line of the verifier's log that says why: the last before its summary that does not only show where it is. */
const decisiveLine = (lines: string[]): string | undefined => {
	const end = lines.findLastIndex((line) => SUMMARY.test(line));
	const begin = lines.findLastIndex((line, at) => at < end && line.includes('BEGIN PROG LOAD LOG'));
	const log = lines.slice(begin + 1, Math.max(end, 0)).map((line) => line.trim());
	return log.findLast((line) => line !== '' && !PLACE.test(line)) ?? log.at(-1);
};

/** What libbpf says last that is about a cause, without its own name. */
const lastWord = (lines: string[]): string => {
	const said = lines
		.map((line) => line.replace(/^libbpf: /, ''))
		.filter((line) => !/^-- |^processed|RLIMIT_MEMLOCK/.test(line));
	return (
		said.find((line) => /failed|error|can't|cannot|unsupported|invalid|not found/i.test(line)) ??
		said.at(-1) ??
		'it says nothing'
	);
};

/** The program that libbpf speaks of: its name, as the object has it. */
const programIn = (lines: string[]): string => {
	const found = lines.map((line) => /prog '([^']+)'/.exec(line)?.[1]).filter(Boolean);
	return found.at(-1) ?? '';
};

const NOT_LOADED = /failed to find kernel BTF type ID of|is not found in vmlinux BTF|BPF program load failed/;

/**
 * A program that this kernel cannot even load, and why: its place is not there, or its kind. One that the verifier refuses
 * is not meant, for that is a mistake in the program.
 */
export const unloadable = (lines: string[]): { program: string; reason: string } | undefined => {
	if (lines.some((line) => SUMMARY.test(line))) return undefined;
	const line = lines.find((one) => NOT_LOADED.test(one));
	const program = line === undefined ? '' : programIn([line]) || programIn(lines);
	return program === '' ? undefined : { program, reason: line!.replace(/^libbpf: (prog '[^']+': )?/, '') };
};

/** The failure of loading `file`, by the errno and by what libbpf said. */
export const refusalOf = (file: string, errno: number, lines: string[]): Failure => {
	if (lines.some((line) => SUMMARY.test(line))) {
		const reason = decisiveLine(lines) ?? 'without a reason';
		return new Failure(EXIT.config, `${file}: the verifier refuses program "${programIn(lines)}": ${reason}`);
	}
	const word = lastWord(lines);
	if (lines.some((line) => NO_BTF.test(line)) && errno !== EPERM)
		return new Failure(
			EXIT.unavailable,
			`${file}: this kernel has no types of its own (/sys/kernel/btf/vmlinux; CONFIG_DEBUG_INFO_BTF): ${word}`,
		);
	if (errno === EPERM || errno === EACCES) {
		const hint =
			'run it as root or with CAP_BPF and CAP_PERFMON; before Linux 5.11 raise the limit of locked memory (ulimit -l)';
		return new Failure(EXIT.denied, `${file}: not permitted: ${word}; ${hint}`);
	}
	if (errno === ENOMEM) return new Failure(EXIT.again, `${file}: no memory for its maps: ${word}`);
	if (errno === ESRCH || errno === ENOENT)
		return new Failure(EXIT.unavailable, `${file}: this kernel lacks what it needs: ${word}`);
	return new Failure(EXIT.config, `${file}: cannot be loaded: ${word} (errno ${errno})`);
};
