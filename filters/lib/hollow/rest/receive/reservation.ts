// reservation: the bodies that are on their way, counted against what all bodies together may take

import { HttpError } from '../../../http/http-error.ts';

/**
 * Runs `work`, which takes in a body of at most `bytes` in place of one of `before`.
 * @throws HttpError 503 when there is no room for it, and what `work` throws.
 */
export type Reservation = <T>(bytes: number, before: number, work: () => Promise<T>) => Promise<T>;

/** `hasRoom` says whether so many more bytes may lie around. */
export const createReservation = (hasRoom: (bytes: number) => boolean): Reservation => {
	let onTheWay = 0;
	return async (bytes, before, work) => {
		if (!hasRoom(onTheWay + bytes - before))
			throw new HttpError(503, 'limit', 'too many bodies wait to be published', 'publish what is begun', {
				'Retry-After': '5',
			});
		onTheWay += bytes;
		try {
			return await work();
		} finally {
			onTheWay -= bytes;
		}
	};
};
