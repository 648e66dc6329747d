// fake-banyandb: a server of BanyanDB's protocol that keeps points in memory and answers as well or as badly as a test wants
// It is grpc-js and the messages as the .proto files have them, so that nothing of what it tests is in it.

import grpc from '@grpc/grpc-js';
import protobuf from 'protobufjs';

const ROOT = protobuf.parse(
	`syntax = "proto3";
	message Nothing {}
	message Metadata { string group = 1; string name = 2; uint32 id = 3; int64 create_revision = 4; int64 mod_revision = 5; }
	message Rule { int32 unit = 1; uint32 num = 2; }
	message Options { uint32 shard_num = 1; Rule segment_interval = 2; Rule ttl = 3; }
	message Group { Metadata metadata = 1; int32 catalog = 2; Options resource_opts = 3; }
	message GroupRequest { Group group = 1; }
	message TagSpec { string name = 1; int32 type = 2; }
	message FamilySpec { string name = 1; repeated TagSpec tags = 2; }
	message FieldSpec { string name = 1; int32 field_type = 2; int32 encoding_method = 3; int32 compression_method = 4; }
	message Entity { repeated string tag_names = 1; }
	message Measure { Metadata metadata = 1; repeated FamilySpec tag_families = 2; repeated FieldSpec fields = 3; Entity entity = 4; string interval = 5; string later = 99; }
	message MeasureRequest { Measure measure = 1; }
	message Revision { int64 mod_revision = 1; }
	message Named { Metadata metadata = 1; }
	message Listed { string group = 1; }
	message Measures { repeated Measure measure = 1; }
	message Timestamp { int64 seconds = 1; int32 nanos = 2; }
	message Str { string value = 1; }
	message Int { int64 value = 1; }
	message Float { double value = 1; }
	message TagValue { oneof value { int32 null = 1; Str str = 2; Int int = 4; } }
	message FieldValue { oneof value { int32 null = 1; Str str = 2; Int int = 3; Float float = 5; } }
	message Tags { repeated TagValue tags = 1; }
	message Point { Timestamp timestamp = 1; repeated Tags tag_families = 2; repeated FieldValue fields = 3; int64 version = 4; }
	message Family { string name = 1; repeated string tag_names = 2; }
	message Spec { repeated Family tag_family_spec = 1; repeated string field_names = 2; }
	message Write { Metadata metadata = 1; Point data_point = 2; uint64 message_id = 3; Spec data_point_spec = 4; }
	message Written { uint64 message_id = 1; string status = 2; Metadata metadata = 3; }`,
	{ keepCase: true },
).root;

export type Measure = {
	metadata: { group: string; name: string; mod_revision: string };
	tag_families: { name: string; tags: { name: string; type: number }[] }[];
	fields: { name: string; field_type: number }[];
	entity: { tag_names: string[] };
	later?: string;
};
/** A point as it was taken, by the names that its stream spoke of; what is null is left out. */
export type Taken = {
	measure: string;
	ts: number;
	version: string;
	tags: Record<string, string>;
	fields: Record<string, string | number>;
};

export type FakeBanyandb = {
	address: string;
	groups: Set<string>;
	measures: Map<string, Measure>;
	/** Every point that was answered with success, in its order. */
	taken: Taken[];
	/** How many streams came, and how many calls by their path. */
	calls: Map<string, number>;
	/** The headers of the last call. */
	headers: () => Record<string, unknown>;
	/** The status of a point, undefined = as usual; `cut` breaks the connection instead of an answer. */
	become: (judge: (point: Taken, stream: number) => string | undefined) => void;
	/** What a call by its path fails with, undefined = as usual. */
	refuse: (judge: (path: string) => { code: number; details: string } | undefined) => void;
	/** A schema of now, whatever it was before; its revision is new. */
	put: (measure: Omit<Measure, 'metadata'>, name: string, group?: string) => void;
	/** The connections end, and others may come. */
	cut: () => void;
	close: () => Promise<void>;
};

