// delivery: from "the kernel took it" to "it need never be sent again", and which barriers that confirms
// carbon confirms nothing, so time on a healthy connection has to stand for it.

import type { Socket } from 'node:net';
import { createLedger } from '../flow/ledger.ts';
import type { Position } from '../record.ts';
import type { Ending } from './connection.ts';
import { isKnowable, unackedBytes } from './send-queue.ts';
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
	/** The server has closed its side: what it has acknowledged until then is known for sure. */
	ended: (socket: Socket) => void;
	/**
	 * The connection is gone, or there still is none. `finished`: the server has read everything. `closed`: what it has
	 * acknowledged stays so, for a server that is there at once is one that did not die; else all is to be sent again.
	 * The answer: points to repeat.
	 */
	down: (ending: Ending, waiting: number) => number;
	/** How long nothing has been acknowledged though something was sent, at the last tick; ms. */
	stalledMs: () => number;
};

export const createDelivery = ({ windowMs, tickMs, onConfirmed, onBegun }: DeliveryOptions): Delivery => {
	const window = createWindow(windowMs);
	const ledger = createLedger(onConfirmed);
	let clock = 0;
	let tickedAt: number | undefined;
	let reached = 0;
	let movedAt = 0;
	let stalledMs = 0;

	const confirm = (batches: Batch[], waiting: number) => {
		const begun = batches.flatMap(({ fresh }) => fresh);
		if (begun.length > 0) onBegun(begun);
		ledger.settle(Math.min(window.lowest(), waiting));
	};
	/** How much of what was written the peer's kernel has not acknowledged; undefined where that is not known. */
	const unackedOf = ({ localPort = 0, remotePort = 0 }: Socket) => unackedBytes(localPort, remotePort);
	const acceptedBy = (socket: Socket): number => socket.bytesWritten - socket.writableLength;
	/** Time passes only on a connection that takes what we write: a server that stopped reading may yet lose it. */
	const settle = (socket: Socket, now: number, passed: number) => {
		// Asking the kernel takes a file to be read: only when there is something to learn.
		if (!window.isUnsettled() && !socket.writableNeedDrain) {
			clock += passed;
			movedAt = now;
			return;
		}
		const unacked = unackedOf(socket) ?? (isKnowable ? undefined : 0);
		// A connection that is broken already is in no table; we hear of it in a moment.
		if (unacked === undefined) return;
		const acknowledged = acceptedBy(socket) - unacked;
		if (!socket.writableNeedDrain || acknowledged > reached) clock += passed;
		if (acknowledged > reached || acknowledged === socket.bytesWritten) movedAt = now;
		reached = acknowledged;
		window.settle(acknowledged, clock);
	};
	return {
		window,
		barrier: ledger.barrier,
		tick: (socket, now, waiting) => {
			const passed = Math.min(now - (tickedAt ?? now), 2 * tickMs);
			tickedAt = now;
			if (socket && window.bytes() > 0) settle(socket, now, passed);
			else movedAt = now;
			stalledMs = now - movedAt;
			confirm(window.expire(clock), waiting);
		},
		ended: (socket) => {
			const unacked = unackedOf(socket);
			if (unacked !== undefined) window.settle(acceptedBy(socket) - unacked, clock);
		},
		down: (ending, waiting) => {
			reached = 0;
			if (ending === 'finished') confirm(window.confirmSent(), waiting);
			return ending === 'closed' ? window.carry() : window.rewind();
		},
		stalledMs: () => stalledMs,
	};
};
