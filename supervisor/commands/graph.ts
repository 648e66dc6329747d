// graph: a plan as a picture: straight lines of stages, and the logs in which they meet
// A log is a file that one pipeline's append-log writes; whoever tails that same file hangs below it.

import { basename, resolve } from 'node:path';
import type { PipelinePlan, Plan, StagePlan } from '../plan/plan.ts';

/** A pipeline with the logs it follows and the log it writes, where it has them. */
type Line = { plan: PipelinePlan; from: string[]; into?: string };

const WRITER = 'append-log';
const READER = 'bpftrace-tail';
/** Of several logs at once. */
const READER_OF_ALL = 'records-tail';

/** The files among a program's words: those that look like paths, or else the last that is no option. */
const filesOf = ({ command, limits }: StagePlan, program: string): string[] => {
	if (basename(command[0]!) !== program) return [];
	const plain = command
		.slice(1)
		.filter((word, at, words) => !word.startsWith('-') && words[at - 1] !== '--ack');
	const paths = plain.filter((word) => /[/.]/.test(word));
	return (paths.length > 0 ? paths : plain.slice(-1)).map((path) => resolve(limits?.cwd ?? '.', path));
};

const lineOf = (plan: PipelinePlan): Line => {
	const first = plan.stages[0]!;
	return {
		plan,
		from: [...filesOf(first, READER).slice(-1), ...filesOf(first, READER_OF_ALL)],
		into: filesOf(plan.stages.at(-1)!, WRITER).at(-1),
	};
};

/** A stage in a word or two: its name, and what it is told in plain words, as in `every 15s`. */
const label = ({ name, command }: StagePlan): string => {
	const end = command.findIndex((word, at) => at > 0 && !/^[\w.]{1,8}$/.test(word));
	const told = command.slice(1, end < 0 ? undefined : end);
	return command[0] === 'sh' ? name : [name, ...told].join(' ');
};

const stagesText = ({ stages }: PipelinePlan): string =>
	stages.map((stage) => (stage.fallback ? `${label(stage)}*` : label(stage))).join(' | ');

const lineText = ({ plan }: Line, width: number): string =>
	`${plan.name.padEnd(width)}  ${stagesText(plan)}${plan.delivery === 'at-least-once' ? '   (at-least-once)' : ''}`;

/** What drawing needs to know all along: every line, how wide names are, and what is on the page already. */
type Page = { lines: Line[]; width: number; logs: Set<string>; drawn: Set<Line> };

/** The rows of one line and of all that follows the log it writes. */
const rowsFrom = (line: Line, page: Page): string[] => {
	const { into, plan } = line;
	if (page.drawn.has(line)) return [`${plan.name} (above)`];
	page.drawn.add(line);
	const own = lineText(line, page.width);
	if (into === undefined) return [own];
	const indent = ' '.repeat(page.width + 2);
	return [own, ...[`|`, ...logRows(into, page)].map((row) => indent + row)];
};

/** A log and a branch for each line that follows it; the last one closes the bar. */
const logRows = (log: string, page: Page): string[] => {
	if (page.logs.has(log)) return [`[${log}] (above)`];
	page.logs.add(log);
	const readers = page.lines.filter(({ from }) => from.includes(log));
	const branches = readers.flatMap((reader, index) => {
		const [first, ...rest] = rowsFrom(reader, page);
		const bar = index === readers.length - 1 ? '    ' : '|   ';
		return ['|', `+-- ${first}`, ...rest.map((row) => bar + row)];
	});
	return [`[${log}]`, ...branches];
};

/** The plan as text: one row a pipeline, what follows a log under it. A star is a stage with a fallback. */
export const graphText = ({ name, pipelines }: Plan): string => {
	const lines = pipelines.map(lineOf);
	const width = Math.max(...pipelines.map((one) => one.name.length));
	const page: Page = { lines, width, logs: new Set(), drawn: new Set() };
	const written = new Set(lines.map(({ into }) => into));
	const outside = new Set(lines.flatMap(({ from }) => from.filter((log) => !written.has(log))));
	const blocks = [
		...lines.filter(({ from }) => from.length === 0).map((line) => rowsFrom(line, page)),
		...[...outside].map((log) => logRows(log, page)),
		// What is left goes round in a ring of logs.
		...lines.map((line) => (page.drawn.has(line) ? [] : rowsFrom(line, page))),
	].filter((rows) => rows.length > 0);
	const hasFallback = pipelines.some(({ stages }) => stages.some(({ fallback }) => fallback));
	const note = hasFallback ? '\n* has a fallback, whose output is marked synthetic\n' : '';
	return `${name}\n\n${blocks.map((rows) => rows.join('\n')).join('\n\n')}\n${note}`;
};

const quoted = (text: string): string => `"${text.replace(/[#"<>&]/g, (sign) => `#${sign.charCodeAt(0)};`)}"`;

const pipelineMermaid = ({ plan }: Line, index: number): string[] => {
	const ids = plan.stages.map((_, at) => `p${index}_${at}`);
	return [
		`  subgraph p${index} [${quoted(`${plan.name} (${plan.delivery})`)}]`,
		'    direction LR',
		...plan.stages.map((stage, at) => `    ${ids[at]}[${quoted(label(stage))}]`),
		...(ids.length > 1 ? [`    ${ids.join(' --> ')}`] : []),
		...plan.stages.flatMap(({ fallback }, at) =>
			fallback ? [`    ${ids[at]}f([${quoted(`or else: ${basename(fallback[0]!)}`)}]) -.- ${ids[at]}`] : [],
		),
		'  end',
	];
};

/** The plan as a Mermaid flowchart. */
export const graphMermaid = ({ pipelines }: Plan): string => {
	const lines = pipelines.map(lineOf);
	const logs = [...new Set(lines.flatMap(({ from, into }) => [...from, into]))].filter(
		(one) => one !== undefined,
	);
	const edges = lines.flatMap(({ plan, from, into }, index) => [
		...from.map((log) => `  log${logs.indexOf(log)} --> p${index}_0`),
		...(into === undefined ? [] : [`  p${index}_${plan.stages.length - 1} --> log${logs.indexOf(into)}`]),
	]);
	const nodes = logs.map((log, at) => `  log${at}[(${quoted(log)})]`);
	return `${['flowchart TB', ...lines.flatMap(pipelineMermaid), ...nodes, ...edges].join('\n')}\n`;
};
