// calls: the service, health and reflection as a gRPC server has them

import { type ServiceDefinition, status, type UntypedServiceImplementation } from '@grpc/grpc-js';
import { createHealthService } from '../grpc/health.ts';
import { loadProtos } from '../grpc/protos.ts';
import { createReflection } from '../grpc/reflection.ts';
import { authorizationIn, type Door, endWith, streaming, unary } from '../grpc/server.ts';
import type { Doors } from './doors.ts';
import type { Service, StreamRequest } from './service.ts';
import { beginStream } from './stream.ts';

const SERVICE = 'banyandb.ebpf.v1.EBPFMetricsService';
const HEALTH = 'grpc.health.v1.Health';
const REFLECTION = 'grpc.reflection.v1.ServerReflection';
const FILES = [
	'banyandb/ebpf/v1/ebpf.proto',
	'grpc/health/v1/health.proto',
	'grpc/reflection/v1/reflection.proto',
];
const LOOK_MS = 1000;

export type CallsOptions = Pick<Door, 'log' | 'count'> & {
	service: Service;
	doors: Doors;
	isWell: () => boolean;
};

export type Calls = {
	services: [ServiceDefinition, UntypedServiceImplementation][];
	close: () => void;
};

export const createCalls = ({ service, doors, isWell, log, count }: CallsOptions): Calls => {
	const protos = loadProtos(FILES);
	const door: Door = { check: doors.check, log, count };
	// Nothing is said to strangers but whether the server is well.
	const health = createHealthService([SERVICE], isWell);
	const timer = setInterval(health.look, LOOK_MS).unref();

	const stream = streaming<StreamRequest, object>(door, (request, call) => {
		const intervalMs = service.interval(request);
		const reader = {
			write: (message: object) => call.write(message),
			onDrain: (resume: () => void) => call.once('drain', resume),
			giveUp: () =>
				endWith(call, { code: status.RESOURCE_EXHAUSTED, details: 'nothing was read for too long' }),
		};
		return beginStream(reader, {
			intervalMs,
			newest: () => service.newest(request),
			onSkipped: () => count('rounds_skipped'),
		});
	});
	const implementation = {
		GetMetrics: unary(door, service.metrics),
		StreamMetrics: stream,
		GetIOStats: unary(door, service.ioStats),
		GetModuleStatus: unary(door, service.moduleStatus),
		ConfigureModule: unary(door, (request: Parameters<Service['configure']>[0], call) => {
			doors.checkConfigure(authorizationIn(call));
			return service.configure(request);
		}),
		GetHealth: unary(door, service.health),
	};
	return {
		services: [
			[protos.service(SERVICE), implementation],
			[protos.service(HEALTH), { Check: health.Check, Watch: health.Watch }],
			[protos.service(REFLECTION), createReflection(protos.files, [SERVICE, HEALTH, REFLECTION], door)],
		],
		close: () => clearInterval(timer),
	};
};
