// tls: the certificate of a server and its key, out of files that may be renewed while it runs

import { readFileSync } from 'node:fs';
import type { Server } from 'node:https';
import { createSecureContext } from 'node:tls';
import { about, EXIT, Failure } from '../failure.ts';

export type Certificate = {
	files: () => { cert: Buffer; key: Buffer };
	/** The server goes on with what the files hold after each `reload`. */
	keep: (server: Server) => Server;
	/** Read the files again. Throws as `certificateIn` does; then the old ones stay. */
	reload: () => void;
};

/**
 * The certificate, with its chain, and its key; undefined without either.
 * @throws Failure(64) for one without the other, Failure(78) when they do not fit together, and the system's error when
 * they cannot be read.
 */
export const certificateIn = (
	certPath: string | undefined,
	keyPath: string | undefined,
): Certificate | undefined => {
	if (certPath === undefined && keyPath === undefined) return undefined;
	if (certPath === undefined || keyPath === undefined)
		throw new Failure(EXIT.usage, '--tls-cert and --tls-key go together');
	const servers: Server[] = [];
	const read = () => {
		const files = {
			cert: about(certPath, () => readFileSync(certPath)),
			key: about(keyPath, () => readFileSync(keyPath)),
		};
		try {
			createSecureContext(files);
		} catch (error) {
			const why = (error as Error).message;
			throw new Failure(EXIT.config, `${certPath} and ${keyPath} are no certificate and its key: ${why}`);
		}
		return files;
	};
	let files = read();
	return {
		files: () => files,
		keep: (server) => {
			servers.push(server);
			return server;
		},
		reload: () => {
			files = read();
			for (const server of servers) server.setSecureContext(files);
		},
	};
};
