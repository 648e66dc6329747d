// row: one bucket in the document, with the bounds as the tables of bcc have them: both inclusive

import type { Json } from '../json/json.ts';
import { objectOf } from '../json/text.ts';

/** How documents are written: `asBefore` with the wrong value fields and guessed units of ebpf_to_json.py. */
export type Style = { asBefore: boolean };

export type Row = { lower: bigint | null; upper: bigint | null; count: bigint; unit: string };

// From here on ebpf_to_json.py wrote the power as text.
const LAST_POWER = 63n;

/** A bound taken for an exponent, as ebpf_to_json.py did. */
const powerOf = (bound: bigint, less: bigint): Json => {
	if (bound <= 0n) return 0n;
	return bound > LAST_POWER ? `2^${bound}` : 2n ** bound - less;
};

/** An open bound is null. */
export const rowJson = ({ lower, upper, count, unit }: Row, { asBefore }: Style): Json =>
	objectOf({
		range: objectOf({
			lower,
			upper,
			lower_value: asBefore && lower !== null ? powerOf(lower, 0n) : lower,
			upper_value: asBefore && upper !== null ? powerOf(upper, 1n) : upper,
		}),
		count,
		unit,
	});
