// maps: what the header of a bpftrace script says of its maps, a line for each:
//  *   @packet_processing_time[message, answer]   ns           from being read off the socket until ...
//  *   @memory_usage[kind]                        By gauge     ...

import { EXIT, Failure } from '../failure.ts';
import type { MapForm } from './naming.ts';

const LINE = /^ ?\*\s+@(\w+)(?:\[([\w, ]+)\])?\s{2,}(\S+)( gauge| notice)?(?:\s{2,}\S.*)?$/;

/**
 * The maps of a script, by their names without `@`. A line about a map has two blanks or more between map, unit and text.
 * @throws Failure(78) when there is none, or one stands there twice
 */
export const mapsIn = (script: string, path: string): Map<string, MapForm> => {
	const found = new Map<string, MapForm>();
	for (const [at, line] of script.split('\n').entries()) {
		const match = LINE.exec(line);
		if (!match) continue;
		const [, name, keys, unit, kind = ''] = match;
		if (found.has(name!)) throw new Failure(EXIT.config, `${path}:${at + 1}: @${name} stands there twice`);
		found.set(name!, {
			unit: unit!,
			keys: keys?.split(/, */) ?? [],
			kind: kind === '' ? 'sum' : (kind.trim() as MapForm['kind']),
		});
	}
	if (found.size === 0) {
		throw new Failure(
			EXIT.config,
			`${path}: no line "*   @map[key, key]   unit   text" in it says what its maps are`,
		);
	}
	return found;
};
