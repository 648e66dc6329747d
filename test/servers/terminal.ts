// terminal: a real terminal multiplexer with one window, typed into and looked at

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { cleanEnv } from '../program.ts';

export type Terminal = {
	/** What is on the screen, line by line; with the codes of colours when asked for. */
	screen: (hasColours?: boolean) => string;
	/** Press keys, by tmux's names. */
	press: (...keys: string[]) => void;
	/** Type a line and Enter. */
	type: (line: string) => void;
	resize: (width: number, height: number) => void;
	/** Wait until the screen is as wanted. */
	until: (wanted: RegExp) => Promise<string>;
	/** Whether the cursor is seen, and whether the alternate screen is shown. */
	state: () => { hasCursor: boolean; isAlternate: boolean };
	end: () => void;
};

const PATIENCE_MS = 15_000;
const CONFIG =
	'set -g status off\nset -g default-terminal tmux-256color\nset -g history-limit 100\nset -g escape-time 20\n';

/** A shell in a window of that size; it says `ready` and has no files of its user. */
export const openTerminal = async (
	width: number,
	height: number,
	env: Record<string, string> = {},
): Promise<Terminal> => {
	const folder = mkdtempSync(join(tmpdir(), 'terminal-'));
	const socket = join(folder, 'socket');
	const config = join(folder, 'tmux.conf');
	writeFileSync(config, CONFIG);
	const tmux = (...args: string[]): string => {
		const all = { ...cleanEnv(), LANG: 'C.UTF-8', TZ: 'UTC', TERM: 'xterm-256color', ...env };
		const { status, stdout, stderr } = spawnSync('tmux', ['-u', '-S', socket, '-f', config, ...args], {
			env: all,
			encoding: 'utf8',
		});
		if (status !== 0) throw new Error(`tmux ${args.join(' ')}: ${stderr}`);
		return stdout;
	};
	const size = ['-x', String(width), '-y', String(height)];
	tmux('new-session', '-d', '-s', 't', ...size, 'bash', '--norc', '--noprofile');
	const it: Terminal = {
		screen: (hasColours = false) => tmux('capture-pane', '-p', ...(hasColours ? ['-e'] : []), '-t', 't'),
		press: (...keys) => tmux('send-keys', '-t', 't', ...keys),
		type: (line) => tmux('send-keys', '-t', 't', line, 'Enter'),
		resize: (columns, rows) => tmux('resize-window', '-t', 't', '-x', String(columns), '-y', String(rows)),
		until: async (wanted) => {
			const deadline = performance.now() + PATIENCE_MS;
			for (;;) {
				const text = it.screen();
				if (wanted.test(text)) return text;
				if (performance.now() > deadline) assert.unreachable(`no ${wanted} in\n${text}`);
				await sleep(50);
			}
		},
		state: () => {
			const [cursor, alternate] = tmux('display', '-p', '-t', 't', '#{cursor_flag} #{alternate_on}')
				.trim()
				.split(' ');
			return { hasCursor: cursor === '1', isAlternate: alternate === '1' };
		},
		end: () => {
			tmux('kill-server');
			rmSync(folder, { recursive: true });
		},
	};
	it.type('PS1="ready> "; clear');
	await it.until(/^ready>$/m);
	return it;
};
