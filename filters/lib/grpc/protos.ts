// protos: the services in our proto files, as a server needs them, and what those files say, for who asks what there is

import { join } from 'node:path';
import type { ServiceDefinition } from '@grpc/grpc-js';
import { loadSync, type PackageDefinition } from '@grpc/proto-loader';
import protobuf from 'protobufjs';
import 'protobufjs/ext/descriptor.js';

/** Beside the bundles; in the tree that is etc/proto. */
const FOLDER = join(__dirname, 'proto');
const TIMESTAMP = 'google/protobuf/timestamp.proto';

/** What a FileDescriptorProto says, as far as it is looked at. */
export type Descriptor = {
	name: string;
	package: string;
	dependency: string[];
	messageType: Nested[];
	enumType: Named[];
	service: (Named & { method?: Named[] })[];
};
export type Named = { name: string };
export type Nested = Named & { nestedType?: Nested[]; enumType?: Named[]; field?: Field[] };
type Field = Named & { label?: number; typeName?: string };

/** A file, and the same encoded. */
export type ProtoFile = { descriptor: Descriptor; bytes: Buffer };

export type Protos = {
	/** @throws TypeError for a name that is no service of these files. */
	service: (name: string) => ServiceDefinition;
	files: ProtoFile[];
};

const { FileDescriptorProto } = (
	protobuf as unknown as { descriptor: { FileDescriptorProto: protobuf.Type } }
).descriptor;

const serviceIn = (entry: PackageDefinition[string] | undefined): ServiceDefinition | undefined =>
	entry === undefined || 'format' in entry ? undefined : entry;

/** A file as protobufjs describes it: by its package, with all of google.protobuf in one, and without what it needs. */
const described = (bytes: Buffer): Descriptor =>
	FileDescriptorProto.toObject(FileDescriptorProto.decode(bytes), { arrays: true }) as Descriptor;
const encoded = (descriptor: Descriptor): ProtoFile => ({
	descriptor,
	bytes: Buffer.from(FileDescriptorProto.encode(FileDescriptorProto.fromObject(descriptor)).finish()),
});

// LABEL_REPEATED: a map is a list of entries.
const REPEATED = 3;
const pascal = (name: string): string =>
	name.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** protobufjs calls the entries of `advice_counts` Advice_counts, and they have to be called AdviceCountsEntry. */
const withEntries = (message: Nested): Nested => {
	const names = new Map<string, string>();
	for (const { name, label, typeName } of message.field ?? [])
		if (label === REPEATED && typeName === `${name[0]!.toUpperCase()}${name.slice(1)}`)
			names.set(typeName, `${pascal(name)}Entry`);
	const nestedType = (message.nestedType ?? []).map((inner) => ({
		...withEntries(inner),
		name: names.get(inner.name) ?? inner.name,
	}));
	const field = (message.field ?? []).map((one) => ({ ...one, ...renamed(one.typeName, names) }));
	return { ...message, field, nestedType };
};
const renamed = (typeName: string | undefined, names: Map<string, string>): { typeName?: string } => {
	const name = typeName === undefined ? undefined : names.get(typeName);
	return name === undefined ? {} : { typeName: name };
};

/** The same as it was written: under its own name, with its needs. */
const restored = (files: string[], descriptor: Descriptor): ProtoFile[] => {
	if (descriptor.package === 'google.protobuf') {
		const messageType = descriptor.messageType.filter(({ name }) => name === 'Timestamp');
		return [encoded({ ...descriptor, name: TIMESTAMP, messageType, enumType: [], service: [] })];
	}
	const folder = `${descriptor.package.replaceAll('.', '/')}/`;
	const name = files.find((file) => file.startsWith(folder));
	if (name === undefined) return [];
	const needs = JSON.stringify(descriptor).includes('google.protobuf.Timestamp') ? [TIMESTAMP] : [];
	const messageType = descriptor.messageType.map(withEntries);
	return [encoded({ ...descriptor, name, messageType, dependency: needs })];
};

/** The messages in them have the names of their fields, 64-bit numbers as text, names for enums, and defaults. */
export const loadProtos = (files: string[]): Protos => {
	const options = { keepCase: true, longs: String, enums: String, defaults: true, oneofs: true };
	const loaded = loadSync(files, { ...options, includeDirs: [FOLDER] });
	const found = new Map<string, Descriptor>();
	for (const entry of Object.values(loaded))
		if ('fileDescriptorProtos' in entry)
			for (const bytes of entry.fileDescriptorProtos as Buffer[]) {
				const descriptor = described(bytes);
				found.set(descriptor.name, descriptor);
			}
	return {
		service: (name) => {
			const entry = serviceIn(loaded[name]);
			if (entry) return entry;
			throw new TypeError(`${name} is no service of ${files.join(', ')}`);
		},
		files: [...found.values()].flatMap((descriptor) => restored(files, descriptor)),
	};
};
