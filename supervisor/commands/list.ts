// list: the supervisors that run on this machine, as far as we may ask them

import { EXIT } from '../../filters/lib/failure.ts';
import { writeStderr } from '../../filters/lib/log.ts';
import type { Status } from '../health/status.ts';
import { allSupervisors } from './supervisors.ts';
import { table } from './table.ts';

const row = ({ name, pid, file, pipelines }: Status): string[] => [
	name,
	String(pid),
	pipelines.every(({ well }) => well) ? 'well' : 'not well',
	pipelines.map((one) => one.name).join(' '),
	file,
];

/** One line a supervisor; 0 when each of them is well. */
export const list = async (json: boolean): Promise<number> => {
	const { answered, silent } = await allSupervisors();
	for (const { message } of silent) writeStderr(`bpfpipe: ${message}\n`);
	const all = answered.map(({ status }) => status);
	const rows = all.map(row).sort(([a], [b]) => (a! < b! ? -1 : 1));
	const text = () => table(['NAME', 'PID', 'HEALTH', 'PIPELINES', 'FILE'], rows);
	process.stdout.write(json ? all.map((one) => `${JSON.stringify(one)}\n`).join('') : text());
	const isWell = silent.length === 0 && all.every(({ pipelines }) => pipelines.every(({ well }) => well));
	return isWell ? EXIT.done : EXIT.unavailable;
};
