import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { resume, successor } from '../../../../filters/lib/tail/chain.ts';
import type { Entry } from '../../../../filters/lib/tail/entry.ts';
import { identityOf, trailOf } from '../../../../filters/lib/tail/identity.ts';
import type { LogPosition } from '../../../../filters/lib/tail/position.ts';

type File = Entry & { text: string };

/** A file of the row: its name says its place, `text` what is in it. Written over an hour, as a log is. */
const entry = (path: string, ino: number, text: string, more: Partial<File> = {}): File => ({
	path,
	text,
	dev: '1',
	ino: String(ino),
	size: text.length,
	lookedAt: 0,
	modified: BigInt(ino),
	born: BigInt(ino),
	head: Buffer.from(text).subarray(0, 256),
	foot: Buffer.from(text).subarray(-4096),
	before: Buffer.alloc(0),
	unreadable: '',
	live: path === 'a',
	ranked: true,
	inOriginal: false,
	inRead: false,
	...more,
});

/** The files as they are listed for the place at byte `offset`. */
const listed = (files: File[], offset: number): Entry[] =>
	files.map((file) => ({
		...file,
		before: Buffer.from(offset > file.size ? '' : file.text.slice(Math.max(0, offset - 4096), offset)),
	}));

const at = (text: string, ino: number, offset: number, more: Partial<LogPosition> = {}): LogPosition => ({
	name: 'a',
	...identityOf({ dev: '1', ino: String(ino), born: BigInt(ino) }, Buffer.from(text)),
	...trailOf(Buffer.from(text.slice(Math.max(0, offset - 4096), offset))),
	offset,
	modified: String(ino),
	...more,
});

const HOUR = 3_600_000_000_000n;
const LONG = 'a line of a log\n'.repeat(300);

/** A position as earlier releases wrote it. */
const untrailed = (text: string, ino: number, offset: number): LogPosition => {
	const { trail, trailed, born, ...rest } = at(text, ino, offset);
	return {
		...rest,
		hash: identityOf({ dev: '', ino: '', born: 0n }, Buffer.from(text.slice(0, 3))).hash,
		hashed: 3,
	};
};

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

const cases: [title: string, position: LogPosition, entries: File[], wanted: string][] = [
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
		at('two\n', 2, 4, { modified: '5', born: '5' }),
		[entry('a.1', 2, 'two\n', { born: 5n }), entry('a', 4, 'n')],
		'a.1@4 copied',
	],
	['another device number, as after a reboot', at('two\n', 2, 4, { dev: '77' }), row, 'a.2@4'],
	[
		'an inode that another file has got since',
		at('two\n', 2, 4, { born: '1' }),
		[entry('a.1', 2, 'two\n', { modified: HOUR }), row[3]!],
		'a.1@0 lost_window',
	],
	['a file system that does not know births', at('two\n', 2, 4, { born: '0' }), row, 'a.2@4'],
	[
		'the same head, other lines before the place: rewritten in place',
		at('head\nold\n', 4, 9),
		[entry('a', 4, 'head\nnew\nmore\n', { modified: 9n })],
		'a@0 truncated',
	],
	[
		'the same head, and the lines before the place are in the copy',
		at('head\nold\n', 4, 9),
		[entry('a.1', 9, 'head\nold\nrest\n'), entry('a', 4, 'head\nnew\nmore\n')],
		'a.1@9 copied',
	],
	[
		'all alike before the place: the oldest copy made since has the rest',
		at('head\n', 4, 5),
		[
			entry('a.3', 3, 'head\nbefore\n'),
			entry('a.2', 8, 'head\nrest\n'),
			entry('a.1', 9, 'head\nmore\n'),
			entry('a', 4, 'head\nnew\n'),
		],
		'a.2@5 copied',
	],
	[
		'the same, when the file was renamed since',
		at('head\n', 4, 5),
		[entry('a.2', 8, 'head\nrest\n'), entry('a.1', 4, 'head\nnew\n'), entry('a', 9, 'head\nnext\n')],
		'a.2@5 copied',
	],
	[
		'a younger file that begins as the renamed one does is next to it',
		at('head\n', 4, 5),
		[entry('a.2', 4, 'head\nrest\n'), entry('a.1', 8, 'head\nnew\n'), entry('a', 9, 'head\nnext\n')],
		'a.2@5',
	],
	[
		'a copy that the live file begins with (`copy`) has nothing that it has not',
		at('head\n', 4, 5),
		[entry('a.1', 9, 'head\nrest\n', { inOriginal: true }), entry('a', 4, 'head\nrest\nmore\n')],
		'a@5',
	],
	[
		'a renamed file that begins alike is no copy',
		at('head\n', 2, 5, { modified: '3' }),
		[entry('a.1', 3, 'head\nnext\n', { modified: HOUR }), entry('a', 4, 'head\nnew\n', { modified: HOUR })],
		'a.1@0 lost_window',
	],
	[
		'a copy of a file that is gone (`renamecopy`), made before the new one',
		at('head\n', 2, 5, { modified: '3' }),
		[entry('a.1', 8, 'head\nrest\n'), entry('a', 9, 'head\nnew\n')],
		'a.1@5 copied',
	],
	[
		'a copy from before the clock was set back, by the 4096 bytes before the place',
		at(LONG, 4, LONG.length, { modified: '20' }),
		[entry('a.1', 9, `${LONG}rest\n`), entry('a', 4, `head\n${LONG}`)],
		`a.1@${LONG.length} copied`,
	],
	['a position without a trail, at the start of a line', untrailed('two\nmore\n', 2, 4), row, 'a.2@4'],
	[
		'a position without a trail, in the midst of a line',
		untrailed('two\n', 2, 4),
		[entry('a', 2, 'two words\n', { modified: 9n })],
		'a@0 truncated',
	],
];

