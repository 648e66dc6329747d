// hold: a finger that rests on a chart and then moves selects; one that moves at once scrolls, and two of them zoom

type Holding = {
	/** The finger has rested for long enough; `x` is in the page's CSS pixels, from its left edge. */
	begin: (x: number) => void;
	move: (x: number) => void;
	end: () => void;
	/** It was something else: another finger came, or the browser took over. */
	cancel: () => void;
};

// Long enough for a swipe to have begun, shorter than a browser's own long press.
const REST_MS = 350;
const STILL_PX = 10;

export const takeHold = (node: HTMLElement, holding: Holding): void => {
	let timer: ReturnType<typeof setTimeout> | undefined;
	let start: { x: number; y: number } | undefined;
	let isHeld = false;

	const giveUp = () => {
		clearTimeout(timer);
		start = undefined;
		if (isHeld) holding.cancel();
		isHeld = false;
	};
	node.addEventListener(
		'touchstart',
		({ touches }) => {
			giveUp();
			const [touch] = touches;
			if (touches.length !== 1 || !touch) return;
			const { clientX: x, clientY: y } = touch;
			start = { x, y };
			timer = setTimeout(() => {
				isHeld = true;
				holding.begin(x);
			}, REST_MS);
		},
		{ passive: true },
	);
	// Not passive: what selects must not scroll. While nothing is held it decides nothing, so zoom and scroll stay the browser's.
	node.addEventListener(
		'touchmove',
		(event) => {
			const [touch] = event.touches;
			if (!start || !touch) return;
			if (isHeld) {
				event.preventDefault();
				holding.move(touch.clientX);
			} else if (Math.hypot(touch.clientX - start.x, touch.clientY - start.y) > STILL_PX) giveUp();
		},
		{ passive: false },
	);
	node.addEventListener('touchend', (event) => {
		clearTimeout(timer);
		start = undefined;
		if (!isHeld) return;
		isHeld = false;
		// No click follows, which would end the selection.
		event.preventDefault();
		holding.end();
	});
	node.addEventListener('touchcancel', giveUp);
	// The other finger may be anywhere on the page.
	const second = ({ touches }: TouchEvent) => {
		if (touches.length > 1) giveUp();
	};
	window.addEventListener('touchstart', second, { passive: true, capture: true });
	node.addEventListener('contextmenu', (event) => {
		if (start) event.preventDefault();
	});
};
