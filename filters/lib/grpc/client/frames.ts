// frames: messages as gRPC puts them into a body: a flag, four bytes of length, the message

import { CODE, GrpcError } from './grpc-error.ts';

const HEAD = 5;

/** All messages in one body. */
export const framed = (messages: readonly Uint8Array[]): Buffer => {
	const size = messages.reduce((sum, { length }) => sum + HEAD + length, 0);
	const body = Buffer.allocUnsafe(size);
	let at = 0;
	for (const message of messages) {
		body[at] = 0;
		body.writeUInt32BE(message.length, at + 1);
		body.set(message, at + HEAD);
		at += HEAD + message.length;
	}
	return body;
};

/** Takes a body in pieces of any size, and gives its messages. */
export type Unframer = {
	/** @throws GrpcError when the body is no gRPC, is compressed, or holds more than `most` bytes. */
	take: (piece: Buffer) => void;
	/** All messages. @throws GrpcError when the last one is not whole. */
	messages: () => Buffer[];
};

export const createUnframer = (most: number): Unframer => {
	const whole: Buffer[] = [];
	let rest: Buffer[] = [];
	let have = 0;
	let total = 0;

	/** Whether a message can be told to be whole; looked at before pieces are joined. */
	let wanted = HEAD;
	const split = () => {
		const bytes = rest.length === 1 ? rest[0]! : Buffer.concat(rest);
		let at = 0;
		wanted = HEAD;
		while (bytes.length - at >= HEAD) {
			if (bytes[at] !== 0) throw new GrpcError(CODE.unknown, 'the answer is compressed or no gRPC');
			const size = bytes.readUInt32BE(at + 1);
			if (size > most) throw new GrpcError(CODE.exhausted, `an answer of ${size} bytes is more than ${most}`);
			wanted = HEAD + size;
			if (bytes.length - at < wanted) break;
			whole.push(bytes.subarray(at + HEAD, at + wanted));
			at += wanted;
			wanted = HEAD;
		}
		rest = [bytes.subarray(at)];
		have = bytes.length - at;
	};
	return {
		take: (piece) => {
			total += piece.length;
			if (total > most) throw new GrpcError(CODE.exhausted, `the answer is longer than ${most} bytes`);
			rest.push(piece);
			have += piece.length;
			if (have >= wanted) split();
		},
		messages: () => {
			if (have > 0) throw new GrpcError(CODE.unavailable, 'the answer ended in the midst of a message');
			return whole;
		},
	};
};
