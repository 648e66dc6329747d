// delivery: from "the kernel took it" to "it need never be sent again", and which barriers that confirms
// carbon confirms nothing, so time on a healthy connection has to stand for it.

import type { Socket } from 'node:net';
import type { Position } from '../record.ts';
import { unackedBytes } from './unacked.ts';
import { type Batch, createWindow, type Window } from './window.ts';

export type DeliveryOptions = {
	/** How long what was sent is kept after the peer's kernel has it. */
	windowMs: number;
	/** Ticks further apart than this say that the process did not run, and do not count in full. */
	tickMs: number;
	/** Everything before this position has been delivered. */
	onConfirmed: (position: Position) => void;
	/** These series are on the server now. */
	onBegun: (paths: string[]) => void;
};

export type Delivery = {
	window: Window;
	/** A barrier before the point with number `seq`. */
	barrier: (position: Position, seq: number) => void;
	/** Look at the connection at time `now` (monotonic, ms); `waiting` is the lowest number of a point not sent yet. */
	tick: (socket: Socket | undefined, now: number, waiting: number) => void;
	/** The connection is gone; after an `orderly` close the server has read everything. The answer: points to repeat. */
	down: (orderly: boolean, waiting: number) => number;
};

export const createDelivery = ({ windowMs, tickMs, onConfirmed, onBegun }: DeliveryOptions): Delivery => {
	const window = createWindow(windowMs);
	let barriers: { position: Position; seq: number }[] = [];
	let clock = 0;
	let tickedAt: number | undefined;
	let reached = 0;

	const confirm = (batches: Batch[], waiting: number) => {
		const begun = batches.flatMap(({ fresh }) => fresh);
		if (begun.length > 0) onBegun(begun);
		const lowest = Math.min(window.lowest(), waiting);
		const done = barriers.filter(({ seq }) => seq <= lowest);
		barriers = barriers.slice(done.length);
		const last = done.at(-1);
		if (last) onConfirmed(last.position);
	};
	/** Time passes only on a connection that takes what we write: a server that stopped reading may yet lose it. */
	const settle = (socket: Socket, passed: number) => {
		// Asking the kernel takes a file to be read: only when there is something to learn.
		if (!window.isUnsettled() && !socket.writableNeedDrain) {
			clock += passed;
			return;
		}
		const accepted = socket.bytesWritten - socket.writableLength;
		const acknowledged = accepted - unackedBytes(socket.localPort ?? 0, socket.remotePort ?? 0);
		if (!socket.writableNeedDrain || acknowledged > reached) clock += passed;
		reached = acknowledged;
		window.settle(acknowledged, clock);
	};
	return {
		window,
		barrier: (position, seq) => {
			barriers.push({ position, seq });
		},
		tick: (socket, now, waiting) => {
			const passed = Math.min(now - (tickedAt ?? now), 2 * tickMs);
			tickedAt = now;
			if (socket && window.bytes() > 0) settle(socket, passed);
			confirm(window.expire(clock), waiting);
		},
		down: (orderly, waiting) => {
			reached = 0;
			if (orderly) confirm(window.confirmSent(), waiting);
			return window.rewind();
		},
	};
};
