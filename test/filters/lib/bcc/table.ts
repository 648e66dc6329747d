// table: headers, rows, units and the lines above a table, case by case

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { dictionaryOf } from '../../../../filters/lib/bcc/dictionary.ts';
import { mayBeSection, sectionOf, snakeCase } from '../../../../filters/lib/bcc/section.ts';
import { headerOf, looksLikeRow, rowFault, rowOf, unitOf } from '../../../../filters/lib/bcc/table.ts';
import { readJson } from '../../../../filters/lib/bpftrace/json.ts';

const test = suite('bcc');

test('headers name the value type', () => {
	assert.is(headerOf('     usecs               : count     distribution'), 'usecs');
	assert.is(headerOf('     usecs               : count    distribution'), 'usecs', 'libbpf-tools');
	assert.is(headerOf('               time (ns)                     : count     distribution'), 'time (ns)');
	assert.is(headerOf('                         : count     distribution'), '');
	assert.is(headerOf('a count distribution'), undefined);
	assert.is(headerOf('  a : count of things distribution'), undefined);
});
test('units', () => {
	const units = [
		'nsecs',
		'usecs',
		'msecs',
		'time (ns)',
		'age (ms)',
		'query latency (10 us)',
		'µs',
		'Kbytes',
		'cpu',
	];
	assert.equal(units.map(unitOf), ['ns', 'us', 'ms', 'ns', 'ms', 'us', 'us', 'KiBy', undefined]);
});
test('rows', () => {
	assert.equal(rowOf('         2 -> 3          : 12       |****|'), { low: 2n, high: 3n, count: 12n });
	assert.equal(rowOf('        7          : 2        |  |'), { low: 7n, count: 2n });
	assert.equal(rowOf('         0 -> 1          : -5       |*|'), { low: 0n, high: 1n, count: -5n });
	assert.is(rowOf('         2 -> 3          : 12       |****'), undefined);
	assert.ok(looksLikeRow('         2 -> 3          : 12       |****'));
	assert.ok(looksLikeRow('         2 ->'.padEnd(14)));
	assert.not(looksLikeRow('a 2 -> 3'));
});
test('what cannot come after what', () => {
	const row = (low: bigint, high?: bigint) => ({ low, count: 1n, ...(high !== undefined && { high }) });
	assert.is(rowFault([row(0n, 1n)], row(2n, 3n)), '');
	assert.is(rowFault([row(0n, 1n)], row(1n, 2n)), '', 'Inspektor Gadget');
	assert.ok(rowFault([row(0n, 1n), row(1n, 2n)], row(4n, 8n)), 'a gap in a half-open table');
	assert.ok(rowFault([row(0n, 1n), row(2n, 3n)], row(3n, 4n)), 'an overlap');
	assert.ok(rowFault([row(4n, 7n)], row(2n, 3n)));
	assert.ok(rowFault([row(4n, 7n)], row(9n)));
	assert.ok(rowFault([], row(4n, 3n)));
	assert.ok(rowFault([row(5n)], row(5n)));
});
test('lines above a table', () => {
	assert.equal(sectionOf(["disk = b'sda'"]).attributes, { disk: 'sda' });
	assert.equal(sectionOf(['disk = sda\tflags = Read']).attributes, { disk: 'sda', flags: 'Read' });
	assert.equal(sectionOf(['cpu = 3 hardirq = eth0']).attributes, { cpu: '3', hardirq: 'eth0' });
	assert.equal(sectionOf(['All Addresses = ****** [AVG 12]']).attributes, { all_addresses: '******' });
	assert.equal(sectionOf(["Local Address: = b'127.0.0.1'"]).attributes, { local_address: '127.0.0.1' });
	assert.is(sectionOf(['Packet Processing Time:']).title, 'packet_processing_time');
	assert.is(snakeCase('CPU Usage'), snakeCase('Cpu Usage'));
	for (const line of ['12:00:01:', 'hello', 'a=1', '@h:', '']) assert.not(mayBeSection(line), line);
});
test('dictionaries', () => {
	const line =
		"{'ts': 'x', 'val_type': 'usecs', 'data': [{'interval-start': 0, 'interval-end': 1, 'count': 3}]}";
	assert.equal(dictionaryOf(readJson(line, "'")), {
		fault: '',
		valueType: 'usecs',
		attributes: {},
		buckets: '[0,2,3]',
	});
	assert.ok(dictionaryOf(readJson("{'data': [{'interval-start': 0}]}", "'")).fault);
});
test.run();
