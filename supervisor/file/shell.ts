// shell: a stage that asked for a shell: its line goes to sh -c as it stands, settings go beside it
// No value is ever put into the text, so none can become code.

import { EXIT, Failure } from '../../filters/lib/failure.ts';
import { nearest } from '../../filters/lib/yaml/nearest.ts';
import { type Settings, variableName } from './settings.ts';
import { textOf } from './spelling.ts';

const PREFIX = 'SETTING';

/**
 * `sh -c TEXT`, and the settings that TEXT mentions as `$SETTING_NAME`, as environment variables.
 * @throws Failure(78) for `${setting}` in the text, and for a variable that stands for no setting.
 */
export const shellCommand = (
	text: string,
	settings: Settings,
	where: string,
): { command: string[]; env: Record<string, string> } => {
	const byVariable = new Map([...settings.keys()].map((path) => [variableName(PREFIX, path), path]));
	for (const [, path] of text.matchAll(/\$\{([^}]*)\}/g)) {
		if (!settings.has(path!) && !path!.includes('.')) continue;
		const variable = variableName(PREFIX, path!);
		throw new Failure(
			EXIT.config,
			`${where}: "\${${path}}" is not filled in where shell is true; write "$${variable}", in double quotes`,
		);
	}
	const mentioned = [...new Set(text.match(/\bSETTING_[A-Z0-9_]+/g) ?? [])];
	const env = mentioned.map((variable): [string, string] => {
		const path = byVariable.get(variable);
		if (path !== undefined) return [variable, textOf(settings.get(path) ?? '')];
		const hint = nearest(variable, [...byVariable.keys()]);
		throw new Failure(EXIT.config, `${where}: $${variable} stands for no setting${hint}`);
	});
	return { command: ['sh', '-c', text], env: Object.fromEntries(env) };
};
