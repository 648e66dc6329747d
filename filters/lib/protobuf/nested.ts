// nested: a message inside another one

import type { Writer } from 'protobufjs/minimal.js';

/** The message that `body` writes, as the field `tag` of the one that is being written. */
export const nested = (writer: Writer, tag: number, body: () => void): void => {
	writer.uint32(tag).fork();
	body();
	writer.ldelim();
};