type Tls = { key: Buffer; cert: Buffer; ca?: Buffer };

/** Wide numbers as text. */
const decoder = (type: string) => (bytes: Buffer) =>
	ROOT.lookupType(type).toObject(ROOT.lookupType(type).decode(bytes), {
		longs: String,
		arrays: true,
	}) as Record<string, never>;
const encoder = (type: string) => (value: object) =>
	Buffer.from(ROOT.lookupType(type).encode(ROOT.lookupType(type).fromObject(value)).finish());

const method = (path: string, request: string, response: string, isStream = false) => ({
	path,
	requestStream: isStream,
	responseStream: isStream,
	requestSerialize: encoder(request),
	requestDeserialize: decoder(request),
	responseSerialize: encoder(response),
	responseDeserialize: decoder(response),
});
const DATABASE = '/banyandb.database.v1.';
const MEASURE = '/banyandb.measure.v1.MeasureService/';
const SERVICE = {
	createGroup: method(`${DATABASE}GroupRegistryService/Create`, 'GroupRequest', 'Nothing'),
	createMeasure: method(`${DATABASE}MeasureRegistryService/Create`, 'MeasureRequest', 'Revision'),
	updateMeasure: method(`${DATABASE}MeasureRegistryService/Update`, 'MeasureRequest', 'Revision'),
	getMeasure: method(`${DATABASE}MeasureRegistryService/Get`, 'Named', 'MeasureRequest'),
	listMeasures: method(`${DATABASE}MeasureRegistryService/List`, 'Listed', 'Measures'),
	query: method(`${MEASURE}Query`, 'Nothing', 'Nothing'),
	write: method(`${MEASURE}Write`, 'Write', 'Written', true),
};

// biome-ignore lint/suspicious/noExplicitAny: messages by reflection have no types
type Message = any;

const takenOf = (measure: string, { data_point: point, spec }: Message): Taken => {
	const tags: Taken['tags'] = {};
	const fields: Taken['fields'] = {};
	spec.tag_family_spec.forEach(({ tag_names }: Message, family: number) => {
		tag_names.forEach((name: string, at: number) => {
			const value = point.tag_families[family].tags[at];
			if (value.str !== undefined) tags[name] = value.str.value ?? '';
		});
	});
	spec.field_names.forEach((name: string, at: number) => {
		const { int, float } = point.fields[at];
		if (int !== undefined) fields[name] = int.value ?? '0';
		if (float !== undefined) fields[name] = float.value ?? 0;
	});
	const { seconds = 0, nanos = 0 } = point.timestamp;
	return { measure, ts: Number(seconds) * 1000 + nanos / 1e6, version: point.version, tags, fields };
};

/** Why a point is not stored as it should be, as the real server says it. */
const statusOf = (measures: Map<string, Measure>, { group, name, mod_revision }: Message): string => {
	const measure = measures.get(`${group} ${name}`);
	if (!measure) return 'STATUS_NOT_FOUND';
	return `${mod_revision}` === measure.metadata.mod_revision ? 'STATUS_SUCCEED' : 'STATUS_EXPIRED_SCHEMA';
};

