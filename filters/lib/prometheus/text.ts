// text: names and values from outside, safe inside an exposition

import { wellFormed } from '../protobuf/text.ts';
import type { Exact } from '../record.ts';

const NEEDS_ESCAPE = /[\\"\n]/g;

const escaped = (character: string): string => (character === '\n' ? '\\n' : `\\${character}`);

/** The value of a label, as it stands between its quotes. */
export const labelValue = (text: string): string => wellFormed(text).replace(NEEDS_ESCAPE, escaped);

/** The text of a HELP line; only OpenMetrics escapes the quote there. */
export const helpText = (text: string, isOpenMetrics: boolean): string =>
	wellFormed(text).replace(isOpenMetrics ? NEEDS_ESCAPE : /[\\\n]/g, escaped);

/** A number as digits: whole ones of any size are exact, a fraction is the shortest text that reads back the same. */
export const numberText = (value: Exact): string =>
	typeof value === 'number' ? String(value) : BigInt(value).toString();
