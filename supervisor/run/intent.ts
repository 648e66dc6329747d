// intent: whether a pipeline is to be up, and what became of it once it is over

import { EXIT, Failure } from '../../filters/lib/failure.ts';

export type Intent = {
	/**
	 * It is to be up from now on.
	 * @throws Failure(69) when it was retired.
	 */
	want: () => void;
	/** It is to be down from now on. */
	drop: () => void;
	/** It is to be down for good: whoever still holds it cannot start it any more. */
	retire: () => void;
	isWanted: () => boolean;
	/** It is over, and this is its code. */
	finish: (code: number) => void;
	/** That code, until it is wanted again. */
	code: () => number | undefined;
};

export const createIntent = (name: string, onOver: () => void = () => {}): Intent => {
	let wanted = false;
	let retired = false;
	let code: number | undefined;
	return {
		want: () => {
			if (retired) throw new Failure(EXIT.unavailable, `"${name}" is no longer in the file, or was changed`);
			wanted = true;
			code = undefined;
		},
		drop: () => {
			wanted = false;
		},
		retire: () => {
			retired = true;
			wanted = false;
		},
		isWanted: () => wanted,
		finish: (result) => {
			wanted = false;
			code = result;
			onOver();
		},
		code: () => code,
	};
};
