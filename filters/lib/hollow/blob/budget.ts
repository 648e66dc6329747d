// budget: how much text records may become, so that a small blob cannot eat memory and time
// A record that refers twice to one that refers twice, and so on, is 2^n records when it is written out.

import { StateError } from './bytes/errors.ts';

const MIB = 1024 * 1024;

/** Characters of text that all records together may become when nobody says otherwise. */
export const MOST_TEXT = 256 * MIB;

// One record is held in memory as a whole, and no string may be longer than 512 Mi characters.
const MOST_HELD = 256 * MIB;

const sizeText = (size: number): string =>
	size % MIB === 0 ? `${size / MIB} MiB` : `${size.toLocaleString('en-US')} characters`;

/** What is left of a number of characters, over all records and for the one that is being written. */
export class Budget {
	private readonly most: number;
	private readonly mostOfOne: number;
	private left: number;
	private leftOfOne: number;
	private what = 'a record';
	/** One record may take a quarter of `most`. */
	constructor(most = MOST_TEXT) {
		this.most = most;
		this.mostOfOne = Math.min(Math.ceil(most / 4), MOST_HELD);
		this.left = most;
		this.leftOfOne = this.mostOfOne;
	}

	/** A top-level record begins. */
	begin(type: string, ordinal: number): void {
		this.what = `${type} ${ordinal}`;
		this.leftOfOne = this.mostOfOne;
	}

	/**
	 * Take characters.
	 * @throws StateError when there are not so many left.
	 */
	take(characters: number): void {
		this.left -= characters;
		this.leftOfOne -= characters;
		if (this.leftOfOne < 0)
			throw new StateError(
				`${this.what} with everything in it is more than ${sizeText(this.mostOfOne)} of text`,
			);
		if (this.left < 0) throw new StateError(`the records are more than ${sizeText(this.most)} of text`);
	}
}
