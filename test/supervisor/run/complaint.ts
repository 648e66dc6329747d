// What a stage complains of, and its last words.

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createLog } from '../../../filters/lib/log.ts';
import { complaintText, createComplaints } from '../../../supervisor/run/complaint.ts';

const test = suite('complaint');

test('complaints: until something better is said; last words', () => {
	const complaints = createComplaints();
	const log = complaints.overhear(
		createLog({ name: 'x', level: 'info', format: 'text', priorities: false, write: () => {} }),
	);
	log.warn('refused');
	const { since } = complaints.now()!;
	log.debug('a detail');
	log.error('refused again (and 7 more like it)');
	assert.is(complaintText(complaints.now()!), 'refused; now: refused again');
	assert.is(complaints.now()!.since, since);
	log.info('connected');
	assert.is(complaints.now(), undefined);
	assert.is(complaints.lastWords(true), 'refused again');
	complaints.begin();
	log.info('sh: 1: nonsense: not found');
	assert.is(complaints.lastWords(true), '');
	assert.is(complaints.lastWords(false), 'sh: 1: nonsense: not found');
});

test.run();
