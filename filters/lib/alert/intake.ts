// intake: lines in, each passed on as it stands, those that rules may be about read first

import { excerpt } from '../log.ts';
import {
	type AnyRecord,
	faultIn,
	isControl,
	type Measure,
	type Notice,
	parseRecord,
	type Sample,
	typeOf,
} from '../record.ts';
import type { Clock } from './clock.ts';
import type { Engine } from './engine.ts';

export type IntakeOptions = {
	engine: Pick<Engine, 'take' | 'advance'>;
	/** None where only records tell the time. */
	clock: Pick<Clock, 'heard' | 'believed'> | undefined;
	pass: (line: string) => void;
	bad: (what: string) => void;
	count: (name: string) => void;
};

export type Intake = {
	line: (line: string) => void;
	/** The time of what follows is this, says a control line. */
	time: (ms: number) => void;
};

const WATCHED = new Set(['histogram', 'sum', 'gauge', 'sample', 'notice']);

export const createIntake = ({ engine, clock, pass, bad, count }: IntakeOptions): Intake => {
	const believed = (ms: number): number => {
		clock?.heard();
		const ts = clock?.believed(ms) ?? ms;
		if (ts < ms) count('early');
		return ts;
	};
	const watch = (record: AnyRecord, line: string) => {
		const known = record as Measure | Sample | Notice;
		engine.take(known, believed(known.ts));
		pass(line);
	};
	return {
		line: (line) => {
			if (line === '' || isControl(line)) return;
			const type = typeOf(line);
			if (type !== '' && !WATCHED.has(type)) return pass(line);
			const record = parseRecord(line);
			if (!record) return bad(`not a record: ${excerpt(line)}`);
			const fault = faultIn(record);
			if (fault) return bad(`${fault}: ${excerpt(line)}`);
			watch(record, line);
		},
		time: (ms) => engine.advance(believed(ms)),
	};
};
