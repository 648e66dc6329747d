// record-time: when the records in a run of lines were taken, without reading the whole of each

import { parseRecord } from '../record.ts';

const NEWLINE = 10;
/** How our own stages begin a record: `{"type":"gauge","ts":1763712000000,`. */
const USUAL = /^\{"type":"[a-z][a-z0-9_-]*","ts":(\d{1,15})[,}]/;
const USUAL_BYTES = 96;

/** The `ts` of the record in bytes `from` to `to`, ms since the epoch; undefined when it is none, or has none. */
export const timeOfLine = (bytes: Buffer, from: number, to: number): number | undefined => {
	const usual = USUAL.exec(bytes.toString('latin1', from, Math.min(to, from + USUAL_BYTES)));
	if (usual) return Number(usual[1]);
	const ts = parseRecord(bytes.toString('utf8', from, to))?.ts;
	return typeof ts === 'number' && Number.isFinite(ts) ? ts : undefined;
};

// What append-log writes before each burst; a log may hold no more than that, where its writer never had anything to say.
const TIME_LINE = Buffer.from('#!ts ');

/** The byte of the first record in a run of whole lines that is of `ms` or later, and whether any has a time. */
export const firstRecordSince = (run: Buffer, ms: number): { at: number | undefined; hasTimes: boolean } => {
	let hasTimes = false;
	for (let at = 0; at < run.length; ) {
		const end = run.indexOf(NEWLINE, at);
		if (end < 0) break;
		const time = timeOfLine(run, at, end);
		if (time !== undefined || run.subarray(at, at + TIME_LINE.length).equals(TIME_LINE)) hasTimes = true;
		if (time !== undefined && time >= ms) return { at, hasTimes };
		at = end + 1;
	}
	return { at: undefined, hasTimes };
};
