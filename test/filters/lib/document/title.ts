import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { guessedUnit, knownUnit, titleOf, unitOf, wordOf } from '../../../../filters/lib/document/title.ts';

const test = suite('lib/document/title');

test('titles', () => {
	assert.is(titleOf('packet_processing_time'), 'Packet Processing Time');
	assert.is(titleOf('CPU Usage'), 'Cpu Usage');
	assert.is(titleOf('cpu-lat'), 'Cpu Lat');
	assert.is(titleOf('kea_server__packets '), 'Kea Server Packets');
	assert.is(titleOf('___'), '___');
	assert.is(titleOf(''), '');
});

test('units are those of the record, in words; where it has none the old histograms have theirs', () => {
	assert.is(unitOf('Lease Time', 'us'), 'us');
	assert.is(unitOf('Memory Usage', 'By'), 'bytes');
	assert.is(unitOf('X', '{packet}'), 'packets');
	assert.is(unitOf('X', '{packets}'), 'packets');
	assert.is(unitOf('X', '{address}'), 'addresses');
	assert.is(unitOf('X', '1'), 'count');
	assert.is(unitOf('Error Rates', '1'), 'errors');
	assert.is(wordOf('1'), '1');
	assert.is(wordOf('toString'), 'toString');
	assert.is(knownUnit('Database Query Performance'), 'ns');
	assert.is(knownUnit('Other'), undefined);
});

test('units as they were guessed: the first word that fits', () => {
	const GUESSED = {
		'Packet Processing Time': 'ns',
		'Database Query Performance': 'count',
		'Packet Drop Rate': 'packets',
		'CPU Usage': 'cores',
		'Memory Usage': 'bytes',
		'Network Traffic': 'packets',
		'Error Rates': 'errors',
		'Cpu Error': 'cores',
	};
	for (const [title, unit] of Object.entries(GUESSED)) assert.is(guessedUnit(title), unit, title);
});

test.run();
