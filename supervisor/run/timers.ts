// timers: what one owner will do after a while, all of it forgotten at once when something else comes first

export type Timers = {
	after: (ms: number, work: () => void) => void;
	clear: () => void;
};

export const createTimers = (): Timers => {
	let timers: NodeJS.Timeout[] = [];
	return {
		after: (ms, work) => {
			timers.push(setTimeout(work, ms));
		},
		clear: () => {
			for (const timer of timers) clearTimeout(timer);
			timers = [];
		},
	};
};
