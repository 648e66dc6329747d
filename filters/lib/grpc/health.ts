// health: the health service that every gRPC tool knows (grpc.health.v1), for a server that is well or is not

import { type ServerUnaryCall, type ServerWritableStream, type sendUnaryData, status } from '@grpc/grpc-js';
import { endWith } from './server.ts';

type Request = { service: string };
type Response = { status: 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN' };

export type HealthService = {
	Check: (call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>) => void;
	Watch: (call: ServerWritableStream<Request, Response>) => void;
	/** Look again, and tell those who watch of a change. */
	look: () => void;
};

// Whoever watches holds a stream; more are a mistake of somebody.
const MOST_WATCHERS = 1000;

/** `isWell` is asked at each look; `services` are known beside the server itself, ''. */
export const createHealthService = (services: string[], isWell: () => boolean): HealthService => {
	const watchers = new Set<ServerWritableStream<Request, Response>>();
	const now = (): Response['status'] => (isWell() ? 'SERVING' : 'NOT_SERVING');
	const isKnown = (service: string) => service === '' || services.includes(service);
	let told = now();

	return {
		Check: ({ request }, callback) => {
			if (isKnown(request.service)) return callback(null, { status: now() });
			callback({ code: status.NOT_FOUND, details: `there is no service "${request.service}" here` });
		},
		Watch: (call) => {
			const { service } = call.request;
			if (watchers.size >= MOST_WATCHERS)
				return endWith(call, { code: status.RESOURCE_EXHAUSTED, details: 'too many watch' });
			call.write({ status: isKnown(service) ? now() : 'SERVICE_UNKNOWN' });
			watchers.add(call);
			for (const end of ['cancelled', 'close', 'error']) call.on(end, () => watchers.delete(call));
		},
		look: () => {
			const status = now();
			if (status === told) return;
			told = status;
			for (const call of watchers) if (isKnown(call.request.service)) call.write({ status });
		},
	};
};
