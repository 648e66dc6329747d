// time: milliseconds since the epoch as a google.protobuf.Timestamp

import type { Writer } from 'protobufjs';
import { TIMESTAMP } from './fields.ts';

/** The message's content behind `tag`. */
export const writeTime = (writer: Writer, tag: number, ms: number): void => {
	writer.uint32(tag).fork();
	writer.uint32(TIMESTAMP.seconds).int64(Math.floor(ms / 1000));
	if (ms % 1000 !== 0) writer.uint32(TIMESTAMP.nanos).int32((ms % 1000) * 1_000_000);
	writer.ldelim();
};
