// keys: what was pressed, out of the bytes that a terminal in raw mode sends

const NAMED: Record<string, string> = {
	'\x1b[A': 'up',
	'\x1bOA': 'up',
	'\x1b[B': 'down',
	'\x1bOB': 'down',
	'\x1b[C': 'right',
	'\x1bOC': 'right',
	'\x1b[D': 'left',
	'\x1bOD': 'left',
	'\x1b[5~': 'page-up',
	'\x1b[6~': 'page-down',
	'\x1b[H': 'home',
	'\x1b[1~': 'home',
	'\x1b[F': 'end',
	'\x1b[4~': 'end',
	'\x1b': 'escape',
	'\r': 'enter',
	'\n': 'enter',
	'\x7f': 'backspace',
	'\b': 'backspace',
	'\x03': 'interrupt',
	'\x04': 'end-of-input',
	'\x0c': 'redraw',
	'\x1a': 'suspend',
};
const SEQUENCE = /^\x1b(?:\[[0-9;?]*[ -/]*[@-~]|O[ -~])/;

/** The keys in a piece of input: names for those that print nothing, else the character; what is not known is left out. */
export const keysIn = (text: string): string[] => {
	const keys: string[] = [];
	for (let rest = text; rest !== ''; ) {
		const sequence = SEQUENCE.exec(rest)?.[0] ?? String.fromCodePoint(rest.codePointAt(0)!);
		const name = NAMED[sequence] ?? (/^[^\x00-\x1f\x7f-\x9f]/.test(sequence) ? sequence : undefined);
		if (name !== undefined) keys.push(name);
		rest = rest.slice(sequence.length);
	}
	return keys;
};
