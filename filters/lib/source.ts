// source: the spine of every program that starts a pipeline: it reads no stdin and prints lines
// Options, signals, batching, counters and exit codes are the same as a stage's.

import { EXIT } from './failure.ts';
import { announceReady, type Context, launch, type OptionSpec, onStop, type Usage } from './program.ts';

/**
 * Make the file of `meta` a source. `run` prints until it is done or `context.signal` is aborted (TERM, INT),
 * awaits `context.output.room()` between pieces, and returns; what it printed is then flushed and the exit is 0.
 * With `isReadyLater` it calls announceReady itself, when all that takes long is done.
 */
export const source = <const Options extends OptionSpec>(
	meta: ImportMeta,
	usage: Usage<Options> & { isReadyLater?: boolean },
	run: (context: Context<Options>) => Promise<void>,
): void =>
	launch(meta, usage, async ({ context, leave, stopping }) => {
		onStop(() => stopping.abort(), false);
		process.on('SIGHUP', () => {});
		if (!usage.isReadyLater) announceReady();
		await run(context);
		await leave(EXIT.done);
	});
