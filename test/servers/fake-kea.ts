// fake-kea: a control socket that answers as well or as badly as a test wants

import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';

/** What to do with a command: answer with this, or be silent, or close the connection at once. */
export type Said = object | string | 'silent' | 'closed';

/** A server's statistics, configuration and state, as a control socket tells them. */
export type State = {
	statistics: Record<string, unknown>;
	config?: object;
	status?: object;
	version?: string;
};

/** `name: value` as Kea has it, with the time at which it was so. */
export const statistics = (values: Record<string, number | bigint | string>): string =>
	`{${Object.entries(values)
		.map(([name, value]) => `${JSON.stringify(name)}: [ [ ${value}, "2026-11-26 07:30:00.000001" ] ]`)
		.join(', ')}}`;

/** What Kea 2.2 says to a command in such a state; `text` are statistics as `statistics` writes them. */
export const saidBy =
	({ config, status, version = '2.2.0' }: Omit<State, 'statistics'>, text: () => string) =>
	(command: string): Said => {
		switch (command) {
			case 'statistic-get-all':
				return `{ "arguments": ${text()}, "result": 0 }`;
			case 'config-get':
				return { result: 0, arguments: config ?? { Dhcp4: { subnet4: [] } } };
			case 'status-get':
				return { result: 0, arguments: status ?? { pid: 7, uptime: 10, reload: 10 } };
			case 'version-get':
				return { result: 0, text: version, arguments: {} };
			case 'list-commands':
				return {
					result: 0,
					arguments: ['config-get', 'list-commands', 'statistic-get-all', 'status-get', 'version-get'],
				};
			default:
				return { result: 2, text: `'${command}' command not supported.` };
		}
	};

/** Listening at `path`, one command a connection. */
export const fakeKea = async (path: string, first: (command: string) => Said) => {
	let answer = first;
	const asked: string[] = [];
	const sockets = new Set<Socket>();
	const server = createServer((socket) => {
		sockets.add(socket);
		socket.on('close', () => sockets.delete(socket));
		socket.on('error', () => {});
		socket.on('data', (data) => {
			const { command } = JSON.parse(data.toString()) as { command: string };
			asked.push(command);
			const said = answer(command);
			if (said === 'silent') return;
			if (said === 'closed') return socket.destroy();
			socket.end(typeof said === 'string' ? said : JSON.stringify(said));
		});
	});
	await once(server.listen(path), 'listening');
	return {
		asked,
		become: (next: (command: string) => Said) => {
			answer = next;
		},
		close: async () => {
			for (const socket of sockets) socket.destroy();
			server.close();
			await once(server, 'close');
			rmSync(path, { force: true });
		},
	};
};
