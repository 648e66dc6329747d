// condition: what becomes of one alert from one look at it to the next; pure, with the time as an argument

/** An alert that is on. Times in milliseconds. */
export type Active = {
	state: 'pending' | 'firing';
	/** Since when its condition has held. */
	activeAt: number;
	/** Since when it has fired. */
	firedAt: number | undefined;
	/** Since when its condition has not held any more, while it is kept firing. */
	keptSince: number | undefined;
};

/**
 * What a look says: its condition holds; it does not, but by the rule's own measure it is not over yet (hysteresis); it
 * does not hold; or nobody knows, since what was known before a restart is not complete again.
 */
export type Look = 'holds' | 'between' | 'over' | 'unknown';

/** What became of it. `ended`: it had fired; `dropped`: it had been pending. */
export type Change = 'none' | 'pending' | 'firing' | 'ended' | 'dropped';

export type Patience = { forMs: number; keepMs: number };

/** It begins. */
export const begun = (now: number, { forMs }: Patience): Active =>
	forMs === 0
		? { state: 'firing', activeAt: now, firedAt: now, keptSince: undefined }
		: { state: 'pending', activeAt: now, firedAt: undefined, keptSince: undefined };

/** The alert after a look; undefined when it is no more. */
export const stepped = (
	before: Active,
	look: Look,
	now: number,
	{ forMs, keepMs }: Patience,
): [Active | undefined, Change] => {
	if (look === 'unknown') return [before, 'none'];
	if (before.state === 'pending') {
		if (look !== 'holds') return [undefined, 'dropped'];
		if (now - before.activeAt < forMs) return [before, 'none'];
		return [{ ...before, state: 'firing', firedAt: now }, 'firing'];
	}
	if (look !== 'over') return [{ ...before, keptSince: undefined }, 'none'];
	const keptSince = before.keptSince ?? now;
	if (now - keptSince < keepMs) return [{ ...before, keptSince }, 'none'];
	return [undefined, 'ended'];
};
