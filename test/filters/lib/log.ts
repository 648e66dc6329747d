// One line per event, repeats counted, in the three forms that readers want.

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createLog, type Format, type Level } from '../../../filters/lib/log.ts';
import { createRepeats } from '../../../filters/lib/repeats.ts';

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

test('that a trouble is over, or back, is no repeat; what was counted before it comes before it', async () => {
	const { log, lines } = record();
	const calm = () => new Promise((resolve) => setTimeout(resolve, 1050));
	log.info('connected');
	log.warn('refused');
	await calm();
	log.warn('refused');
	log.warn('refused');
	log.info('connected');
	await calm();
	log.warn('refused');
	log.warn('refused');
	log.settle();
	assert.equal(lines, [
		'x: connected\n',
		'x: warning: refused\n',
		'x: warning: refused (and 2 more like it)\n',
		'x: connected\n',
		'x: warning: refused\n',
		'x: warning: refused (and 1 more like it)\n',
	]);
});

test('what comes and goes many times a second is said a few times a second, and ends as it is', async () => {
	const { log, lines } = record();
	for (let i = 0; i < 60; i++) {
		log.warn('closed');
		log.info('connected');
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
	log.warn('closed');
	await new Promise((resolve) => setTimeout(resolve, 1200));
	assert.ok(lines.length <= 14, `${lines.length} lines`);
	assert.match(lines.at(-1)!, /closed/);
	const told = lines.map((line) => Number(/and (\d+) more/.exec(line)?.[1] ?? 1));
	assert.is(
		told.reduce((sum, count) => sum + count, 0),
		121,
		'each is said or counted',
	);
});

test('two things in one log are well or not each for itself, and each line says which', async () => {
	const { log, lines } = record();
	const [a, b] = [log.about('a'), log.about('b')];
	for (let i = 0; i < 3; i++) {
		a.warn('bad');
		b.info('fine');
	}
	log.settle();
	assert.equal(lines, [
		'x: warning: a: bad\n',
		'x: b: fine\n',
		'x: warning: a: bad (and 2 more like it)\n',
		'x: b: fine (and 2 more like it)\n',
	]);
});

test('a count does not wait for the next one of its kind', async () => {
	const lines: string[] = [];
	const repeats = createRepeats(({ message }) => lines.push(message), 100);
	const say = (message: string) => repeats.say('', 'm', { level: 'warn', message, fields: {} });
	say('one');
	say('two');
	say('three');
	await new Promise((resolve) => setTimeout(resolve, 300));
	assert.equal(lines, ['one', 'three (and 2 more like it)']);
});

test('a file that nobody else dates has the time in each line', () => {
	const lines: string[] = [];
	const write = (text: string) => lines.push(text);
	createLog({ name: 'x', level: 'info', format: 'text', priorities: false, times: true, write }).warn('a');
	assert.match(lines[0]!, /^\d{4}-\d\d-\d\dT[\d:.]+Z x: warning: a\n$/);
});

test('many different messages take bounded memory and none is lost', () => {
	const { log, lines } = record();
	for (let i = 0; i < 1000; i++) log.warn(`message ${i}`);
	assert.is(lines.length, 1000);
});

test.run();
