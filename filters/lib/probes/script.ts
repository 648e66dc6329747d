// script: a bpftrace script whose probes name functions of a program and its libraries, fitted to one running program
// `uprobe:libkea-dhcp++:NAME` becomes the file that the process has mapped; what that file has no such function is left out.

import { EXIT, Failure } from '../failure.ts';

/** Where a clause is attached, as it is written: `uprobe:OBJECT:FUNCTION`, where `*` stands for anything, or another probe. */
export type Point = { probe: string; object?: string; pattern?: string };

/** Points that share a body, with what the script says would be lost without them. */
export type Clause = { line: number; points: Point[]; lost: string | undefined };

type Piece = string | { clause: Clause; body: string };

/** `environment`: what the script wants of bpftrace's own variables, by a line ` * environment: BPFTRACE_STRLEN=24`. */
export type Script = { pieces: Piece[]; environment: Record<string, string> };

/** What a process offers: the probes in full that a point stands for, none when there is no such function. */
export type Offer = (point: Point) => string[];

/** A script that can run, how many probes it has, and the clauses that nothing is left of. */
export type Fitted = { text: string; probes: number; missing: Clause[] };

const POINT = /^(?:(u(?:ret)?probe):(?:"([^"]+)"|([^:"]+)):([\w*]+)|([a-zA-Z]\w*(?::[^,{/]+)?))\s*(,?)$/;
const ENVIRONMENT = /^ \* environment: +(.+)$/m;
const LOST = /^\/\/ lost without it: (.+)$/;

const pointOf = (match: RegExpExecArray): Point => {
	const [, probe, quoted, plain, pattern, other] = match;
	return other === undefined
		? { probe: probe!, object: (quoted ?? plain)!, pattern: pattern! }
		: { probe: other };
};

/** Only variables that bpftrace calls its own, so that a script cannot change what else its tracer does. */
const environmentIn = (text: string, path: string): Record<string, string> => {
	const words = (ENVIRONMENT.exec(text)?.[1] ?? '').trim().split(/ +/).filter(Boolean);
	const pairs = words.map((word) => /^(BPFTRACE_[A-Z_]+)=([\w.-]+)$/.exec(word));
	const at = pairs.indexOf(null);
	if (at >= 0)
		throw new Failure(EXIT.config, `${path}: environment: "${words[at]}" is no BPFTRACE_NAME=VALUE`);
	return Object.fromEntries(pairs.map((pair) => [pair![1]!, pair![2]!]));
};

/**
 * A script in the form of ours: each attach point on a line of its own, from its first column, with a comma where another
 * follows; the body from a line `{` to a line `}`.
 * @throws Failure(78) for an attach point without a body.
 */
export const readScript = (text: string, path: string): Script => {
	const environment = environmentIn(text, path);
	const pieces: Piece[] = [];
	const lines = text.split('\n');
	for (let at = 0; at < lines.length; at++) {
		const first = POINT.exec(lines[at]!);
		if (!first) {
			pieces.push(lines[at]!);
			continue;
		}
		const line = at + 1;
		const lost = LOST.exec(lines[at - 1] ?? '')?.[1];
		const points = [pointOf(first)];
		for (let match = first; match[6] === ',' && at + 1 < lines.length; ) {
			const next = POINT.exec(lines[++at]!);
			if (!next) throw new Failure(EXIT.config, `${path}:${at + 1}: no attach point behind a comma`);
			points.push(pointOf(next));
			match = next;
		}
		const end = lines.indexOf('}', at);
		const isBody = lines[at + 1] === '{' || (lines[at + 1]?.startsWith('/') && lines[at + 2] === '{');
		if (!isBody || end === -1) {
			throw new Failure(
				EXIT.config,
				`${path}:${line}: an attach point needs a body from a line "{" to a line "}"`,
			);
		}
		pieces.push({ clause: { line, points, lost }, body: lines.slice(at + 1, end + 1).join('\n') });
		at = end;
	}
	return { pieces, environment };
};

/** The objects that a script's probes are in: names of libraries, or of the program itself, or paths. */
export const objectsOf = ({ pieces }: Script): Set<string> =>
	new Set(
		pieces.flatMap((piece) =>
			typeof piece === 'string' ? [] : piece.clause.points.flatMap(({ object }) => object ?? []),
		),
	);

/** The probes that are in no object: tracepoints, intervals, BEGIN. */
export const probesOf = ({ pieces }: Script): Set<string> =>
	new Set(
		pieces.flatMap((piece) =>
			typeof piece === 'string'
				? []
				: piece.clause.points.filter(({ object }) => !object).map(({ probe }) => probe),
		),
	);

/** The script with what is offered. Each function is probed once, whatever number of patterns it has. */
export const fit = ({ pieces }: Script, offer: Offer): Fitted => {
	const missing: Clause[] = [];
	let probes = 0;
	const texts = pieces.flatMap((piece) => {
		if (typeof piece === 'string') return [piece];
		const { clause, body } = piece;
		const found = new Set(clause.points.flatMap(offer));
		if (found.size === 0) {
			missing.push(clause);
			return [];
		}
		probes += found.size;
		return [[...found].join(',\n'), body];
	});
	return { text: texts.join('\n'), probes, missing };
};

/** What is lost, a line for each clause that is left out. */
export const lostText = ({ missing }: Fitted): string[] =>
	missing.map(({ line, points, lost }) => {
		const [{ probe, object, pattern }] = points as [(typeof points)[0]];
		const what = object ? `${probe}:${object}:${pattern}` : probe;
		return `lost: ${lost ?? `what line ${line} measures`} (no ${what})`;
	});
