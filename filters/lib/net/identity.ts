// identity: the certificate that a client shows to a server which asks for one, out of files that may be renewed

import { createSecureContext } from 'node:tls';
import { reread } from '../disk/reread.ts';
import { EXIT, Failure } from '../failure.ts';

/** A certificate, with its chain, and its key, as PEM. */
export type Identity = { cert: string; key: string };

/** That of now; undefined where there is none. */
export type IdentityNow = () => Identity | undefined;

const trouble = (identity: Identity): string => {
	try {
		createSecureContext(identity);
		return '';
	} catch (error) {
		return (error as Error).message;
	}
};

/**
 * What both files hold, read again when either changes; while they do not fit together, as between the renewal of one and
 * of the other, the pair from before counts.
 * @throws Failure(64) for one without the other, or a server that is not asked over TLS; Failure(78) when they are not a
 * certificate and its key; and the system's error when they cannot be read.
 */
export const identityIn = (cert: string | undefined, key: string | undefined, base: URL): IdentityNow => {
	if (cert === undefined && key === undefined) return () => undefined;
	if (cert === undefined || key === undefined)
		throw new Failure(EXIT.usage, '--cert-file and --key-file go together');
	if (base.protocol !== 'https:') throw new Failure(EXIT.usage, '--cert-file means nothing without https');
	const files = { cert: reread(cert, String), key: reread(key, String) };
	let identity: Identity = { cert: files.cert(), key: files.key() };
	const why = trouble(identity);
	if (why !== '') throw new Failure(EXIT.config, `${cert} and ${key} are no certificate and its key: ${why}`);
	let seen = identity;
	return () => {
		const now = { cert: files.cert(), key: files.key() };
		if (now.cert === seen.cert && now.key === seen.key) return identity;
		seen = now;
		if (trouble(now) === '') identity = now;
		return identity;
	};
};
