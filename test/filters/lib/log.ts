// One line per event, repeats counted, in the three forms that readers want.

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createLog, type Format, type Level } from '../../../filters/lib/log.ts';

const test = suite('log');

const record = (level: Level = 'info', format: Format = 'text', priorities = false) => {
	const lines: string[] = [];
	const log = createLog({ name: 'x', level, format, priorities, write: (text) => lines.push(text) });
	return { log, lines };
};

test('text for people', () => {
	const { log, lines } = record('debug');
	log.error('cannot');
	log.warn('careful', { line: 3 });
	log.info('so');
	log.debug('deep');
	assert.equal(lines, ['x: cannot\n', 'x: warning: careful line=3\n', 'x: so\n', 'x: debug: deep\n']);
});

test('syslog priorities where a journal reads', () => {
	const { log, lines } = record('info', 'text', true);
	log.error('a');
	log.warn('b');
	log.info('c');
	assert.equal(lines, ['<3>x: a\n', '<4>x: warning: b\n', '<6>x: c\n']);
});

test('JSON for a collector', () => {
	const { log, lines } = record('info', 'json');
	log.warn('a "quoted"\nthing', { line: 3 });
	const { ts, ...rest } = JSON.parse(lines[0]!);
	assert.ok(Math.abs(Date.now() - ts) < 5000);
	assert.equal(rest, { level: 'warn', stage: 'x', message: 'a "quoted"\nthing', line: 3 });
});

test('levels below the chosen one are silent', () => {
	const { log, lines } = record('warn');
	log.info('a');
	log.debug('b');
	assert.equal(lines, []);
});

test('one event is one line, whatever was in the input', () => {
	const { log, lines } = record();
	log.warn('a\nb\x1b[2Jc\0');
	assert.equal(lines, ['x: warning: a\\x0ab\\x1b[2Jc\\x00\n']);
});

test('a message is not longer than a reader of logs takes, and says so', () => {
	const { log, lines } = record();
	log.warn(`cannot read ${'x'.repeat(1e6)}`);
	assert.is(lines[0]!.length, 'x: warning: '.length + 4000 + '... (1000012 characters in all)\n'.length);
	assert.match(lines[0]!, /x\.\.\. \(1000012 characters in all\)\n$/);
});

test('repeats are counted, and said at the end', () => {
	const { log, lines } = record();
	for (let i = 0; i < 5; i++) log.warn(`bad line ${i}`, {}, 'bad');
	log.settle();
	assert.equal(lines, ['x: warning: bad line 0\n', 'x: warning: bad line 4 (and 4 more like it)\n']);
});

test('many different messages take bounded memory and none is lost', () => {
	const { log, lines } = record();
	for (let i = 0; i < 1000; i++) log.warn(`message ${i}`);
	assert.is(lines.length, 1000);
});

test.run();
