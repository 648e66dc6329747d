// fault: why a question is not answered, by the codes of gRPC and, where it is asked over HTTP, by those of HTTP

/** Of google.rpc.Code: the number, and the status that stands for it in HTTP. */
const CODES = {
	INVALID_ARGUMENT: [3, 400],
	NOT_FOUND: [5, 404],
	PERMISSION_DENIED: [7, 403],
	RESOURCE_EXHAUSTED: [8, 429],
	FAILED_PRECONDITION: [9, 400],
	INTERNAL: [13, 500],
	UNAVAILABLE: [14, 503],
	UNAUTHENTICATED: [16, 401],
} as const;
export type Code = keyof typeof CODES;

export class Fault extends Error {
	readonly code: number;
	readonly status: number;
	readonly word: Code;
	constructor(word: Code, message: string) {
		super(message);
		this.name = 'Fault';
		this.word = word;
		[this.code, this.status] = CODES[word];
	}
}
