// reflection: answers what services and messages there are (grpc.reflection.v1), for tools without our proto files

import type { ServerDuplexStream } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import type { Descriptor, Nested, ProtoFile } from './protos.ts';
import { authorizationIn, type Door, endWith, refusalOf } from './server.ts';

type Request = Record<string, unknown> & { message_request?: string };
type Response = Record<string, unknown>;

const nested = (prefix: string, { name, nestedType = [], enumType = [] }: Nested): string[] => {
	const own = `${prefix}${name}`;
	const enums = enumType.map((one) => `${own}.${one.name}`);
	return [own, ...enums, ...nestedType.flatMap((one) => nested(`${own}.`, one))];
};

/** Every name that a file defines. */
const symbolsOf = ({ package: name, messageType, enumType, service }: Descriptor): string[] => {
	const prefix = `${name}.`;
	const methods = service.flatMap((one) =>
		(one.method ?? []).map((method) => `${prefix}${one.name}.${method.name}`),
	);
	const messages = messageType.flatMap((one) => nested(prefix, one));
	return [...methods, ...messages, ...[...service, ...enumType].map((one) => `${prefix}${one.name}`)];
};

/** The answers out of these files, of which the services in `offered` are listed. */
export const createReflection = (files: ProtoFile[], offered: string[], door: Door) => {
	const byName = new Map(files.map((file) => [file.descriptor.name, file]));
	const bySymbol = new Map(
		files.flatMap((file) => symbolsOf(file.descriptor).map((symbol) => [symbol, file])),
	);

	/** The file and all that it needs, each once. */
	const withNeeds = (first: ProtoFile): Buffer[] => {
		const found = new Set([first]);
		for (const { descriptor } of found)
			for (const name of descriptor.dependency) {
				const needed = byName.get(name);
				if (needed) found.add(needed);
			}
		return [...found].map(({ bytes }) => bytes);
	};
	const fileAnswer = (file: ProtoFile | undefined, what: string): Response =>
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
			try {
				await door.check(authorizationIn(call));
			} catch (error) {
				return endWith(call, refusalOf(error, door));
			}
			call.on('data', (request: Request) => {
				call.write({ valid_host: request.host, original_request: request, ...answer(request) });
			});
			call.on('end', () => call.end());
		},
	};
};
