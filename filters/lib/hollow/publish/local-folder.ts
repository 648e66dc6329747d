// local-folder: the same cycles as blobs in a folder of this machine, whatever becomes of the server

import { EXIT, Failure } from '../../failure.ts';
import type { Log } from '../../log.ts';
import { ValueError } from '../blob/bytes/errors.ts';
import type { Cycle } from '../metrics/cycle.ts';
import { openPublisher } from './publisher.ts';

export type LocalOptions = {
	folder: string;
	keep: number;
	/** Whether there is a server too; then a folder that fails is no reason to stop. */
	isBeside: boolean;
	log: Log;
	count: (name: string, by?: number) => void;
};

export type LocalFolder = { publish: (cycle: Cycle) => Promise<void>; close: () => Promise<void> };

/** Open the folder. @throws Failure when it cannot be had; `publish` throws one only where there is no server. */
export const openLocalFolder = async ({
	folder,
	keep,
	isBeside,
	log,
	count,
}: LocalOptions): Promise<LocalFolder> => {
	const publisher = await openPublisher({ folder, keep, log });
	const onFailure = (error: unknown) => {
		const isData = error instanceof ValueError || (error instanceof Failure && error.code === EXIT.data);
		if (!isData && !(isBeside && error instanceof Failure)) throw error;
		count('local_failed');
		log.error(`${folder}: ${(error as Error).message}`, {}, 'local');
	};
	return {
		publish: async (cycle) => {
			try {
				const { kind } = await publisher.publish(cycle);
				count(`local_${kind}`);
				log.debug(`${folder}: ${cycle.version} ${kind}`);
			} catch (error) {
				onFailure(error);
			}
		},
		close: () => publisher.close(),
	};
};
