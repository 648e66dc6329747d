// reflection: answers what services and messages there are (grpc.reflection.v1), for tools without our proto files

import type { ServerDuplexStream } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import protobuf from 'protobufjs';
import 'protobufjs/ext/descriptor.js';
import { authorizationIn, type Door, refusalOf } from './server.ts';

/** What of a FileDescriptorProto is looked at. */
type File = { name: string; symbols: string[]; dependencies: string[]; services: string[]; bytes: Buffer };

type Request = Record<string, unknown> & { message_request?: string };
type Response = Record<string, unknown>;

type Descriptor = {
	name: string;
	package?: string;
	dependency?: string[];
	messageType?: Nested[];
	enumType?: Named[];
	service?: (Named & { method?: Named[] })[];
};
type Named = { name: string };
type Nested = Named & { nestedType?: Nested[]; enumType?: Named[]; field?: Named[] };

const { FileDescriptorProto } = (
	protobuf as unknown as { descriptor: { FileDescriptorProto: protobuf.Type } }
).descriptor;

const nested = (prefix: string, { name, nestedType = [], enumType = [] }: Nested): string[] => {
	const own = `${prefix}${name}`;
	const enums = enumType.map((one) => `${own}.${one.name}`);
	return [own, ...enums, ...nestedType.flatMap((one) => nested(`${own}.`, one))];
};

const fileOf = (bytes: Buffer): File => {
	const all = FileDescriptorProto.toObject(FileDescriptorProto.decode(bytes), { arrays: true }) as Descriptor;
	const prefix = all.package ? `${all.package}.` : '';
	const services = (all.service ?? []).map(({ name }) => `${prefix}${name}`);
	const methods = (all.service ?? []).flatMap(({ name, method = [] }) =>
		method.map((one) => `${prefix}${name}.${one.name}`),
	);
	const messages = (all.messageType ?? []).flatMap((one) => nested(prefix, one));
	const enums = (all.enumType ?? []).map(({ name }) => `${prefix}${name}`);
	const symbols = [...services, ...methods, ...messages, ...enums];
	return { name: all.name, symbols, dependencies: all.dependency ?? [], services, bytes };
};

/** The answers out of these encoded files, of which the services in `offered` are listed. */
export const createReflection = (encoded: Buffer[], offered: string[], door: Door) => {
	const files = encoded.map(fileOf);
	const byName = new Map(files.map((file) => [file.name, file]));
	const bySymbol = new Map(files.flatMap((file) => file.symbols.map((symbol) => [symbol, file])));

	/** The file and all that it needs, each once. */
	const withNeeds = (first: File): Buffer[] => {
		const found = new Set([first]);
		for (const file of found)
			for (const name of file.dependencies) {
				const needed = byName.get(name);
				if (needed) found.add(needed);
			}
		return [...found].map(({ bytes }) => bytes);
	};
	const fileAnswer = (file: File | undefined, what: string): Response =>
		file
			? { file_descriptor_response: { file_descriptor_proto: withNeeds(file) } }
			: { error_response: { error_code: status.NOT_FOUND, error_message: `there is no ${what} here` } };
	const answer = (request: Request): Response => {
		const asked = String(request[request.message_request ?? ''] ?? '');
		switch (request.message_request) {
			case 'list_services':
				return { list_services_response: { service: offered.map((name) => ({ name })) } };
			case 'file_by_filename':
				return fileAnswer(byName.get(asked), `file "${asked}"`);
			case 'file_containing_symbol':
				return fileAnswer(bySymbol.get(asked), `symbol "${asked}"`);
			case 'all_extension_numbers_of_type':
				return { all_extension_numbers_response: { base_type_name: asked, extension_number: [] } };
			default:
				return fileAnswer(undefined, 'such extension');
		}
	};
	return {
		ServerReflectionInfo: async (call: ServerDuplexStream<Request, Response>) => {
			call.on('error', () => {});
			try {
				await door.check(authorizationIn(call));
			} catch (error) {
				const { code, details } = refusalOf(error, door);
				return void call.destroy(Object.assign(new Error(details), { code, details }));
			}
			call.on('data', (request: Request) => {
				call.write({ valid_host: request.host, original_request: request, ...answer(request) });
			});
			call.on('end', () => call.end());
		},
	};
};
