// live: the board on a terminal: what has come, drawn once a second and at each key, until its reader quits

import { openSync } from 'node:fs';
import { ReadStream, type WriteStream } from 'node:tty';
import { shownName } from '../chart/name.ts';
import type { Theme } from '../chart/ramp.ts';
import type { ColumnsAnswer } from '../history/answers.ts';
import type { History } from '../history/history.ts';
import type { Book } from '../log.ts';
import type { Depth } from './colour.ts';
import { frameOf, type Scene } from './frame.ts';
import { type Item, itemsOf, namesIn } from './items.ts';
import { keysIn } from './keys.ts';
import { roomFor, type Size } from './layout.ts';
import { createScreen } from './screen.ts';
import { pressed, RANGES, START, type State } from './state.ts';
import { lineText } from './text.ts';

export type LiveOptions = {
	history: History;
	terminal: WriteStream;
	theme: Theme;
	log: Book;
	/** The reader wants to quit; `isAll` when the programs before this one are to end, too. */
	onQuit: (isAll: boolean) => void;
};

export type Live = {
	/** The input has ended; what has come stays on the screen. */
	over: () => void;
	/** Give the terminal back, and say on stderr what was said meanwhile. */
	close: () => void;
};

const EVERY_MS = 1000;
const MESSAGE_MS = 15_000;
const MOST_SAID = 50;
/** Programs before us in the pipe write to the same terminal: what they wrote is gone after so many frames. */
const WHOLE_EVERY = 10;

/** The keys of the terminal that started us, while records come on stdin; undefined when there is none. */
const openKeys = (onText: (text: string) => void, onGone: () => void) => {
	let stream: ReadStream;
	try {
		stream = new ReadStream(openSync('/dev/tty', 'r'));
	} catch {
		return undefined;
	}
	stream.setEncoding('utf8').on('data', onText).on('error', onGone).on('end', onGone);
	// A program before us that ends puts the terminal back to lines with echo, and libuv does not know.
	const raw = (isRaw: boolean) => {
		stream.setRawMode(false);
		if (isRaw) stream.setRawMode(true);
	};
	return { raw, close: () => stream.destroy() };
};

/** The chart of an item over the chosen time, up to its newest record; to now where that should have come long since. */
const chartOf = (history: History, item: Item, state: State, columns: number, now: number): ColumnsAnswer => {
	const range = RANGES[state.range]!;
	const newest = history.newest() ?? now;
	const to = item.isStale && now - newest < range ? now : newest;
	const { part } = item;
	const where = part === undefined ? {} : part.by === 'host' ? { host: part.value } : {};
	const attributes: Record<string, string> = part && part.by !== 'host' ? { [part.by]: part.value } : {};
	return history.columns({ ...item.name, ...where, attributes, from: to - range, to, columns, limit: 1 });
};

const sceneOf = (history: History, state: State, size: Size, said: string, isOver: boolean): Scene => {
	const metrics = history.metrics();
	const { now } = metrics;
	const newest = metrics.newest ?? now;
	const items = itemsOf(history, metrics.metrics, newest, state);
	const item = items.find(({ key }) => key === state.selected) ?? items[0];
	const { columns } = roomFor(size, items.length, state, metrics.synthetic !== 'none');
	const { notices } = history.notices(0, Number.MAX_SAFE_INTEGER);
	return {
		metrics,
		items,
		chart: item && chartOf(history, item, state, columns, now),
		notices: notices.slice(0, 1),
		message: said,
		isOver,
		now,
		offset: -new Date(now).getTimezoneOffset(),
	};
};

export const createLive = ({ history, terminal, theme, log, onQuit }: LiveOptions): Live => {
	let state = START;
	let scene: Scene | undefined;
	let isOver = false;
	let frames = 0;
	let lastSaid = { text: '', until: 0 };
	const said: string[] = [];
	const screen = createScreen((text) => terminal.write(text));

	const sizeNow = (): Size => {
		const { columns: width = 80, rows: height = 24 } = terminal;
		return { width, height, depth: terminal.getColorDepth() as Depth, theme };
	};
	const draw = () => {
		const size = sizeNow();
		const message = performance.now() < lastSaid.until ? lastSaid.text : '';
		if (!state.isFrozen || !scene) scene = sceneOf(history, state, size, message, isOver);
		const lines = frameOf({ ...scene, message, isOver }, state, size);
		screen.draw(lines.map((line) => lineText(line, size.width, size.depth)));
	};
	const tick = () => {
		keys?.raw(true);
		if (++frames % WHOLE_EVERY === 0) screen.spoil();
		draw();
	};
	const say = (text: string) => {
		if (said.length < MOST_SAID) said.push(text);
		lastSaid = { text: shownName(text.trimEnd(), 500), until: performance.now() + MESSAGE_MS };
	};
	const enter = () => {
		screen.enter();
		keys?.raw(true);
		draw();
	};
	const leave = () => {
		keys?.raw(false);
		screen.leave();
	};
	const suspend = () => {
		leave();
		process.once('SIGCONT', enter);
		process.kill(0, 'SIGTSTP');
	};
	const onKey = (key: string) => {
		if (key === 'suspend') return suspend();
		if (key === 'redraw') return screen.spoil();
		const items = scene?.items ?? [];
		const choices = {
			items: items.map((item) => item.key),
			names: namesIn(scene?.metrics.metrics ?? []),
			page: Math.max(1, Math.floor(sizeNow().height / 3)),
		};
		const next = pressed(state, key, choices);
		if (next === 'quit') return onQuit(key === 'interrupt');
		state = next;
	};
	const keys = openKeys(
		(text) => {
			for (const key of keysIn(text)) onKey(key);
			draw();
		},
		() => onQuit(false),
	);
	const resized = () => {
		screen.spoil();
		draw();
	};
	log.divert(say);
	terminal.on('resize', resized);
	process.on('exit', leave);
	const timer = setInterval(tick, EVERY_MS);
	enter();
	return {
		over: () => {
			isOver = true;
			tick();
		},
		close: () => {
			clearInterval(timer);
			terminal.off('resize', resized);
			leave();
			keys?.close();
			log.divert();
			for (const line of said) process.stderr.write(line);
		},
	};
};
