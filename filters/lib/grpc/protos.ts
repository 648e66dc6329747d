// protos: the services in our proto files, as a server needs them, and the files themselves, for who asks what there is

import { join } from 'node:path';
import type { ServiceDefinition } from '@grpc/grpc-js';
import { loadSync, type PackageDefinition } from '@grpc/proto-loader';

/** Beside the bundles; in the tree that is etc/proto. */
const FOLDER = join(__dirname, 'proto');

export type Protos = {
	/** @throws TypeError for a name that is no service of these files. */
	service: (name: string) => ServiceDefinition;
	/** Every file as an encoded FileDescriptorProto. */
	files: Buffer[];
};

const serviceIn = (entry: PackageDefinition[string] | undefined): ServiceDefinition | undefined =>
	entry === undefined || 'format' in entry ? undefined : entry;

/** The messages in them have the names of their fields, 64-bit numbers as text, names for enums, and defaults. */
export const loadProtos = (files: string[]): Protos => {
	const options = { keepCase: true, longs: String, enums: String, defaults: true, oneofs: true };
	const loaded = loadSync(files, { ...options, includeDirs: [FOLDER] });
	const descriptors = new Map<string, Buffer>();
	for (const entry of Object.values(loaded))
		if ('fileDescriptorProtos' in entry)
			for (const file of entry.fileDescriptorProtos as Buffer[])
				descriptors.set(file.toString('latin1'), file);
	return {
		service: (name) => {
			const entry = serviceIn(loaded[name]);
			if (entry) return entry;
			throw new TypeError(`${name} is no service of ${files.join(', ')}`);
		},
		files: [...descriptors.values()],
	};
};
