// wanted: which process is to be measured, by what the user says of it

import { EXIT, Failure } from '../failure.ts';
import { whole } from '../options.ts';
import { type Target, targetOf, targetsOf } from './target.ts';

/** What to look for, once and again. `find` throws Failure(78) where several processes could be meant. */
export type Wanted = { name: string; find: () => Target | undefined };

/** Either a program or a process. @throws Failure(64) */
export const wantedOf = ({
	program,
	pid,
}: {
	program?: string | undefined;
	pid?: string | undefined;
}): Wanted => {
	if ((program === undefined) === (pid === undefined)) {
		throw new Failure(EXIT.usage, 'which process? write --program NAME or --pid N');
	}
	if (pid !== undefined) {
		const number = whole(pid, '--pid', 1);
		return { name: `process ${number}`, find: () => targetOf(number) };
	}
	return {
		name: program!,
		find: () => {
			const found = targetsOf(program!);
			if (found.length < 2) return found[0];
			const pids = found.map((one) => one.pid).join(', ');
			throw new Failure(
				EXIT.config,
				`${found.length} processes run ${program} (${pids}); say which one: --pid N`,
			);
		},
	};
};
