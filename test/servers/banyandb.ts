// banyandb: the real server on loopback, with a folder of its own, which can be killed and started again on the same one

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { cleanEnv } from '../program.ts';
import { freePort } from './ports.ts';

const PROGRAM = join(
	process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'),
	'bpfpipe/banyandb-0.10.1/banyand-server',
);
const READY_MS = 20_000;
const ROOTS = ['measure', 'metadata', 'property', 'schema-server', 'stream', 'trace'];

/** Why BanyanDB cannot be run here, or ''. */
export const banyandbLacks = (): string =>
	existsSync(PROGRAM) ? '' : 'no BanyanDB; npm run setup builds it';

export type Banyandb = {
	/** Where it takes gRPC, as http or https. */
	url: string;
	/** It is gone at once, with whatever it had not written. */
	kill: () => Promise<void>;
	/** Once more, at the same place with what is left. */
	again: () => Promise<void>;
	end: () => Promise<void>;
};

const running = new Set<ChildProcess>();
process.on('exit', () => {
	for (const child of running) child.kill('SIGKILL');
});

/** Started and ready; `tls` names the files of its certificate. */
export const startBanyandb = async (
	flags: string[] = [],
	tls?: { cert: string; key: string },
): Promise<Banyandb> => {
	const folder = mkdtempSync(join(tmpdir(), 'banyandb-'));
	const [grpc, http, observability, pprof] = [
		await freePort(),
		await freePort(),
		await freePort(),
		await freePort(),
	];
	const args = [
		'standalone',
		...['--node-host-provider', 'flag', '--node-host', '127.0.0.1'],
		...['--grpc-host', '127.0.0.1', '--grpc-port', `${grpc}`],
		...['--http-host', '127.0.0.1', '--http-port', `${http}`, '--http-grpc-addr', `127.0.0.1:${grpc}`],
		...['--observability-listener-addr', `127.0.0.1:${observability}`],
		...['--pprof-listener-addr', `127.0.0.1:${pprof}`],
		...['--schema-server-grpc-host', '127.0.0.1', '--schema-server-grpc-port', `${await freePort()}`],
		...['--property-repair-enabled=false', '--property-repair-gossip-grpc-host', '127.0.0.1'],
		...ROOTS.flatMap((root) => [`--${root}-root-path`, folder]),
		...['--logging-level', 'error', ...flags],
		...(tls
			? ['--tls', '--cert-file', tls.cert, '--key-file', tls.key, '--http-grpc-cert-file', tls.cert]
			: []),
	];
	let child: ChildProcess;
	const again = async () => {
		child = spawn(PROGRAM, args, { stdio: ['ignore', 'ignore', 'ignore'], env: cleanEnv() });
		running.add(child);
		const isUp = () =>
			fetch(`http://127.0.0.1:${http}/api/healthz`).then(
				({ ok }) => ok,
				() => false,
			);
		for (const deadline = performance.now() + READY_MS; !(await isUp()); ) {
			if (performance.now() > deadline || child.exitCode !== null)
				throw new Error(`BanyanDB does not answer (exit code ${child.exitCode})`);
			await new Promise((resolve) => setTimeout(resolve, 50));
		}
	};
	const kill = async () => {
		const gone = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined;
		child.kill('SIGKILL');
		await gone;
		running.delete(child);
	};
	await again();
	return {
		url: `${tls ? 'https' : 'http'}://127.0.0.1:${grpc}`,
		kill,
		again,
		end: async () => {
			await kill();
			rmSync(folder, { recursive: true });
		},
	};
};
