// situation: the state that is neither the view's nor the server's: pause, and what depends on the screen

import type { Theme } from '../lib/chart/ramp.ts';
import type { Link } from './data/link.ts';
import type { View } from './view/view.ts';

const WALL_PX = 1800;

export const createSituation = (link: () => Link | undefined, view: () => View) => {
	let paused: number | undefined;
	const dark = matchMedia('(prefers-color-scheme: dark)');
	return {
		dark,
		theme: (): Theme => {
			const { theme } = view();
			return theme === 'system' ? (dark.matches ? 'dark' : 'light') : theme;
		},
		/** Minutes east of UTC of the reader's zone, at the server's time. */
		offset: () => -new Date(link()?.serverNow() ?? 0).getTimezoneOffset(),
		isWall: () => view().isWall ?? window.innerWidth > WALL_PX,
		/** The time that is shown: the server's; while paused, what it was then. */
		shownNow: () => paused ?? link()?.serverNow(),
		isPaused: () => paused !== undefined,
		pause: (isOn: boolean) => {
			paused = isOn ? link()?.serverNow() : undefined;
		},
		/** How many columns of this step came while paused; undefined when it is not. */
		behind: (step: number) =>
			paused === undefined ? undefined : Math.max(0, Math.floor(((link()?.newest() ?? 0) - paused) / step)),
	};
};

export type Situation = ReturnType<typeof createSituation>;
