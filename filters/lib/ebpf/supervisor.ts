// supervisor: the supervisor behind its control socket: how its pipelines are, and their start, stop and reload
// One line of JSON asks, one line answers.

import { connect } from 'node:net';
import { Fault } from '../grpc/fault.ts';

/** A pipeline, as far as it is looked at. */
export type Pipeline = { name: string; state: string; well: boolean; why: string };

export type Supervisor = {
	/** @throws Fault UNAVAILABLE when no supervisor answers, FAILED_PRECONDITION with what it says is wrong. */
	status: () => Promise<Pipeline[]>;
	start: (pipeline: string) => Promise<void>;
	stop: (pipeline: string) => Promise<void>;
	reload: () => Promise<void>;
};

const STATUS_MS = 5000;
/** Stopping takes as long as the stages' graces. */
const OPERATION_MS = 60_000;
const LONGEST_ANSWER = 1 << 20;

const ask = (path: string, request: object, timeoutMs: number): Promise<unknown> =>
	new Promise((resolve, reject) => {
		const refuse = (why: string) => {
			socket.destroy();
			reject(new Fault('UNAVAILABLE', `the supervisor does not answer: ${why}`));
		};
		const socket = connect(path);
		let text = '';
		socket.setEncoding('utf8');
		socket.setTimeout(timeoutMs, () => refuse(`nothing within ${timeoutMs / 1000} s`));
		socket.on('error', (error) => refuse(error.message));
		socket.on('close', () => refuse('it has hung up'));
		socket.on('data', (chunk: string) => {
			text += chunk;
			const end = text.indexOf('\n');
			if (end < 0) return text.length > LONGEST_ANSWER ? refuse('it says too much') : undefined;
			try {
				resolve(JSON.parse(text.slice(0, end)));
				socket.destroy();
			} catch {
				refuse('it does not speak JSON');
			}
		});
		socket.write(`${JSON.stringify(request)}\n`);
	});

/** The supervisor whose control socket is at `path`. */
export const supervisorAt = (path: string): Supervisor => {
	const tell = async (command: string, targets: string[], timeoutMs: number): Promise<unknown> => {
		const answer = (await ask(path, { command, targets }, timeoutMs)) as { error?: unknown } | null;
		if (typeof answer?.error === 'string') throw new Fault('FAILED_PRECONDITION', answer.error);
		return answer;
	};
	const operate = async (command: string, targets: string[]): Promise<void> => {
		await tell(command, targets, OPERATION_MS);
	};
	return {
		status: async () => {
			const { pipelines = [] } = (await tell('status', [], STATUS_MS)) as { pipelines?: Pipeline[] };
			return pipelines;
		},
		start: (pipeline) => operate('start', [pipeline]),
		stop: (pipeline) => operate('stop', [pipeline]),
		reload: () => operate('reload', []),
	};
};
