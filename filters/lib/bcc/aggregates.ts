// aggregates: the lines below `Aggregate Counts:` as the Kea loader prints them, `Cpu Usage: 1616`

import { snakeCase } from './section.ts';

const TITLE = 'Aggregate Counts:';
const LINE = /^([A-Za-z][\w ]*): (\d{1,20})$/;

export type Aggregates = {
	/** A line of text: the sum that it is, once the title has come. */
	take: (line: string) => { metric: string; value: bigint } | undefined;
	/** Whether the title has come and the empty line behind the sums has not. */
	isOpen: () => boolean;
	/** An empty line. */
	blank: () => void;
};

export const createAggregates = (): Aggregates => {
	let isOpen = false;
	return {
		take: (line) => {
			const match = isOpen ? LINE.exec(line) : null;
			isOpen ||= line === TITLE;
			return match ? { metric: `${snakeCase(match[1]!)}_total`, value: BigInt(match[2]!) } : undefined;
		},
		isOpen: () => isOpen,
		blank: () => {
			isOpen = false;
		},
	};
};
