// place: how far each of several logs was read: what their common barrier says
// `{"logs":{"/var/log/a.ndjson":{"name":"a.ndjson","ino":"77",...},...}}`

import { basename } from 'node:path';
import { EXIT, Failure } from '../failure.ts';
import type { Position } from '../record.ts';
import { type LogPosition, logPosition } from '../tail/position.ts';

/** The position of each log by its path. One that is not read any more keeps its own, in case it comes back. */
export type Place = Record<string, LogPosition>;

/**
 * The positions that an ack file holds.
 * @throws Failure(78) when they are those of another source.
 */
export const placeIn = (position: Position, ackFile: string): Place => {
	const { logs } = position as { logs?: unknown };
	if (typeof logs !== 'object' || logs === null || Array.isArray(logs)) {
		const hint = 'remove it to start afresh, or name another';
		throw new Failure(EXIT.config, `${ackFile} holds no positions of several logs; ${hint}`);
	}
	const entries = Object.entries(logs as Record<string, Position>);
	return Object.fromEntries(
		entries.map(([path, one]) => [path, logPosition(one ?? {}, basename(path), ackFile)]),
	);
};
