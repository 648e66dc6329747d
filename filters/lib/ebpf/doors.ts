// doors: who may ask, and who may set modules, by what stands in the header or in the metadata "authorization"

import { EXIT, Failure } from '../failure.ts';
import { Fault } from '../grpc/fault.ts';
import { type Accounts, accountsIn, credentialsIn } from '../http/accounts.ts';
import type { Address } from '../http/address.ts';
import type { Log } from '../log.ts';
import { isBearer, tokenIn } from '../net/token.ts';

export type DoorsOptions = {
	/** Where gRPC listens. */
	addresses: Address[];
	authFile: string | undefined;
	configureFile: string | undefined;
	/** Clients show certificates that were checked. */
	areClientsKnown: boolean;
	isEncrypted: boolean;
	isInsecure: boolean;
	log: Log;
};

export type Doors = {
	/** @throws Fault UNAUTHENTICATED */
	check: (authorization: string | undefined) => Promise<void>;
	/** @throws Fault PERMISSION_DENIED while nobody may, UNAUTHENTICATED for who may not. */
	checkConfigure: (authorization: string | undefined) => void;
};

/** Whether a header names somebody of a file: a token, or a name with a password. */
const isKnownTo = async (accounts: Accounts, header: string | undefined): Promise<boolean> => {
	const given = credentialsIn(header);
	if (!given) return false;
	if ('token' in given) return accounts.isToken(given.token);
	const { name, password } = given;
	return accounts.isRemembered(name, password) || accounts.isUser(name, password);
};

/** @throws Failure(78) when strangers could read, and as `accountsIn` and `tokenIn` do. */
export const createDoors = (options: DoorsOptions): Doors => {
	const { addresses, authFile, configureFile, areClientsKnown, isEncrypted, isInsecure, log } = options;
	const outside = addresses.find(({ isLocal }) => !isLocal);
	if (outside && authFile === undefined && !areClientsKnown && !isInsecure)
		throw new Failure(
			EXIT.config,
			`--listen ${outside.name}: other machines could read; give --client-ca or --auth-file, or --insecure`,
		);
	if (outside && (authFile ?? configureFile) !== undefined && !isEncrypted)
		log.warn(`passwords and tokens travel to ${outside.name} unencrypted; give --tls-cert and --tls-key`);
	const accounts = authFile === undefined ? undefined : accountsIn(authFile, log);
	const token = configureFile === undefined ? undefined : tokenIn(configureFile);
	const mayConfigure = (authorization: string | undefined) => isBearer(authorization, token?.() ?? '');

	return {
		check: async (authorization) => {
			if (!accounts || mayConfigure(authorization) || (await isKnownTo(accounts, authorization))) return;
			throw new Fault('UNAUTHENTICATED', 'authorization: a token or a user of --auth-file is needed');
		},
		checkConfigure: (authorization) => {
			if (!token)
				throw new Fault(
					'PERMISSION_DENIED',
					'ConfigureModule is off; see serve-grpc --help for how to allow it',
				);
			if (!mayConfigure(authorization))
				throw new Fault('UNAUTHENTICATED', 'authorization: the token of --configure-token-file is needed');
		},
	};
};
