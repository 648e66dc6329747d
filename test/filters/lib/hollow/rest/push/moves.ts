import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { moveAfter, problemIn, type Step } from '../../../../../../filters/lib/hollow/rest/push/moves.ts';

const test = suite('moves');
const reply = (status: number, body: unknown = '') => ({
	status,
	headers: {},
	text: typeof body === 'string' ? body : JSON.stringify(body),
});
const move = (
	step: Step,
	status: number,
	body: unknown = '',
	sent = { data: false, publish: false },
): string => {
	const { kind, ...rest } = moveAfter(step, reply(status, body), sent);
	return [kind, ...Object.values(rest)].join(' ');
};

test('the straight way', () => {
	assert.is(move('announce', 201), 'go data');
	assert.is(move('data', 204), 'go publish');
	assert.is(move('publish', 200), 'end published');
});

test('what passes by itself, and what somebody has to set right, at any step', () => {
	for (const step of ['announce', 'data', 'publish', 'lookup'] as const) {
		for (const status of [408, 425, 429, 500, 502, 503, 504, 507])
			assert.is(move(step, status), 'wait', `${step} ${status}`);
		for (const status of [301, 302, 307, 308, 401, 403, 407, 421, 426])
			assert.is(move(step, status), 'blocked', `${step} ${status}`);
	}
	for (const status of [404, 405, 501]) assert.is(move('announce', status), 'blocked');
});

test('what is wrong with the cycle gives it up', () => {
	for (const step of ['announce', 'data', 'publish'] as const)
		for (const status of [400, 413, 415, 422])
			assert.is(move(step, status), 'end refused', `${step} ${status}`);
});

test('conflicts', () => {
	for (const step of ['announce', 'data', 'publish'] as const) {
		assert.is(move(step, 409, { code: 'old' }), 'end old');
		assert.is(move(step, 409, { code: 'conflict' }), 'end refused');
		assert.is(move(step, 409, { code: 'published' }), 'end repeated');
		assert.is(move(step, 409, 'Version already published'), 'end repeated');
		assert.is(move(step, 409, '<html>'), 'back lookup');
	}
	assert.is(move('announce', 409, { error: 'version exists' }), 'go data');
	assert.is(move('publish', 409, { code: 'order' }), 'back data');
});

test('a server that has forgotten', () => {
	assert.is(move('data', 404), 'back announce');
	assert.is(move('publish', 404), 'back announce');
	for (const status of [400, 404, 405, 501]) assert.is(move('lookup', status), 'back announce');
	assert.is(move('lookup', 200, '<html>'), 'back announce');
});

test('after a look-up only what is missing is done', () => {
	const none = { data: false, publish: false };
	assert.is(move('lookup', 200, { status: 'ANNOUNCING' }, none), 'go data');
	assert.is(move('lookup', 200, { status: 'ANNOUNCING' }, { ...none, data: true }), 'go publish');
	assert.is(move('lookup', 200, { status: 'PUBLISHED' }, none), 'end repeated');
	assert.is(move('lookup', 200, { status: 'PUBLISHED' }, { data: true, publish: true }), 'end published');
});

test('what the server says, in a line', () => {
	assert.is(problemIn(reply(503)), '503');
	assert.is(problemIn(reply(422, { error: 'no', hint: 'do' })), '422: no; do');
	assert.is(problemIn(reply(500, 'x'.repeat(5000))).length, 305);
	assert.is(problemIn({ ...reply(302), headers: { location: 'http://x' } }), '302: redirects to http://x');
});

test.run();
