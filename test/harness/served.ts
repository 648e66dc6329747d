// served: the real `serve` on a port of loopback, fed with a history at once and, where it is wished, a second at a time

import type { ChildProcess } from 'node:child_process';
import type { AnyRecord } from '../../filters/lib/record.ts';
import { createLive, type LiveOptions, lines } from '../data/live.ts';
import { start } from '../program.ts';
import { freePort } from '../servers/ports.ts';

export type Served = {
	url: string;
	port: number;
	child: ChildProcess;
	/** Records of these times, a second apart, from a machine that counts on. */
	feed: (records: AnyRecord[]) => Promise<void>;
	/** What the machine has printed since the last call, up to now. */
	goOn: () => Promise<void>;
	/** From now on a second's records each second; the answer stops it. */
	live: () => () => void;
	/** The answer of the API in JSON. */
	json: <Answer>(path: string) => Promise<Answer>;
	kill: () => Promise<void>;
	stop: () => Promise<void>;
};

const SECOND = 1000;

type Options = LiveOptions & { minutes?: number; port?: number; args?: string[]; token?: string };

const running = new Set<ChildProcess>();

/** End whatever a test that failed left running. */
export const endServed = (): void => {
	for (const child of running) child.kill('SIGKILL');
};

/** Start it with the last `minutes` of a machine as its history. */
export const serve = async ({
	minutes = 10,
	port,
	args = [],
	token,
	...live
}: Options = {}): Promise<Served> => {
	const own = port ?? (await freePort());
	const child = start('serve', ['--listen', `127.0.0.1:${own}`, ...args]);
	running.add(child);
	child.once('exit', () => running.delete(child));
	const url = `http://127.0.0.1:${own}`;
	let trouble = '';
	child.stderr!.on('data', (chunk) => {
		trouble += chunk;
	});
	child.stdin!.on('error', () => {});
	await new Promise<void>((resolve, reject) => {
		child.stdout!.once('data', () => resolve());
		child.once('exit', (code) => reject(new Error(`serve ended with ${code}: ${trouble}`)));
	});
	const machine = createLive(live);
	let next = Math.floor(Date.now() / SECOND) * SECOND - minutes * 60 * SECOND;
	const write = (text: string): Promise<void> =>
		new Promise((resolve) => {
			child.stdin!.write(text, () => resolve());
		});
	const json = async <Answer>(path: string): Promise<Answer> =>
		(await (
			await fetch(
				`${url}${path}`,
				token === undefined ? {} : { headers: { Authorization: `Bearer ${token}` } },
			)
		).json()) as Answer;
	const goOn = async () => {
		if (minutes === 0) return;
		let text = '';
		for (; next <= Date.now(); next += SECOND) text += lines(machine.at(next));
		if (text !== '') await write(text);
	};
	const ended = () =>
		child.exitCode !== null || child.signalCode !== null
			? Promise.resolve()
			: new Promise<void>((resolve) => {
					child.once('exit', () => resolve());
				});
	await goOn();
	const newest = next - SECOND;
	while (minutes > 0) {
		const { newest: known } = await json<{ newest?: number }>('/api/v1/metrics');
		if ((known ?? 0) >= newest) break;
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
	return {
		url,
		port: own,
		child,
		feed: (records) => write(lines(records)),
		goOn,
		live: () => {
			const timer = setInterval(goOn, 200);
			child.once('exit', () => clearInterval(timer));
			return () => clearInterval(timer);
		},
		json,
		kill: async () => {
			child.kill('SIGKILL');
			await ended();
		},
		stop: async () => {
			child.kill('SIGTERM');
			await ended();
		},
	};
};
