// The pipes of a line: who is given which, and what a stage that is gone for good leaves to its neighbours.

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { HeldPipe } from '../../../supervisor/process/pipes.ts';
import { createLine } from '../../../supervisor/run/line.ts';

const test = suite('line');

const make = (stages: number) => {
	const done: string[] = [];
	const counts: number[] = [];
	const makePipes = (count: number): HeldPipe[] => {
		counts.push(count);
		return Array.from({ length: count }, (_, inode) => ({
			inode,
			readEnd: () => 1,
			writeEnd: () => 1,
			closeWrite: () => done.push(`end ${inode}`),
			close: () => done.push(`close ${inode}`),
		}));
	};
	return { line: createLine(stages, makePipes), done, counts };
};

test('a pipe between each two stages; nothing before the source and behind the sink', () => {
	const { line, counts } = make(3);
	assert.equal(line.around(1), { input: undefined, output: undefined });
	line.open();
	assert.equal(counts, [2]);
	const inodes = [0, 1, 2].map((index) => {
		const { input, output } = line.around(index);
		return [input?.inode, output?.inode];
	});
	assert.equal(inodes, [
		[undefined, 0],
		[0, 1],
		[1, undefined],
	]);
});

test('one that is gone: its pipe is closed for the one before, and ended for the one behind, unless that is cut', () => {
	const { line, done } = make(3);
	line.open();
	line.closeAround(1);
	assert.equal(done.splice(0), ['close 0', 'end 1']);
	line.closeAround(1, 'cut');
	assert.equal(done.splice(0), ['close 0']);
	line.closeAround(0);
	assert.equal(done.splice(0), ['end 0']);
	line.closeAround(2);
	assert.equal(done.splice(0), ['close 1']);
	line.close();
	assert.equal(done, ['close 0', 'close 1']);
	assert.equal(line.around(1), { input: undefined, output: undefined });
});

test('what each has lost, until there are new pipes', () => {
	const { line } = make(3);
	const all = () =>
		[0, 1, 2].map((index) => {
			const { inputEnded, outputGone } = line.ends(index);
			return `${inputEnded ? 'ended' : '-'} ${outputGone ? 'gone' : '-'}`;
		});
	line.open();
	assert.equal(all(), ['ended -', '- -', '- -'], 'a source has nothing to read');
	line.closeAround(1);
	assert.equal(all(), ['ended gone', '- -', 'ended -']);
	line.closeAround(2);
	assert.equal(all(), ['ended gone', '- gone', 'ended -']);
	line.open();
	assert.equal(all(), ['ended -', '- -', '- -']);
});

test.run();
