#!/usr/bin/env node
// classify - which of five classes of I/O a host is in, by what iomonitor counts, with the figures that say so
//
// usage:  bpf-maps iomonitor.bpf.o | classify [--window 1m] [--slow 8192] [options] > records
// stdin:  records        stdout: records, all that came in, and for each print of iomonitor five gauges io_class
//
//   {"type":"gauge","ts":60000,"host":"web1","metric":"io_class","unit":"1","attributes":{"class":"eviction-driven"},"value":1,"window_ms":60000,"evidence":[{"figure":"read_p99","value":16384,"upper":32768,"unit":"us","threshold":8192},{"figure":"fadvise_dontneed","value":12,"unit":"calls/s","threshold":1}]}
//   {"type":"notice","ts":60000,"host":"web1","metric":"io_class","kind":"io_class","count":1,"detail":"eviction-driven: read_p99 16384 to 32768 us (up from 8192), fadvise_dontneed 12 calls/s (up from 1), of 60 s"}
//
// Latency alone is trouble, the rest explains it:
//   reads slow, memory reclaimed     os-memory-pressure             reads fast, memory reclaimed            pressure-without-impact
//   reads slow, fadvise(DONTNEED)    eviction-driven                reads fast, much read or DONTNEED       benign-scan
//   reads slow, neither of them      io-contention-or-cold-data     reads fast, nothing else: all five are 0
// Each change is told in a notice "io_class". With fewer reads than --reads in the window nothing is said: the gauges end
// with notices "stale" until it can be known again.
//
//   --window 1m         of what time the figures are
//   --slow 8192         us: the bucket of the 99th of 100 reads begins here or above. Best a power of two: one that lies across
//                       it counts as fast
//   --dontneed 1   --fills 1000   --reclaimed 100        a second: calls, pages that reads brought in, pages reclaimed
//   --direct 1          threads that had to reclaim for themselves, in the window
//   --reads 100         fewer say nothing
//   --only              these records alone, with notices        --linger 1s  silence after which a print is taken to be whole
//
// Prints and barriers are as in derive-io.

import { whole } from './lib/options.ts';
import { createClassifier } from './lib/sidecar/classifier.ts';
import { handlersFor, PRINTS } from './lib/sidecar/handlers.ts';
import { stage } from './lib/stage.ts';

const OPTIONS = {
	...PRINTS,
	slow: { type: 'string', default: '8192' },
	dontneed: { type: 'string', default: '1' },
	fills: { type: 'string', default: '1000' },
	reclaimed: { type: 'string', default: '100' },
	direct: { type: 'string', default: '1' },
	reads: { type: 'string', default: '100' },
} as const;

stage(import.meta, { options: OPTIONS }, (context) => {
	const { options } = context;
	const limits = {
		slow: whole(options.slow, '--slow', 1),
		dontneed: whole(options.dontneed, '--dontneed', 1),
		fills: whole(options.fills, '--fills', 1),
		reclaimed: whole(options.reclaimed, '--reclaimed', 1),
		direct: whole(options.direct, '--direct', 1),
		reads: whole(options.reads, '--reads', 1),
	};
	return handlersFor(context, createClassifier(limits));
});
