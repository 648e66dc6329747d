// empty: before the first record: what the page waits for, what feeds it, and how long it has waited

import { durationText } from '../../lib/chart/time.ts';
import { el, setText } from '../parts/dom.ts';

const COMMANDS = [
	'bpftrace bpftrace/cpu-lat.bt | parse-histogram --metric cpu-lat --unit us | serve',
	'bpftrace-tail cpu-lat.log | parse-histogram --metric cpu-lat --unit us | serve',
	'replay bpftrace/cpu-lat.session | parse-histogram --metric cpu-lat --unit us | serve',
];

export const createEmpty = () => {
	const waited = el('p', { class: 'about' });
	const node = el(
		'section',
		{ class: 'empty', hidden: true },
		el('h1', {}, 'Waiting for the first record'),
		el(
			'p',
			{},
			'The server answers. It reads records on its standard input, a line each, and none has come yet.',
		),
		el('p', {}, 'What feeds it: a tracer, a log that a tracer writes, or a recording as sample data.'),
		...COMMANDS.map((command) => el('pre', {}, el('code', {}, command))),
		waited,
	);
	return {
		node,
		render: (state: { waited: number; isLost: boolean } | undefined) => {
			node.hidden = state === undefined || state.isLost;
			if (state)
				setText(
					waited,
					`Waited for ${durationText(Math.floor(state.waited / 1000) * 1000)}. The page goes on by itself.`,
				);
		},
	};
};