for (const [title, position, entries, wanted] of cases) {
	resuming(title, () => assert.is(short(resume(position, listed(entries, position.offset))), wanted));
}

resuming('a file that was seen to be truncated is not taken for itself, however alike it is', () => {
	const entries = listed([entry('a.1', 9, 'head\nrest\n'), entry('a', 4, 'head\n')], 5);
	assert.is(short(resume(at('head\n', 4, 5), entries, true)), 'a.1@5 copied');
	assert.is(short(resume(at('head\n', 4, 5), entries.slice(1), true)), 'a@0 truncated');
});

resuming(
	'a copy of the truncated file that ends before the place has nothing more, if all of it was read',
	() => {
		const position = at('head\nall\n', 4, 9, { modified: '9' });
		const copy = entry('a.2', 9, 'head\n', { modified: 10n, inRead: true });
		const live = entry('a', 4, 'new\n', { modified: 13n });
		const { findings } = resume(position, listed([copy, live], 9), true);
		const detail = 'a was copied to a.2 and truncated; what was written after byte 9 and before that is lost';
		assert.equal(findings, [{ kind: 'lost_window', detail }]);
		const more = listed([copy, entry('a.1', 12, 'next\n'), live], 9);
		assert.is(short(resume(position, more, true)), 'a.1@0 copied lost_window');
		const unread = listed([{ ...copy, inRead: false }, live], 9);
		assert.is(short(resume(position, unread, true)), 'a.2@0 copied truncated');
	},
);

resuming('what is lost is said with the byte it starts at', () => {
	const [finding] = resume(at('gone\n', 8, 2), row).findings;
	assert.is(finding?.detail, 'the file that was a is gone; what it held after byte 2 is lost');
});

resuming.run();

const next = suite('tail: successor');

const finished = (ino: number, copied = false, modified = BigInt(ino)) => ({
	...identityOf({ dev: '1', ino: String(ino), born: BigInt(ino) }, Buffer.alloc(0)),
	offset: 0,
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

next(
	'a file with a place in the row is followed by what stands behind it, whatever the times of writing say',
	() => {
		// A clock that was set back, or a rotation within one tick of it.
		const entries = [
			row[0]!,
			entry('a.2', 2, 'two\n', { modified: 1n }),
			entry('a.1', 3, 'three\n', { modified: 0n }),
			row[3]!,
		];
		const move = successor(finished(1), entries);
		assert.is(short(move), 'a.2@0');
		assert.ok(move.listed);
		assert.is(short(successor({ ...finished(2), modified: 9n }, entries)), 'a.1@0');
	},
);

next('a copy of the live file that is not truncated yet is left to the live file', () => {
	const [read, copy, live] = [
		entry('a.2', 6, 'x\n'),
		entry('a.1', 7, 'live\n'),
		entry('a', 4, 'live\nmore\n'),
	];
	assert.is(short(successor(finished(6, true), [read, { ...copy, inOriginal: true }, live])), 'a@0');
	assert.is(short(successor(finished(6, true), [read, copy, live])), 'a.1@0 copied');
});

next('a copy of the finished file, which is gone, stands in its place', () => {
	const entries = [row[1]!, entry('a.1', 9, 'three\n', { inRead: true }), row[3]!];
	const move = successor({ ...finished(3), offset: 6 }, entries);
	assert.is(short(move), 'a@0');
	assert.ok(move.listed);
});

next('a copy of it that is still being made is not read', () => {
	const entries = [row[1]!, entry('a.1', 9, 'thr', { inRead: true }), row[3]!];
	const move = successor({ ...finished(3), offset: 6 }, entries);
	assert.is(short(move), 'a@0');
	assert.ok(move.listed);
});

next.run();
