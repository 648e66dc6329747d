// What the log hears of delivery.

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createLog } from '../../../filters/lib/log.ts';
import type { PipelineStatus } from '../../../supervisor/health/status.ts';
import { createVigil } from '../../../supervisor/health/vigil.ts';

const test = suite('vigil');

test('the log hears once that delivery is not well, and once that it is again', () => {
	const said: string[] = [];
	const write = (line: string) => said.push(line.trimEnd());
	const log = createLog({ name: 'b', level: 'info', format: 'text', priorities: false, write });
	const vigil = createVigil((pipeline) => log.about(pipeline));
	const look = (well: boolean, state: PipelineStatus['state'] = 'RUNNING') =>
		vigil.look([{ name: 'p', state, delivery: 'best-effort', well, why: well ? '' : 'late', stages: [] }]);
	look(true);
	look(false, 'BACKOFF');
	look(false);
	look(false);
	look(false, 'BACKOFF');
	look(true);
	look(true);
	assert.equal(said, ['b: warning: p: delivery is not well: late', 'b: p: delivery is well again']);
});

test.run();
