// grpc-error: why a call has no answer, by the codes of gRPC

/** The codes that are told apart here; a server may send others. */
export const CODE = {
	ok: 0,
	unknown: 2,
	invalid: 3,
	late: 4,
	notFound: 5,
	exists: 6,
	denied: 7,
	exhausted: 8,
	precondition: 9,
	unimplemented: 12,
	unavailable: 14,
	unauthenticated: 16,
} as const;

/** The server said no, or could not be had (`unavailable`, `late`); the message says what and why. */
export class GrpcError extends Error {
	readonly code: number;
	constructor(code: number, message: string) {
		super(message);
		this.name = 'GrpcError';
		this.code = code;
	}
}

/** What a proxy's answer without a code of gRPC comes to, by the gRPC specification. */
const FROM_HTTP: Record<number, number> = {
	400: CODE.unknown,
	401: CODE.unauthenticated,
	403: CODE.denied,
	404: CODE.unimplemented,
	429: CODE.unavailable,
	502: CODE.unavailable,
	503: CODE.unavailable,
	504: CODE.unavailable,
};

type Headers = Record<string, unknown>;

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Bytes beyond ASCII are written as %XX; what is not written well is shown as it is. */
const messageIn = (headers: Headers): string => {
	const text = textOf(headers['grpc-message']).slice(0, 1000);
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
};

/** What the headers and trailers of an answer say against it; undefined when all is well. */
export const errorIn = (headers: Headers, trailers: Headers): GrpcError | undefined => {
	const last = trailers['grpc-status'] === undefined ? headers : trailers;
	const status = textOf(last['grpc-status']);
	if (/^\d{1,3}$/.test(status)) {
		const code = Number(status);
		return code === CODE.ok ? undefined : new GrpcError(code, messageIn(last) || `gRPC code ${code}`);
	}
	const http = Number(headers[':status'] ?? 0);
	if (http === 0) return new GrpcError(CODE.unavailable, 'the call ended without an answer');
	if (http !== 200) return new GrpcError(FROM_HTTP[http] ?? CODE.unknown, `HTTP ${http}, no gRPC`);
	return new GrpcError(CODE.unavailable, 'the call ended without a status');
};
