// relay: what a stage says on its stderr, in our log; a flood is bounded and counted

import { wholeLines } from '../../filters/lib/lines.ts';
import type { Level, Log } from '../../filters/lib/log.ts';

// A stage may say this much in a second; what is beyond is counted and said so.
const LINES_A_SECOND = 100;
const LONGEST_LINE = 4096;
const LEVEL: Record<string, Level> = { '3': 'error', '4': 'warn', '6': 'info', '7': 'debug' };

const newlines = (bytes: Buffer): number => {
	let count = 0;
	for (const byte of bytes) if (byte === 10) count += 1;
	return count;
};

/** A line without what the log says of it anyway: the name of its program, and how bad it is. */
const bare = (message: string, level: Level, stage: string): string => {
	const [, program = '', rest = ''] = /^([^\s:]+): (.*)$/s.exec(message) ?? [];
	// A second stage of one program is called `cat-2`.
	const isNamed = program !== '' && stage.replace(/-\d+$/, '') === program;
	const own = isNamed ? rest : message;
	return level === 'warn' ? own.replace(/^warning: /, '') : own;
};

/** What the stage called `stage` says on its stderr, line by line, into its log. */
export const relay = (stderr: NodeJS.ReadableStream, stage: string, log: Log): void => {
	let second = 0;
	let said = 0;
	let held = 0;
	const tick = () => {
		const now = Math.floor(performance.now() / 1000);
		if (now === second) return;
		if (held > 0) log.warn(`${held} lines more than ${LINES_A_SECOND} a second were left out`);
		[second, said, held] = [now, 0, 0];
	};
	const say = (line: string) => {
		if (line === '') return;
		if (++said > LINES_A_SECOND) {
			held += 1;
			return;
		}
		const [, priority, message] = /^(?:<([0-7])>)?(.*)$/s.exec(line)!;
		const level = LEVEL[priority ?? '6'] ?? 'info';
		log[level](bare(message!, level, stage));
	};
	const lines = wholeLines(
		{
			lines: (bytes) => {
				for (const line of bytes.toString().trimEnd().split('\n')) say(line);
			},
			tooLong: (length) => say(`(a line of ${length} bytes)`),
		},
		LONGEST_LINE,
	);
	stderr.on('data', (chunk: Buffer) => {
		tick();
		const end = chunk.lastIndexOf(10) + 1;
		if (said <= LINES_A_SECOND || end === 0) return lines.take(chunk);
		// In a flood lines are only counted: what reads them must not be what they drown.
		lines.last();
		held += newlines(chunk.subarray(0, end));
		lines.take(chunk.subarray(end));
	});
	stderr.on('end', () => {
		say(lines.last().toString());
		second = -1;
		tick();
	});
};
