// guard: what stands between a request and the answers: other sites, made-up names, and who may come in

import type { IncomingMessage } from 'node:http';
import { hostname } from 'node:os';
import { EXIT, Failure } from '../failure.ts';
import type { Log } from '../log.ts';
import { accountsIn } from './accounts.ts';
import type { Address } from './address.ts';
import type { Answer } from './answer.ts';
import { checkHost } from './host.ts';
import { HttpError } from './http-error.ts';
import { createLogIn, type LogIn } from './log-in.ts';
import { type Origins, originsOf } from './origin.ts';

export type GuardOptions = {
	addresses: Address[];
	/** A file of accounts; without one everybody may come in who reaches an address. */
	authFile: string | undefined;
	allowOrigin: readonly string[];
	/** Listen to other machines without a log-in. */
	isInsecure: boolean;
	isEncrypted: boolean;
	log: Log;
};

/** `isKnown` is false for paths that answer strangers too, and then say less. */
type Inner = (request: IncomingMessage, steps: string[], isKnown: boolean) => Answer | Promise<Answer>;

export type Guard = {
	answer: (inner: Inner) => (request: IncomingMessage, steps: string[]) => Promise<Answer>;
	headersFor: Origins['headersFor'];
};

/** Paths that answer strangers. */
const OPEN = new Set(['health']);

/** @throws Failure(78) when strangers could read, and as `accountsIn` does. */
export const createGuard = (options: GuardOptions): Guard => {
	const { addresses, authFile, isInsecure, isEncrypted, log } = options;
	const outside = addresses.find(({ isLocal }) => !isLocal);
	if (outside && authFile === undefined && !isInsecure)
		throw new Failure(
			EXIT.config,
			`--listen ${outside.name}: other machines could read; give --auth-file, or --insecure`,
		);
	if (outside && authFile !== undefined && !isEncrypted)
		log.warn(`passwords and tokens travel to ${outside.name} unencrypted; give --tls-cert and --tls-key`);
	const origins = originsOf(options.allowOrigin, '--allow-origin');
	const logIn: LogIn | undefined =
		authFile === undefined ? undefined : createLogIn(accountsIn(authFile, log));
	const names = [hostname().toLowerCase(), ...origins.hosts];

	const enter = async (request: IncomingMessage, steps: string[]): Promise<Answer | boolean> => {
		if (!logIn) {
			// A Unix socket has no name that somebody could make up.
			if (request.socket.remoteAddress !== undefined)
				checkHost(request, 'use an address of digits, --allow-origin with this host, or --auth-file', names);
			return true;
		}
		const own = await logIn.answer(request, steps);
		if (own) return own;
		if (await logIn.isKnown(request)) return true;
		if (OPEN.has(steps.join('/'))) return false;
		const refusal = logIn.refusal(request);
		if (refusal instanceof HttpError) throw refusal;
		return refusal;
	};
	return {
		headersFor: origins.headersFor,
		answer: (inner) => async (request, steps) => {
			const preflight = origins.preflight(request);
			if (preflight) return preflight;
			const entered = await enter(request, steps);
			return typeof entered === 'boolean' ? inner(request, steps, entered) : entered;
		},
	};
};
