// completion: what can stand where the cursor is, for bash and zsh; both ask bpfpipe itself at each Tab
// Commands and options are read from the manual, pipelines and stages from the file on the line.

import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { EXIT, Failure } from '../../filters/lib/failure.ts';
import type { Plan } from '../plan/plan.ts';

/** What the manual (--help) offers: commands with their arguments, and options with theirs ('' for none). */
export const offered = (manual: string) => {
	const usage = [...manual.matchAll(/^(?:usage:)? +bpfpipe ([a-z|]+)((?: \S+)*)/gm)];
	const options = [
		...manual.matchAll(/(?:^| {2,})(?:(-[a-z]), )?(--[a-z-]+)(?: ([A-Z]+|[a-z]+(?:\|[a-z]+)+))?/gm),
	];
	return {
		commands: new Map(
			usage.flatMap(([, names, args]) => names!.split('|').map((name) => [name, args!.trim()] as const)),
		),
		options: new Map(options.map(([, , name, value]) => [name!, value ?? ''])),
		short: new Map(options.flatMap(([, short, name]) => (short ? [[short, name!] as const] : []))),
	};
};

const LEVELS = ['error', 'warn', 'info', 'debug'];

/** Files of pipelines, and folders on the way to them, that begin with `word`. */
const files = (word: string): string[] => {
	const folder = word.endsWith('/') ? word : dirname(word);
	const shown = (name: string) => (word.includes('/') ? join(folder, name) : name);
	try {
		const entries = readdirSync(folder, { withFileTypes: true });
		return entries
			.filter((entry) => entry.isDirectory() || /\.ya?ml$/.test(entry.name))
			.filter(({ name }) => !name.startsWith('.') || basename(word).startsWith('.'))
			.map((entry) => `${shown(entry.name)}${entry.isDirectory() ? '/' : ''}`);
	} catch {
		return [];
	}
};

/** Pipelines by name, and each of their stages as `pipeline/stage` where a command takes those. */
const namesIn = (plan: Plan, withStages: boolean): string[] =>
	plan.pipelines.flatMap(({ name, stages }) => [
		name,
		...(withStages ? stages.map((stage) => `${name}/${stage.name}`) : []),
	]);

const valuesFor = (value: string, word: string): string[] => {
	if (value === 'FILE') return files(word);
	if (value === 'LEVEL') return LEVELS;
	return value.includes('|') ? value.split('|') : [];
};

/**
 * What may stand in the place of the last of `words` (which may be empty), given the words before it.
 * `planOf` reads a pipeline file; what it throws means: no names.
 */
export const candidates = (manual: string, words: string[], planOf: (file: string) => Plan): string[] => {
	const { commands, options, short } = offered(manual);
	const word = words.at(-1) ?? '';
	const before = words.slice(0, -1);
	const last = before.at(-1) ?? '';
	const wanted = options.get(short.get(last) ?? last);
	const plain = before.filter((one, at) => {
		const previous = before[at - 1] ?? '';
		return !one.startsWith('-') && !options.get(short.get(previous) ?? previous);
	});
	const fits = (list: string[]) => [...new Set(list)].filter((one) => one.startsWith(word));
	if (wanted) return fits(valuesFor(wanted, word));
	if (word.startsWith('-')) return fits([...options.keys()]);
	const [command, file] = plain;
	if (command === undefined) return fits([...commands.keys()]);
	const args = commands.get(command) ?? '';
	if (plain.length === 1) return fits(args.includes('FILE') ? files(word) : args.split('|'));
	if (!/PIPELINE|STAGE/.test(args)) return [];
	try {
		return fits(namesIn(planOf(file!), args.includes('STAGE')));
	} catch {
		return [];
	}
};

// bash cuts words at = and :, so the line is cut again here, at blanks alone.
const BASH = `_bpfpipe() {
	local line="\${COMP_LINE:0:COMP_POINT}" words=()
	read -ra words <<< "$line"
	[[ $line == *[[:space:]] ]] && words+=('')
	COMPREPLY=()
	while IFS= read -r word; do
		COMPREPLY+=("$word")
	done < <("\${words[0]}" completion words -- "\${words[@]:1}" 2> /dev/null)
	if [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == */ ]]; then compopt -o nospace; fi
}
complete -F _bpfpipe bpfpipe
`;

const ZSH = `#compdef bpfpipe
_bpfpipe() {
	local -a found
	found=("\${(@f)$("\${words[1]}" completion words -- "\${(@)words[2,CURRENT]}" 2> /dev/null)}")
	compadd -S '' -- \${(M)found:#*/}
	compadd -- \${found:#(*/|)}
}
compdef _bpfpipe bpfpipe
`;

/**
 * The script for a shell.
 * @throws Failure(64) for a shell that is not known.
 */
export const completionScript = (shell: string | undefined): string => {
	if (shell === 'bash') return BASH;
	if (shell === 'zsh') return ZSH;
	throw new Failure(EXIT.usage, `completion: there is none for "${shell ?? ''}"; write bash or zsh`);
};
