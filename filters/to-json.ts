#!/usr/bin/env node
// to-json - records as the JSON documents of ebpf_to_json.py, one for each time, with correct values
//
// usage:  to-json [-o FILE|DIR/] [--pretty] [--keep N] [--keep-for 1h] [--as-before] [--from-before] [options] < records
// stdin:  records        stdout: documents, one a line; with -o nothing
//
//   {"type":"histogram","ts":1763712000000,"host":"web1","metric":"lease_time","unit":"ns","attributes":{},"temporality":"cumulative","buckets":[[16,32,5]]}
// becomes, at the next time, after --linger (1s) or at the end
//   {"metadata":{"timestamp":"2025-11-21T08:00:00.000Z","source_file":"stdin","host":"web1"},"metrics":{"Lease Time":{"data":[{"range":{"lower":16,"upper":31,"lower_value":16,"upper_value":31},"count":5,"unit":"ns"}],"total":5}}}
//
//   -o, --output   FILE: the newest document. DIR (there already, or with / at its end): each as metrics_YYYYmmdd_HHMMSS.json
//   --keep, --keep-for   of DIR the newest N files, or those of so long before the newest: what --cleanup was, which removed
//                  all that one round had written once it was pushed; readers here come when they like
//   --as-before    value fields 2^lower and 2^upper - 1 and units by title, for who must compare: they are wrong
//   --from-before  stdin is a document of ebpf_to_json.py: corrected     --source-file NAME (stdin)     --ack FILE: with -o
//
//   differs from   ebpf_to_json.py                          here
//   value fields   2 to the power of the bound              the bound: rows are LOWER -> UPPER, both inclusive; open: null
//   unit           guessed from the title                   the record's; of the eight old histograms by their name
//   key            CPU Usage, Cpu Usage                     Cpu Usage; Title{key="value"} and "attributes" where there are some
//   numbers        as Python has them                       the same: whole numbers of any size, bare
//   timestamp      of the conversion, local, without zone   of the data, in UTC
//   more           sample data look real                    metadata.synthetic; temporality, gauges and notices where there are
//
// Sums are `aggregates`, without `_total`. Of two series of one name the second has its metric for a title. Several hosts: each
// series has its own, as an attribute. What no document can hold is counted (left_out) and said.

import { ackFileOf, writeAck } from './lib/disk/ack.ts';
import { documentFromBefore } from './lib/document/before.ts';
import { documentOf } from './lib/document/document.ts';
import { createGathering, LATEST_MS } from './lib/document/gathering.ts';
import { createWriter } from './lib/document/writer.ts';
import { EXIT, Failure } from './lib/failure.ts';
import { createMoments } from './lib/flow/moments.ts';
import { type Json, member, readJson } from './lib/json/json.ts';
import { positiveDuration } from './lib/options.ts';
import { type Measure, type Notice, parseControl } from './lib/record.ts';
import { stage } from './lib/stage.ts';

const OPTIONS = {
	output: { type: 'string', short: 'o' },
	pretty: { type: 'boolean', default: false },
	keep: { type: 'string' },
	'keep-for': { type: 'string' },
	linger: { type: 'string', default: '1s' },
	'as-before': { type: 'boolean', default: false },
	'from-before': { type: 'boolean', default: false },
	'source-file': { type: 'string', default: 'stdin' },
	ack: { type: 'string' },
} as const;

/** A document of the predecessor; one that is damaged as JSON has nothing that could be trusted. */
const read = (text: string): Json => {
	try {
		return readJson(text);
	} catch (error) {
		throw new Failure(EXIT.data, `<stdin> is no JSON: ${(error as Error).message}`);
	}
};

const timeOf = (document: Json): number => {
	const timestamp = member(member(document, 'metadata'), 'timestamp');
	const ms = typeof timestamp === 'string' ? Date.parse(timestamp) : Number.NaN;
	return ms >= 0 && ms <= LATEST_MS ? ms : Date.now();
};

stage(import.meta, { options: OPTIONS }, ({ options, emit, count, bad, isReadAgain, log, output, fail }) => {
	const lingerMs = positiveDuration(options.linger, '--linger');
	const style = { asBefore: options['as-before'] };
	const hasFile = options.output !== undefined;
	const ack = hasFile ? ackFileOf(options.ack) : undefined;
	const write = createWriter(
		{ ...options, output: options.output, keep: options.keep, 'keep-for': options['keep-for'] },
		{ print: output.text, count },
	);
	const fault = (what: string) => {
		count('left_out');
		bad(what);
	};
	if (options['from-before']) {
		const lines: string[] = [];
		return {
			line: (line) => void lines.push(line),
			end: (how) => {
				if (how === 'term') return;
				const left = (what: string) => {
					count('left_out');
					bad(what, 0);
				};
				const document = documentFromBefore(read(lines.join('\n')), { ...style, fault: left });
				if (document === undefined) throw new Failure(EXIT.data, '<stdin> has no "metrics"; no document');
				write(timeOf(document), document);
			},
		};
	}
	const gathering = createGathering();
	const moments = createMoments({
		...gathering,
		write: async () => {
			const moment = gathering.close();
			if (!moment) return;
			write(moment.ts, documentOf(moment, { ...style, sourceFile: options['source-file'], fault }));
			await output.room();
		},
		pass: (line) => {
			if (!hasFile) return emit(line);
			const control = parseControl(line);
			if (ack !== undefined && control.kind === 'pos') writeAck(ack, control.position);
		},
		lingerMs,
		isBlocked: output.blocked,
		fail,
	});
	const isTooLate = ({ ts }: { ts: number }): boolean => {
		if (ts <= LATEST_MS) return false;
		fault(`a time, ${ts}, beyond the year 9999`);
		return true;
	};
	const take = (record: Measure) => {
		if (!isTooLate(record)) return moments.take(record.ts, () => gathering.take(record));
	};
	return {
		histogram: take,
		sum: take,
		gauge: take,
		notice: (record: Notice) => {
			count('notices');
			if (!isTooLate(record))
				return moments.take(gathering.isOpen() ? gathering.time()! : record.ts, () =>
					gathering.notice(record),
				);
		},
		record: ({ type }) => {
			count('left_out');
			log.warn(`records of type "${type}" have no form in a document; left out`, {}, `left out ${type}`);
		},
		control: moments.control,
		end: () =>
			moments.end(isReadAgain, () =>
				log.info('the open document is not written; it is read again by the next run'),
			),
	};
});
