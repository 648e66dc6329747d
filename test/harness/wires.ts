// wires: TCP connections of this process that are made up: the test says what becomes of each, and no byte travels

import dns from 'node:dns';
import { EventEmitter } from 'node:events';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';

/** Our end of a connection. */
export class Wire extends EventEmitter {
	writable = true;
	/** What our side did last. */
	fate: 'open' | 'ended' | 'destroyed' | 'reset' = 'open';
	isRead = false;
	readonly options: Record<string, unknown>;
	readonly port: unknown;
	readonly host: unknown;
	constructor(options: Record<string, unknown>) {
		super();
		this.options = options;
		this.port = options.port;
		this.host = options.host;
	}
	resume(): void {
		this.isRead = true;
	}
	end(): void {
		this.writable = false;
		this.fate = 'ended';
	}
	destroy(): void {
		this.writable = false;
		this.fate = 'destroyed';
	}
	resetAndDestroy(): void {
		this.fate = 'reset';
		this.emit('close');
	}
	/** It is made; nothing is heard of one that was destroyed before. */
	connect(): void {
		if (this.fate !== 'destroyed') this.emit('connect');
	}
	refuse(): void {
		if (this.fate !== 'destroyed') this.emit('error', new Error(`${this.host} refuses`));
	}
	/** The server closes its side, and so does the socket. */
	closeInOrder(): void {
		this.emit('end');
		this.emit('close');
	}
	breakOff(message: string): void {
		this.emit('error', new Error(message));
		this.emit('close');
	}
}

type Found = (error: Error | null, addresses?: { address: string; family: number }[]) => void;

export type Wires = {
	/** Every connection that was begun. */
	all: Wire[];
	last: () => Wire;
	/** What was asked of the resolver, each with its answer, for tests that hold it back. */
	lookups: { host: string; options: unknown; found: Found }[];
	/** Give the real ones back. */
	leave: () => void;
};

/** Take the place of net.connect and dns.lookup until `leave`; every host has these addresses, or none until the test says so. */
export const takeWires = (addresses: string[] | undefined): Wires => {
	const [{ lookup }, { connect }] = [dns, net];
	const all: Wire[] = [];
	const lookups: Wires['lookups'] = [];
	const become = (changes: { lookup: unknown; connect: unknown }) => {
		Object.assign(dns, { lookup: changes.lookup });
		Object.assign(net, { connect: changes.connect });
		syncBuiltinESMExports();
	};
	become({
		lookup: (host: string, options: unknown, found: Found) => {
			lookups.push({ host, options, found });
			const list = addresses?.map((address) => ({ address, family: 4 }));
			if (list) found(null, list);
		},
		connect: (options: Record<string, unknown>) => {
			const wire = new Wire(options);
			all.push(wire);
			return wire;
		},
	});
	return { all, last: () => all.at(-1)!, lookups, leave: () => become({ lookup, connect }) };
};
