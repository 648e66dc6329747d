// duration: how long, as Prometheus spells it: 5m, 1h30m, 500ms

const MS: Record<string, number> = {
	ms: 1,
	s: 1000,
	m: 60_000,
	h: 3_600_000,
	d: 86_400_000,
	w: 604_800_000,
	y: 31_536_000_000,
};
const FORM = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;
const UNITS = ['y', 'w', 'd', 'h', 'm', 's', 'ms'];

/** Milliseconds, or undefined for what is no duration. A bare `0` is one, as it is there. */
export const durationOf = (text: string): number | undefined => {
	if (text === '0') return 0;
	const match = text === '' ? null : FORM.exec(text);
	if (!match) return undefined;
	const ms = UNITS.reduce((sum, unit, at) => sum + Number(match[at + 1] ?? 0) * MS[unit]!, 0);
	return Number.isSafeInteger(ms) ? ms : undefined;
};

/** The shortest spelling of so many milliseconds. */
export const durationText = (ms: number): string => {
	if (ms === 0) return '0s';
	let text = '';
	let left = ms;
	// No years and weeks: nobody knows by heart how long 5w is.
	for (const unit of UNITS.slice(2)) {
		const count = Math.floor(left / MS[unit]!);
		if (count > 0) text += `${count}${unit}`;
		left -= count * MS[unit]!;
	}
	return text;
};
