// json-lines: a line that is JSON: of bpftrace, of a bcc tool under -j, or a record of our own

import { dictionaryOf } from '../bcc/dictionary.ts';
import { tableNameOf } from '../bcc/table-name.ts';
import { createMessages, isMessageType, type Taken } from '../bpftrace/json/messages.ts';
import { readJson } from '../json/json.ts';
import { excerpt } from '../log.ts';
import { type Emitter, type Sink, skipChart } from '../print/emitter.ts';
import type { Print } from '../print/print.ts';
import { faultIn, parseRecord } from '../record.ts';

/** Takes in line number `at`, which `isJsonLine`. */
export type JsonLines = (line: string, at: number) => void;

/** Whether a line is one of bpftrace's JSON objects, a bcc dictionary, or a record of our own. */
export const isJsonLine = (line: string): boolean => /^(?:\{"type": ?"|\{'ts': )/.test(line);

const RECORD = /^\{"type": ?"(?:histogram|sum|gauge|sample|sketch|notice)"/;
// Our stages put no blank behind the colon and every release of bpftrace does, so this is a record of a type to come.
const OTHER_RECORD = /^\{"type":"([^"]*)"/;

const isRecord = (line: string): boolean => {
	if (RECORD.test(line)) return true;
	const type = OTHER_RECORD.exec(line)?.[1];
	return type !== undefined && !isMessageType(type);
};

/** `control` takes a control line that a script printed. */
export const createJsonLines = (
	emitter: Emitter,
	sink: Sink,
	print: Print,
	control: (line: string) => void,
): JsonLines => {
	const messages = createMessages(emitter, sink, print.ts, control);
	// A dictionary's own time has no zone, but another one is another print.
	let lastTime = '';

	const record = (line: string): Taken => {
		const parsed = parseRecord(line);
		const fault = parsed ? faultIn(parsed) : 'not a record';
		if (!fault) emitter.line(line);
		return { kind: 'passed', fault };
	};
	const readDictionary = (line: string): string => {
		const { fault, time, valueType, attributes, buckets } = dictionaryOf(readJson(line, "'"));
		if (time !== lastTime) print.between('time');
		lastTime = time;
		if (fault) return fault;
		const table = emitter.tableOf(tableNameOf(valueType, { attributes }), 'lost');
		emitter.table(table.repeat === 'label' ? { ...table, repeat: 'member' } : table, buckets);
		return '';
	};
	const dictionary = (line: string): Taken => {
		try {
			return { kind: 'json', fault: readDictionary(line) };
		} catch (error) {
			if (!(error instanceof SyntaxError)) throw error;
			return { kind: 'bad', fault: error.message };
		}
	};
	/** A line is a map printed whole: what it holds twice is one print, what another line holds is the next. */
	const whole = (line: string): Taken => {
		print.endRun();
		const taken = isRecord(line) ? record(line) : messages(line);
		print.endRun();
		return taken;
	};
	return (line, at) => {
		const { kind, fault } = line[1] === "'" ? dictionary(line) : whole(line);
		if (kind === 'tseries') skipChart(sink);
		else if (fault) sink.bad(`${fault}: ${excerpt(line)}`, at);
		else sink.count(kind);
	};
};
