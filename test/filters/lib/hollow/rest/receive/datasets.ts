import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EXIT, Failure } from '../../../../../../filters/lib/failure.ts';
import { ValueError } from '../../../../../../filters/lib/hollow/blob/bytes/errors.ts';
import { refusalOf } from '../../../../../../filters/lib/hollow/rest/receive/datasets.ts';

const test = suite('datasets');

test('what went wrong as an answer: the client can change it, it passes, or nobody there can help', () => {
	const full = Object.assign(new Error('full'), { code: 'ENOSPC' });
	for (const [error, status, code, isPassing] of [
		[new ValueError('a.b', 'too large'), 422, 'payload', false],
		[new Failure(EXIT.data, 'x'), 422, 'payload', false],
		[new Failure(EXIT.config, 'x'), 409, 'conflict', false],
		[full, 507, 'server', false],
		[new Failure(EXIT.again, 'x'), 503, 'server', true],
		[new Failure(EXIT.unavailable, 'x'), 503, 'server', true],
		[new Failure(EXIT.denied, 'x'), 503, 'server', true],
		[new Failure(EXIT.bug, 'x'), 500, 'server', false],
		[new Error('a bug'), 500, 'server', false],
	] as const) {
		const refusal = refusalOf(error);
		assert.equal([refusal.status, refusal.code], [status, code], String(error));
		assert.equal(refusal.headers, isPassing ? { 'Retry-After': '5' } : {});
	}
});

test.run();
