// kernel-trace: what the kernel's own tracing writes of some events, in a buffer of its own: a count beside that of BPF

import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';

const INSTANCES = '/sys/kernel/tracing/instances';

/** The lines of `events` (`vmscan/mm_vmscan_kswapd_wake`) that came while `act` ran, and what that gives. */
export const tracedBy = async <Result>(events: string[], act: () => Promise<Result>) => {
	const instance = join(INSTANCES, `bpfpipe-test-${process.pid}`);
	const enable = (is: boolean) => {
		for (const event of events) writeFileSync(join(instance, 'events', event, 'enable'), is ? '1' : '0');
	};
	mkdirSync(instance);
	try {
		writeFileSync(join(instance, 'buffer_size_kb'), '8192');
		enable(true);
		const result = await act();
		enable(false);
		const text = readFileSync(join(instance, 'trace'), 'utf8');
		const [, held, written] = /entries-in-buffer\/entries-written: (\d+)\/(\d+)/.exec(text)!;
		assert.is(held, written, 'the buffer of the tracing was too small');
		const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
		return { result, lines };
	} finally {
		rmdirSync(instance);
	}
};
