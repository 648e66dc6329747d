import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { HELP, pressed, RANGES, START, type State } from '../../../../filters/lib/terminal/state.ts';

const test = suite('terminal: state');

const CHOICES = { items: ['a', 'b', 'c', 'd'], names: ['comm', 'host'], page: 2 };
/** The state after some keys; fails when one of them quits. */
const after = (keys: string[], from: State = START, choices = CHOICES): State =>
	keys.reduce((state, key) => {
		const next = pressed(state, key, choices);
		if (next === 'quit') throw new Error(`${key} quits`);
		return next;
	}, from);

test('choosing a line stops at both ends', () => {
	assert.is(after(['j']).selected, 'b');
	assert.is(after(['down', 'j', 'j', 'j', 'j']).selected, 'd');
	assert.is(after(['G', 'k']).selected, 'c');
	assert.is(after(['G', 'up', 'up', 'k', 'k']).selected, 'a');
	assert.is(after(['page-down']).selected, 'c');
	assert.is(after(['end', 'page-up']).selected, 'b');
	assert.is(after(['j', 'g']).selected, 'a');
	assert.is(after(['j'], { ...START, selected: 'gone' }).selected, 'b');
	assert.is(after(['j'], START, { ...CHOICES, items: [] }).selected, undefined);
});

test('what is typed after / is the filter; Enter keeps it, Escape ends it', () => {
	const typing = after(['/', 'q', 'j', ' ', 'é', 'backspace']);
	assert.equal([typing.filter, typing.isTyping], ['qj ', true]);
	assert.equal(pick(after(['enter'], typing)), { filter: 'qj ', isTyping: false });
	assert.equal(pick(after(['escape'], typing)), { filter: '', isTyping: false });
	assert.is(after(['up'], typing).filter, 'qj ', 'a key without a sign is not typed');
	assert.is(after(['enter', 'escape'], typing).filter, '');
});
const pick = ({ filter, isTyping }: State) => ({ filter, isTyping });

test('orders and attributes go round', () => {
	assert.equal(
		[1, 2, 3].map((count) => after(new Array(count).fill('s')).sort),
		['slowest', 'name', 'busiest'],
	);
	assert.equal(
		[1, 2, 3].map((count) => after(new Array(count).fill('a')).by),
		['comm', 'host', undefined],
	);
	assert.is(after(['j', 'a']).selected, undefined, 'the lines are others then');
	assert.is(after(['a'], { ...START, by: 'gone' }).by, undefined);
});

test('ranges by number and by sign', () => {
	for (const [at, ms] of RANGES.entries()) assert.is(RANGES[after([String(at + 1)]).range], ms);
	assert.is(after(['+', '+', '+']).range, 0);
	assert.is(after(['-', '-', '-', '-', '-']).range, RANGES.length - 1);
});

test('switches', () => {
	assert.ok(after(['c']).isShare && !after(['c', 'c']).isShare);
	assert.ok(after([' ']).isFrozen && !after([' ', ' ']).isFrozen);
	assert.ok(after(['enter']).isWide && !after(['enter', 'enter']).isWide);
	assert.equal(after(['enter', ' ', 'escape']), START);
	assert.ok(after(['?']).isHelp && !after(['?', 'x']).isHelp);
	assert.is(after(['?', 'j']).selected, undefined, 'that key only goes back');
	assert.is(after(['z']), START);
});

test('quitting', () => {
	for (const key of ['q', 'interrupt', 'end-of-input']) assert.is(pressed(START, key, CHOICES), 'quit');
	assert.is(pressed(after(['?']), 'q', CHOICES), 'quit');
	assert.is(pressed(after(['/']), 'interrupt', CHOICES), 'quit');
	assert.is.not(pressed(after(['/']), 'q', CHOICES), 'quit');
});

test('every key that the help names does something', () => {
	const signs = HELP.flatMap(([keys]) => keys.split(/[\s,]+/)).filter((key) => key.length === 1);
	const changes = (key: string, range: number) => {
		const before = { ...START, selected: 'b', range };
		return JSON.stringify(pressed(before, key, CHOICES)) !== JSON.stringify(before);
	};
	assert.ok(signs.length > 12);
	for (const key of signs) assert.ok(changes(key, 1) || changes(key, 2), key);
});

test('property: any keys leave a state that can be shown', () => {
	const key = fc.constantFrom(
		'j',
		'k',
		'g',
		'G',
		'/',
		'x',
		'enter',
		'escape',
		's',
		'a',
		'1',
		'4',
		'+',
		'-',
		' ',
		'c',
		'?',
		'backspace',
	);
	fc.assert(
		fc.property(fc.array(key), (keys) => {
			const { range, selected } = after(keys);
			assert.ok(RANGES[range] !== undefined);
			assert.ok(selected === undefined || CHOICES.items.includes(selected));
		}),
	);
});

test.run();