/** At `port`, or at any. */
export const startFakeBanyandb = async (tls?: Tls, port = 0): Promise<FakeBanyandb> => {
	const groups = new Set<string>();
	const measures = new Map<string, Measure>();
	const taken: Taken[] = [];
	const calls = new Map<string, number>();
	let judge: (point: Taken, stream: number) => string | undefined = () => undefined;
	let refusal: (path: string) => { code: number; details: string } | undefined = () => undefined;
	let headers: Record<string, unknown> = {};
	let [revision, streams] = [1_795_692_088_859_042_800n, 0];

	const put: FakeBanyandb['put'] = (measure, name, group = 'bpfpipe') => {
		groups.add(group);
		revision += 1n;
		measures.set(`${group} ${name}`, { ...measure, metadata: { group, name, mod_revision: `${revision}` } });
	};
	const failure = (code: number, details: string) => ({ code, details });
	const unary =
		(path: string, act: (request: Message) => object | { code: number; details: string }) =>
		(call: Message, done: Message) => {
			calls.set(path, (calls.get(path) ?? 0) + 1);
			headers = call.metadata.getMap();
			const answer = refusal(path) ?? act(call.request);
			if ('details' in answer) done(answer);
			else done(null, answer);
		};
	const server = new grpc.Server({ 'grpc.max_receive_message_length': -1 });
	const service = Object.fromEntries(Object.entries(SERVICE).map(([name, one]) => [name, one]));
	const isKnown = (name: string) => groups.has(name);
	const key = ({ group, name }: Message) => `${group} ${name}`;
	server.addService(service as unknown as grpc.ServiceDefinition, {
		createGroup: unary('createGroup', ({ group }) => {
			if (isKnown(group.metadata.name)) return failure(6, 'there already');
			groups.add(group.metadata.name);
			return {};
		}),
		createMeasure: unary('createMeasure', ({ measure }) => {
			if (!isKnown(measure.metadata.group)) return failure(5, 'no group');
			if (measures.has(key(measure.metadata))) return failure(6, 'there already');
			put(measure, measure.metadata.name, measure.metadata.group);
			return { mod_revision: `${revision}` };
		}),
		updateMeasure: unary('updateMeasure', ({ measure }) => {
			put(measure, measure.metadata.name, measure.metadata.group);
			return { mod_revision: `${revision}` };
		}),
		getMeasure: unary('getMeasure', ({ metadata }) => {
			const measure = measures.get(key(metadata));
			return measure ? { measure } : failure(5, 'not found');
		}),
		listMeasures: unary('listMeasures', () => ({ measure: [...measures.values()] })),
		query: unary('query', () => ({})),
		write: (call: Message) => {
			const stream = streams++;
			calls.set('write', streams);
			headers = call.metadata.getMap();
			const answers: object[] = [];
			const good: Taken[] = [];
			let [metadata, spec]: [Message, Message] = [undefined, undefined];
			let isCut = false;
			call.on('data', (message: Message) => {
				metadata = message.metadata ?? metadata;
				spec = message.data_point_spec ?? spec;
				const point = takenOf(metadata.name, { ...message, spec });
				const status = judge(point, stream) ?? statusOf(measures, metadata);
				isCut ||= status === 'cut';
				if (status === 'STATUS_SUCCEED') good.push(point);
				if (status !== 'silent') answers.push({ message_id: message.message_id, status, metadata });
			});
			call.on('error', () => {});
			call.on('end', () => {
				const no = refusal('write');
				if (no) return call.emit('error', no);
				if (isCut) return cut();
				taken.push(...good);
				for (const answer of answers) call.write(answer);
				call.end();
			});
		},
	});
	const credentials = tls
		? grpc.ServerCredentials.createSsl(
				tls.ca ?? null,
				[{ private_key: tls.key, cert_chain: tls.cert }],
				tls.ca !== undefined,
			)
		: grpc.ServerCredentials.createInsecure();
	const bound = await new Promise<number>((resolve, reject) =>
		server.bindAsync(`127.0.0.1:${port}`, credentials, (error, at) => (error ? reject(error) : resolve(at))),
	);
	const cut = () => server.drain(`127.0.0.1:${bound}`, 0);
	return {
		address: `${tls ? 'https' : 'http'}://127.0.0.1:${bound}`,
		groups,
		measures,
		taken,
		calls,
		headers: () => headers,
		become: (next) => {
			judge = next;
		},
		refuse: (next) => {
			refusal = next;
		},
		put,
		cut,
		close: async () => server.forceShutdown(),
	};
};
