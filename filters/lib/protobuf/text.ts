// text: whatever stands in a record, as text that has a form in UTF-8

const LONE_SURROGATE = /\p{Surrogate}/gu;
const HAS_SURROGATE = /[\ud800-\udfff]/;

/** Half a surrogate pair becomes U+FFFD, as a broken byte does when it is read. */
export const wellFormed = (text: string): string =>
	HAS_SURROGATE.test(text) ? text.replace(LONE_SURROGATE, '\ufffd') : text;
