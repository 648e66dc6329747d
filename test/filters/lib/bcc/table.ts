// table: headers, rows, units and the lines above a table, case by case

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { dictionaryOf } from '../../../../filters/lib/bcc/dictionary.ts';
import { createParagraph } from '../../../../filters/lib/bcc/paragraph.ts';
import { sectionOf, snakeCase } from '../../../../filters/lib/bcc/section.ts';
import { headerOf, looksLikeTableRow, rowFault, tableRowOf } from '../../../../filters/lib/bcc/table.ts';
import { toolSection } from '../../../../filters/lib/bcc/tool-lines.ts';
import { nameIn, unitOf } from '../../../../filters/lib/bcc/value-type.ts';
import { readJson } from '../../../../filters/lib/json/json.ts';

const test = suite('bcc');

test('headers name the value type', () => {
	assert.is(headerOf('     usecs               : count     distribution'), 'usecs');
	assert.is(headerOf('     usecs               : count    distribution'), 'usecs', 'libbpf-tools');
	assert.is(headerOf('               time (ns)                     : count     distribution'), 'time (ns)');
	assert.is(headerOf('                         : count     distribution'), '');
	assert.is(headerOf('usecs : count distribution'), 'usecs', 'in column 0');
	assert.is(
		headerOf('Tracing... Ctrl-C to end.     age (ms)  : count  distribution'),
		'age (ms)',
		'behind text',
	);
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
test('what a value type names beside its unit', () => {
	const types = [
		'usecs',
		'size',
		'age (ms)',
		'kworker/0:1',
		'(sd-pam)',
		'(unit)',
		'',
		'time (ns)',
		'runqlen',
	];
	assert.equal(types.map(nameIn), ['', 'size', 'age', 'kworker/0:1', '(sd-pam)', '', '', '', '']);
	assert.is(unitOf('constructor'), undefined);
	assert.is(nameIn('constructor'), 'constructor');
});
test('rows', () => {
	assert.equal(tableRowOf('         2 -> 3          : 12       |****|'), { low: 2n, high: 3n, count: 12n });
	assert.equal(tableRowOf('        7          : 2        |  |'), { low: 7n, count: 2n });
	assert.equal(tableRowOf('         0 -> 1          : -5       |*|'), { low: 0n, high: 1n, count: -5n });
	assert.equal(tableRowOf('1073741824 -> 2147483647 : 2 |**|'), {
		low: 2n ** 30n,
		high: 2n ** 31n - 1n,
		count: 2n,
	});
	assert.equal(tableRowOf('         0 -> 1          : 5        |***+|'), { low: 0n, high: 1n, count: 5n });
	assert.is(tableRowOf('         2 -> 3          : 12       |****'), undefined);
	for (const torn of [
		'        7',
		'        7          : 2        |**',
		'*****   |',
		' -> 3   : 12 |**|',
		'  12 |* +|',
	])
		assert.ok(looksLikeTableRow(torn, true), torn);
	for (const text of ['12:00:01:', 'avg = 3 usecs, total: 45 usecs, count: 15', '', '7 apples'])
		assert.not(looksLikeTableRow(text, true), text);
	assert.ok(looksLikeTableRow('         2 -> 3          : 12       |****', false));
	assert.ok(looksLikeTableRow('         2 ->'.padEnd(14), false));
	assert.not(looksLikeTableRow('a 2 -> 3', true));
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
	assert.equal(sectionOf(["pid = 12 b'bash'"]).attributes, { pid: '12 bash' });
	assert.equal(sectionOf([`disk = b"it's"`]).attributes, { disk: "it's" });
	assert.equal(sectionOf(["operation = 'read'"]).attributes, { operation: 'read' });
	assert.equal(sectionOf(["comm = b'a' and ab'c'"]).attributes, { comm: "a and ab'c'" });
	assert.equal(sectionOf(['disk = sda\tflags = Read']).attributes, { disk: 'sda', flags: 'Read' });
	assert.equal(sectionOf(['cpu = 3 hardirq = eth0']).attributes, { cpu: '3', hardirq: 'eth0' });
	assert.equal(sectionOf(['All Addresses = ****** [AVG 12]']).attributes, { all_addresses: '******' });
	assert.equal(sectionOf(["Local Address: = b'127.0.0.1'"]).attributes, { local_address: '127.0.0.1' });
	assert.equal(sectionOf(['pid = 1', 'some text', 'disk = sda']), { attributes: { disk: 'sda' }, lines: 1 });
	assert.equal(sectionOf(['avg = 3 usecs, total: 45 usecs, count: 15']), { attributes: {}, lines: 0 });
	assert.is(sectionOf(['Packet Processing Time:']).title, 'packet_processing_time');
	assert.is(snakeCase('CPU Usage'), snakeCase('Cpu Usage'));
	for (const line of ['12:00:01:', 'hello', 'a=1', '@h:', '']) assert.is(sectionOf([line]).lines, 0, line);
});
test('lines in the own form of a tool', () => {
	const stack = ['shopd          811    sda    ', 'blk_start', '[unknown]'];
	const found = {
		attributes: { comm: 'shopd', pid: '811', disk: 'sda', stack: 'blk_start;[unknown]' },
		lines: 3,
	};
	assert.equal(sectionOf(stack), found);
	assert.equal(sectionOf(['Tracing block I/O with init stacks. Hit Ctrl-C to end.', ...stack]), found);
	const lock = 'a b[811] lock 0x7f contended 7 times, 3 avg usecs [max: 6 usecs, min 1 usecs]';
	assert.equal(sectionOf([lock, '    -', '    lock_wait', '    main', '    -']).attributes, {
		comm: 'a b',
		pid: '811',
		lock: '0x7f',
		stack: 'lock_wait;main',
	});
	assert.equal(sectionOf([lock, 'some text']).attributes, {});
});
test('paragraphs', () => {
	const paragraph = createParagraph();
	assert.is(paragraph.add('disk = sda'), 0);
	assert.is(paragraph.blank(), 1, 'a label does not reach over an empty line');
	assert.is(paragraph.add('key =  7') + paragraph.add('comm = shop') + paragraph.blank(), 0);
	assert.equal(paragraph.take(), {
		section: { attributes: { key: '7', comm: 'shop' }, lines: 2 },
		used: 2,
		others: 0,
	});
	assert.is(
		paragraph.add('key =  7') + paragraph.blank() + paragraph.blank(),
		1,
		'but for one, and one only',
	);
	paragraph.add('key =  7');
	paragraph.blank();
	assert.is(paragraph.add('disk = sda'), 1, 'unless other lines come behind it');
	for (let at = 0; at < 1000; at++) paragraph.add('x'.repeat(1000));
	assert.ok(paragraph.drop() < 100);
	assert.ok(paragraph.isEmpty());
});
test('dictionaries', () => {
	const line =
		"{'ts': 'x', 'val_type': 'usecs', 'data': [{'interval-start': 0, 'interval-end': 1, 'count': 3}]}";
	assert.equal(dictionaryOf(readJson(line, "'")), {
		fault: '',
		time: 'x',
		valueType: 'usecs',
		attributes: {},
		buckets: '[0,2,3]',
	});
	assert.ok(dictionaryOf(readJson("{'data': [{'interval-start': 0}]}", "'")).fault);
	for (const [text, value] of [
		["b'sda'", 'sda'],
		[`b"it's"`, "it's"],
		[`"it's"`, "it's"],
		["'it\\'s'", "it's"],
		["b'\\xff\\\\'", '\\xff\\'],
		['7', '7'],
		['None', 'null'],
	]) {
		const { attributes } = dictionaryOf(readJson(`{'data': [], 'Bucket ptr': ${text}}`, "'"));
		assert.equal(attributes, { bucket_ptr: value }, text);
	}
	for (const text of ['bsda', "b 'x'", "'\\q'"])
		assert.throws(() => readJson(`{'a': ${text}}`, "'"), SyntaxError, text);
	assert.throws(() => readJson(`{"a": b"x"}`), SyntaxError);
});
test('lines in the own form of a tool: as much as belongs to one head, or nothing at all', () => {
	const biostacks = 'shopd          811    sda    ';
	const futexctn = 'shopd[811] lock 0x7f00 contended 7 times, 3 avg usecs [max: 6 usecs, min 1 usecs]';
	const shop = { comm: 'shopd', pid: '811' };
	for (const [lines, section] of [
		[[], undefined],
		[['some text'], undefined],
		[[biostacks], { attributes: { ...shop, disk: 'sda' }, lines: 1 }],
		[
			['text', biostacks, 'blk_start', '[unknown]'],
			{ attributes: { ...shop, disk: 'sda', stack: 'blk_start;[unknown]' }, lines: 3 },
		],
		[[biostacks, 'no symbol'], undefined],
		[[futexctn], { attributes: { ...shop, lock: '0x7f00' }, lines: 1 }],
		[[futexctn, '    -', '    do_it'], { attributes: { ...shop, lock: '0x7f00', stack: 'do_it' }, lines: 3 }],
		[[futexctn, '    do_it', 'symbol'], undefined],
		[[biostacks, futexctn], { attributes: { ...shop, lock: '0x7f00' }, lines: 1 }],
	] as const)
		assert.equal(toolSection([...lines]), section, lines.join());
});

test.run();
