// grpc-client: a client in Python that knows our proto files alone: calls go in, a line each, and answers come out

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { commandsLack } from '../parts.ts';
import { ROOT } from '../program.ts';

// Debian's own, which has Debian's packages.
const PYTHON = '/usr/bin/python3';
const PROTO = join(ROOT, 'etc', 'proto');

/** Why there is no such client here, or ''. */
export const grpcClientLacks = (): string => {
	const lack = commandsLack('protoc', 'grpc_python_plugin');
	if (lack !== '') return lack;
	const { status } = spawnSync(PYTHON, ['-c', 'import grpc, google.protobuf']);
	return status === 0 ? '' : 'python3-grpcio is not installed; npm run setup installs it';
};

/** The modules that protoc makes of our proto files, in `folder`. */
export const generated = (folder: string): string => {
	mkdirSync(folder, { recursive: true });
	const plugin = '--plugin=protoc-gen-grpc_python=/usr/bin/grpc_python_plugin';
	// Python has a package grpc of its own, which a folder grpc would hide.
	for (const [root, ...files] of [
		[PROTO, 'banyandb/ebpf/v1/ebpf.proto', 'google/api/annotations.proto', 'google/api/http.proto'],
		[join(PROTO, 'grpc/health/v1'), 'health.proto'],
		[join(PROTO, 'grpc/reflection/v1'), 'reflection.proto'],
	] as [string, ...string[]][]) {
		const args = [`-I${root}`, `--python_out=${folder}`, plugin, `--grpc_python_out=${folder}`, ...files];
		const { status, stderr } = spawnSync('protoc', args);
		if (status !== 0) throw new Error(stderr.toString());
	}
	return folder;
};

/** A call as client.py takes it. */
export type Call = {
	call?: string;
	request?: object;
	token?: string;
	/** Seconds. */
	deadline?: number;
	/** Of a stream: messages, and seconds of rest after each. */
	take?: number;
	slow?: number;
	/** So many clients at once. */
	crowd?: number;
};
// biome-ignore lint/suspicious/noExplicitAny: whatever the service says.
export type Said = { answers?: any[]; error?: string; details?: string };

export type GrpcClient = { ask: (call: Call) => Promise<Said>; end: () => Promise<void> };

/** A client of `target`; `files` are an issuer's certificate, and its own with its key. */
export const startGrpcClient = (target: string, modules: string, files: string[] = []): GrpcClient => {
	const args = [join(ROOT, 'test', 'system', 'grpc', 'client.py'), target, modules, ...files];
	const env = { ...process.env, GRPC_VERBOSITY: 'NONE' };
	const child: ChildProcess = spawn(PYTHON, args, { stdio: ['pipe', 'pipe', 'inherit'], env });
	const kill = () => child.kill('SIGKILL');
	process.once('exit', kill);
	const closed = once(child, 'close');
	const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
	return {
		ask: async (call) => {
			child.stdin!.write(`${JSON.stringify(call)}\n`);
			const { value, done } = await lines.next();
			if (done) throw new Error('the client has ended');
			return JSON.parse(value);
		},
		end: async () => {
			child.stdin!.end();
			await closed;
			process.off('exit', kill);
		},
	};
};
