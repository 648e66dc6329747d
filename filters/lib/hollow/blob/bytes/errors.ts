// errors: how a Hollow blob can be broken, and how a value can fail to fit its schema
// Both say where: a blob by its byte offset, a value by its path in the record.

/** A blob that is not what the format promises. Nothing that was read from it may be used. */
export class BlobError extends Error {
	/** Where in the blob, in bytes from its start. */
	readonly offset: number;
	/** What should have stood there. */
	readonly expected: string;
	constructor(offset: number, expected: string) {
		super(`Hollow blob, byte ${offset}: expected ${expected}`);
		this.name = 'BlobError';
		this.offset = offset;
		this.expected = expected;
	}
}

/** A value that its schema cannot hold: `path` says which (`MetricsState.metrics.total`). */
export class ValueError extends RangeError {
	readonly path: string;
	readonly problem: string;
	constructor(path: string, problem: string) {
		super(path === '' ? problem : `${path}: ${problem}`);
		this.name = 'ValueError';
		this.path = path;
		this.problem = problem;
	}
}

// A key of a map is a step too, and its length is the sender's choice.
const LONGEST_STEP = 80;

/** The error, its path put behind `step` when it is a ValueError; paths are only made when something is wrong. */
export const within = (step: string, error: unknown): unknown => {
	if (!(error instanceof ValueError)) return error;
	const short = step.length > LONGEST_STEP ? `${step.slice(0, LONGEST_STEP)}...` : step;
	const joined =
		error.path === '' || error.path.startsWith('[') ? short + error.path : `${short}.${error.path}`;
	return new ValueError(joined, error.problem);
};

/** A schema that contradicts itself, or its text cannot be read. */
export class SchemaError extends Error {
	constructor(message: string) {
		super(message);
		this.name = 'SchemaError';
	}
}

/** A state whose records do not fit together: one refers to what is not there, or to itself in the end. */
export class StateError extends Error {
	constructor(message: string) {
		super(message);
		this.name = 'StateError';
	}
}
