// fault: what is wrong with an expression or a template, and at which of its characters

/** `at` counts from zero. */
export class ExpressionFault extends Error {
	readonly at: number;
	constructor(message: string, at: number) {
		super(message);
		this.name = 'ExpressionFault';
		this.at = at;
	}
}
