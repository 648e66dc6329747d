// http-error: what a request is refused with: a status, what is wrong, and what to do about it
// As JSON: {"error":"version ... is not above the announced ...","hint":"...","code":"old"}

/** Words for programs, beside the sentences for people; a pusher goes by them where the status leaves a choice. */
export type Code =
	| 'bad-request'
	| 'conflict' // other data are published under this version
	| 'denied'
	| 'limit'
	| 'method'
	| 'not-found'
	| 'old' // the version is not above the announced one
	| 'order' // the call before this one is missing
	| 'payload'
	| 'published' // the version is published already
	| 'server'
	| 'too-large'
	| 'type';

/** A refusal on its way to the client. */
export class HttpError extends Error {
	readonly status: number;
	readonly code: Code;
	readonly hint: string;
	readonly headers: Record<string, string>;
	constructor(status: number, code: Code, error: string, hint = '', headers: Record<string, string> = {}) {
		super(error);
		this.name = 'HttpError';
		this.status = status;
		this.code = code;
		this.hint = hint;
		this.headers = headers;
	}
}

/** The client hung up: there is nobody left to answer. */
export class GoneError extends Error {
	constructor() {
		super('the client hung up in the midst of its request');
		this.name = 'GoneError';
	}
}

/** The body of the answer. */
export const errorBody = ({ message, hint, code }: HttpError): Record<string, string> => ({
	error: message,
	...(hint === '' ? {} : { hint }),
	code,
});
