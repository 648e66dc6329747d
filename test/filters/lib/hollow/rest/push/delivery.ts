// One cycle through the calls, with a server whose answers the test has written down.

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createDelivery } from '../../../../../../filters/lib/hollow/rest/push/delivery.ts';
import { CallError, type Reply } from '../../../../../../filters/lib/net/client.ts';
import { keptLog } from '../../../../../data/published.ts';
import { cycleNumber } from '../../../../../servers/receiver.ts';

const test = suite('delivery');

const LOST = 'lost';
type Answer = number | [status: number, body: object] | typeof LOST;

/** What became of a cycle that is answered so, call by call; the last answer is that to all further calls. */
const delivered = async (answers: Answer[], dataset = 'm') => {
	const calls: string[] = [];
	const counters: Record<string, number> = {};
	const { log, lines } = keptLog();
	const client = {
		call: async (method: string, url: URL): Promise<Reply> => {
			const answer = answers[Math.min(calls.length, answers.length - 1)]!;
			calls.push(`${method} ${url.pathname.split('/').at(-1)}`.replace(/\d{17}/, 'VERSION'));
			if (answer === LOST) throw new CallError('no answer');
			const [status, body] = typeof answer === 'number' ? [answer] : answer;
			return { status, headers: {}, text: body ? JSON.stringify(body) : '' };
		},
	};
	const count = (name: string, by = 1) => {
		counters[name] = (counters[name] ?? 0) + by;
	};
	const base = new URL('http://hollow.example/api');
	const delivery = createDelivery({ client, base, retryMaxMs: 1, log, count });
	const verdict = await delivery.deliver(cycleNumber(1, 3, dataset), new AbortController().signal);
	return { verdict, calls, lines, counters, condition: delivery.condition() };
};
const [ANNOUNCE, DATA, PUBLISH, LOOKUP] = ['POST versions', 'POST data', 'PUT status', 'GET VERSION'];
const standing = (status: string): Answer => [200, { status }];

for (const [name, answers, verdict, calls, condition] of [
	['the straight way', [200], 'published', [ANNOUNCE, DATA, PUBLISH], 'well'],
	[
		'nothing began, so nothing is looked up',
		[LOST, 200],
		'published',
		[ANNOUNCE, ANNOUNCE, DATA, PUBLISH],
		'well',
	],
	[
		'the answer to publish was lost, and it was done',
		[200, 200, LOST, standing('PUBLISHED')],
		'published',
		[ANNOUNCE, DATA, PUBLISH, LOOKUP],
		'well',
	],
	[
		'somebody else published it before we did',
		[200, 503, standing('PUBLISHED')],
		'repeated',
		[ANNOUNCE, DATA, LOOKUP],
		'well',
	],
	[
		'the data had arrived',
		[200, 200, 503, standing('ANNOUNCING'), 200],
		'published',
		[ANNOUNCE, DATA, PUBLISH, LOOKUP, PUBLISH],
		'well',
	],
	[
		'the data had not',
		[200, LOST, standing('ANNOUNCING'), 200],
		'published',
		[ANNOUNCE, DATA, LOOKUP, DATA, PUBLISH],
		'well',
	],
	[
		'the server has forgotten everything: data that it had are sent again',
		[200, 200, 404, 200, 503, standing('ANNOUNCING'), 200],
		'published',
		[ANNOUNCE, DATA, PUBLISH, ANNOUNCE, DATA, LOOKUP, DATA, PUBLISH],
		'well',
	],
	[
		'a token has to be set right',
		[401, 401, 200],
		'published',
		[ANNOUNCE, ANNOUNCE, ANNOUNCE, DATA, PUBLISH],
		'well',
	],
	['the cycle is refused', [200, 422], 'refused', [ANNOUNCE, DATA], 'well'],
] as [string, Answer[], string, string[], string][]) {
	test(name, async () => {
		const done = await delivered(answers);
		assert.equal([done.verdict, done.calls, done.condition], [verdict, calls, condition]);
	});
}

test('a server that forgets again and again is given up after eight times, if it could be had meanwhile', async () => {
	const forgetful = (times: number): Answer[] => Array(times).fill([200, 404]).flat();
	const lost = await delivered(forgetful(20));
	assert.equal([lost.verdict, lost.calls.length], ['refused', 18]);
	assert.match(lost.lines.join(), /given up: the server's answer to data is 404.*again and again/);
	assert.is((await delivered([...forgetful(8), 200])).verdict, 'published');
	assert.is((await delivered([...forgetful(8), LOST, ...forgetful(8), 200])).verdict, 'published');
});

test('what is said: that it fails, that it is well again, once each, and what is counted', async () => {
	const { lines, counters } = await delivered([LOST, 401, 200]);
	assert.equal(lines, [
		't: warning: http://hollow.example: no answer; trying again',
		't: warning: http://hollow.example: 401; tried again until somebody sets that right',
		't: http://hollow.example answers again',
	]);
	assert.equal(counters, { retries: 2 });
	assert.equal((await delivered([200])).lines, []);
});

test('a name that no address can hold is given up without a call', async () => {
	const { verdict, calls, lines } = await delivered([200], '..');
	assert.equal([verdict, calls], ['refused', []]);
	assert.match(lines.join(), 'no data set can be called ".."');
});

test.run();
