import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Entry, resume, successor } from '../../../../filters/lib/tail/chain.ts';
import { identityOf } from '../../../../filters/lib/tail/identity.ts';
import type { LogPosition } from '../../../../filters/lib/tail/position.ts';

/** A file of the row: its name says its place, `text` what is in it. */
const entry = (path: string, ino: number, text: string, more: Partial<Entry> = {}): Entry => ({
	path,
	dev: '1',
	ino: String(ino),
	size: text.length,
	modified: BigInt(ino),
	born: BigInt(ino),
	head: Buffer.from(text).subarray(0, 256),
	unreadable: '',
	live: path === 'a',
	ranked: true,
	...more,
});

const at = (text: string, ino: number, offset: number, more: Partial<LogPosition> = {}): LogPosition => ({
	name: 'a',
	...identityOf('1', String(ino), Buffer.from(text)),
	offset,
	modified: String(ino),
	...more,
});

/** Where it goes on, in short: `path@offset`, `copied`, and the kinds of findings. */
const short = ({ to, offset, copied, findings }: ReturnType<typeof resume>): string =>
	[`${to?.path}@${offset}`, ...(copied ? ['copied'] : []), ...findings.map(({ kind }) => kind)].join(' ');

const packed = { unreadable: 'is compressed', head: Buffer.alloc(0) };
const row = [
	entry('a.3', 1, 'one\n'),
	entry('a.2', 2, 'two\n'),
	entry('a.1', 3, 'three\n'),
	entry('a', 4, 'four\n'),
];

const resuming = suite('tail: resume');

const cases: [title: string, position: LogPosition, entries: Entry[], wanted: string][] = [
	['the same file in its place', at('four\n', 4, 3), row, 'a@3'],
	['the same file, renamed since', at('two\n', 2, 4), row, 'a.2@4'],
	['a file that was short when it was hashed', at('th', 3, 2), row, 'a.1@2'],
	[
		'a copy after a truncation',
		at('four\n', 4, 5),
		[entry('a.1', 9, 'four\nx\n'), entry('a', 4, 'new\n')],
		'a.1@5 copied',
	],
	[
		'a truncation without a copy',
		at('four\n', 4, 5),
		[...row.slice(0, 3), entry('a', 4, 'new\n')],
		'a@0 truncated',
	],
	[
		'a shorter copy is not ours',
		at('four\n', 4, 5),
		[entry('a.1', 9, 'four'), entry('a', 4, 'n', { modified: 9n })],
		'a.1@0 copied truncated',
	],
	[
		'the same inode with other content',
		at('old\n', 4, 4, { modified: '3' }),
		[entry('a', 4, 'four\n')],
		'a@0 truncated',
	],
	[
		'a file that is gone: the oldest that is younger',
		at('gone\n', 8, 2, { modified: '2' }),
		row,
		'a.1@0 lost_window',
	],
	['a file that is gone, and nothing is younger', at('gone\n', 8, 2), row, 'a@0 lost_window'],
	[
		'a compressed one among the younger',
		at('gone\n', 8, 2, { modified: '1' }),
		[entry('a.2.gz', 2, 'zz', packed), ...row.slice(2)],
		'a.1@0 lost_window unreadable',
	],
	['nothing is there at all', at('gone\n', 8, 2), [], 'undefined@0 lost_window'],
	['a log that was empty, then filled and renamed', at('', 3, 0, { modified: '2' }), row, 'a.1@0'],
	['a log that was not there', at('', 0, 0, { dev: '0', modified: '9' }), row, 'a@0'],
	[
		'a name that no rotation makes is found again',
		at('x\n', 7, 2),
		[entry('a.old', 7, 'x\ny\n', { ranked: false }), ...row],
		'a.old@2',
	],
	[
		'a copy by hand is not the log',
		at('gone\n', 8, 2),
		[entry('a.bak', 9, 'gone\n', { ranked: false }), entry('a', 4, 'n')],
		'a@0 lost_window',
	],
	['a position in a copy stays one', at('two\n', 2, 4, { copied: true }), row, 'a.2@4 copied'],
	[
		'a copy is told by its birth',
		at('two\n', 2, 4),
		[entry('a.1', 2, 'two\n', { born: 5n }), entry('a', 4, 'n')],
		'a.1@4 copied',
	],
];

for (const [title, position, entries, wanted] of cases) {
	resuming(title, () => assert.is(short(resume(position, entries)), wanted));
}

resuming('what is lost is said with the byte it starts at', () => {
	const [finding] = resume(at('gone\n', 8, 2), row).findings;
	assert.is(finding?.detail, 'the file that was a is gone; what it held after byte 2 is lost');
});

resuming.run();

const next = suite('tail: successor');

const finished = (ino: number, copied = false, modified = BigInt(ino)) => ({
	...identityOf('1', String(ino), Buffer.alloc(0)),
	modified,
	copied,
});

next('each file is followed by the next younger one that has lines', () => {
	const entries = [row[0]!, entry('a.2', 2, ''), row[2]!, row[3]!];
	assert.is(successor(finished(1), entries).to?.path, 'a.1');
	assert.is(successor(finished(3), entries).to?.path, 'a');
	assert.is(successor(finished(4), entries).to, undefined);
	assert.is(successor(finished(3), [row[2]!, entry('a', 4, '')]).to, undefined);
});

next('a compressed file in between is a finding', () => {
	const move = successor(finished(1), [row[0]!, entry('a.2.gz', 2, 'zz', packed), row[3]!]);
	assert.is(short(move), 'a@0 unreadable');
	assert.is(move.findings[0]?.detail, 'a.2.gz is compressed; its lines are skipped (2 bytes as it is)');
});

next('of a file that has no place any more, the oldest younger one, and it is said so', () => {
	const move = successor(finished(9, false, 2n), row);
	assert.is(short(move), 'a.1@0');
	assert.not(move.listed);
	assert.is(successor(finished(9), row).to?.path, 'a');
});

next('after a copy, a copy of the live file that is not truncated yet is left to the live file', () => {
	const entries = [entry('a.2', 6, 'x\n'), entry('a.1', 7, 'live\n'), entry('a', 4, 'live\nmore\n')];
	entries[1]!.head = entries[2]!.head;
	assert.is(short(successor(finished(6, true), entries)), 'a@0');
	entries[2] = entry('a', 4, 'new\n');
	assert.is(short(successor(finished(6, true), entries)), 'a.1@0 copied');
});

next.run();
