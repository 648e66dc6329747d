#!/usr/bin/env node

// ebpf-sidecar - the I/O sidecar for BanyanDB by its command line of before: bpfpipe up etc/iomonitor.yaml, with its settings
//
// usage:  ebpf-sidecar [--config FILE] [--log-level LEVEL] [--set KEY=VALUE]...     in the foreground until TERM or Ctrl-C
//         ebpf-sidecar check [the same options]      check the settings and print what would run
//         ebpf-sidecar health [the same options]     what the running one says at /health; 0 when it is well, else 69
//         ebpf-sidecar version
//
//   -c, --config FILE      settings; without it the first of /etc/ebpf-sidecar/config.yaml, configs/config.yaml and config.yaml
//                          that is there, and if none is, those of etc/iomonitor.yaml      --config-file FILE  the same
//   -l, --log-level LEVEL  error, warn, info (default) or debug
//   -s, --set KEY=VALUE    override a setting: --set collector.comm=banyand; stronger than the environment, which is stronger
//                          than the file: EBPF_SIDECAR_SERVER_HTTP_PORT is server.http.port
//
//   server.http.port 8080, server.grpc.port 9090, export.type prometheus or banyandb, and all others, are in etc/iomonitor.yaml;
//   MIGRATING-IOMONITOR.md has what became of each. While it runs: bpfpipe status iomonitor, bpfpipe logs iomonitor.
//
// exit: 0 stopped · 64 usage · 69 not well · 77 only root may · 78 bad settings

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { EXIT, Failure } from '../filters/lib/failure.ts';
import type { Log } from '../filters/lib/log.ts';
import { headerOf } from '../filters/lib/program.ts';
import manifest from '../package.json' with { type: 'json' };
import { check } from './commands/check.ts';
import type { Checked } from './file/config.ts';
import { checkedFile, inForeground, untilDone } from './foreground.ts';
import { SHARE } from './machine/programs.ts';

const NAME = 'ebpf-sidecar';
const OPTIONS = {
	config: { type: 'string', short: 'c' },
	'config-file': { type: 'string' },
	set: { type: 'string', short: 's', multiple: true },
	'log-level': { type: 'string', short: 'l' },
	'log-format': { type: 'string' },
	help: { type: 'boolean', short: 'h' },
	version: { type: 'boolean', short: 'V' },
} as const;

const PLACES = ['/etc/ebpf-sidecar', 'configs', '.'].flatMap((folder) => [
	join(folder, 'config.yaml'),
	join(folder, 'config.yml'),
]);
const MODULE = 'iomonitor';
/** Modules of before, each a part of iomonitor. */
const MODULES_BEFORE = ['fadvise', 'memory', 'cache'];

const parse = () => {
	try {
		return parseArgs({ options: OPTIONS, allowPositionals: true });
	} catch (error) {
		throw new Failure(EXIT.usage, `${(error as Error).message.split('. ')[0]}; see ${NAME} --help`);
	}
};
type Values = ReturnType<typeof parse>['values'];

const refuse = (message: string): never => {
	throw new Failure(EXIT.config, message);
};

/** What is wrong in a combination of settings, each of which could be; stages would say the rest for themselves. */
const checkSettings = (setting: Checked['setting'], log?: Log): void => {
	const modules = setting('collector.modules').split(',').filter(Boolean);
	const [known, last] = [[MODULE, ...MODULES_BEFORE], setting('export.type')];
	if (modules.length === 0) refuse(`collector.modules is empty; write ${MODULE}`);
	const strange = modules.find((module) => !known.includes(module));
	if (strange !== undefined) refuse(`collector.modules: there is no module "${strange}"; there is ${MODULE}`);
	for (const module of modules.filter((one) => one !== MODULE))
		log?.info(`collector.modules: ${module} is a part of ${MODULE}, which runs whole`);
	if (!['prometheus', 'banyandb'].includes(last))
		refuse(`export.type: "${last}" is neither prometheus nor banyandb`);
	for (const port of ['server.http.port', 'server.grpc.port']) {
		const number = Number(setting(port));
		if (!(Number.isInteger(number) && number >= 1 && number <= 65_535))
			refuse(`${port}: "${setting(port)}" is not a port`);
	}
	const tls = 'server.grpc.tls';
	if (setting(`${tls}.enabled`) === 'true')
		for (const file of [`${tls}.cert_file`, `${tls}.key_file`])
			if (setting(file) === '') refuse(`${file} is empty, and ${tls}.enabled is true`);
	for (const name of ['endpoint', 'group'].map((one) => `export.banyandb.${one}`))
		if (last === 'banyandb' && setting(name) === '') refuse(`${name} is empty`);
};

const readFor = (values: Values) => {
	const given = values.config ?? values['config-file'];
	if (given !== undefined && !existsSync(given)) refuse(`${given}: there is no such file of settings`);
	const file = given ?? PLACES.find((place) => existsSync(place));
	return (log?: Log): Checked => {
		const settingsFiles = file === undefined ? [] : [file];
		const checked = checkedFile(join(SHARE, 'etc', 'iomonitor.yaml'), {
			settingsFiles,
			set: values.set ?? [],
		});
		checkSettings(checked.setting, log);
		log?.info(`settings: ${file ?? 'those of etc/iomonitor.yaml; no file was found'}`);
		return checked;
	};
};

const HEALTH_MS = 2500;

/** What /health says at the address that the settings give. */
const askHealth = async ({ setting }: Checked): Promise<number> => {
	const host = setting('server.host').replace(/^0\.0\.0\.0$/, '127.0.0.1');
	const url = `http://${host.includes(':') ? '[::1]' : host}:${setting('server.http.port')}/health`;
	try {
		const answer = await fetch(url, { signal: AbortSignal.timeout(HEALTH_MS) });
		process.stdout.write(`${(await answer.text()).trim()}\n`);
		return answer.ok ? EXIT.done : EXIT.unavailable;
	} catch (error) {
		const { cause, message } = error as Error;
		throw new Failure(EXIT.unavailable, `${url}: ${cause instanceof Error ? cause.message : message}`);
	}
};

const main = async (): Promise<number> => {
	const { values, positionals } = parse();
	const [command = 'run', ...rest] = positionals;
	if (values.help || command === 'help') {
		process.stdout.write(headerOf(readFileSync(import.meta.filename, 'utf8')));
		return EXIT.done;
	}
	if (values.version || command === 'version') {
		process.stdout.write(`${NAME} ${manifest.version}\n`);
		return EXIT.done;
	}
	if (rest.length > 0 || !['run', 'check', 'health'].includes(command))
		throw new Failure(EXIT.usage, `unknown command "${positionals.join(' ')}"; see ${NAME} --help`);
	const read = readFor(values);
	if (command === 'check') return check(read());
	if (command === 'health') return askHealth(read());
	const [level, format] = [values['log-level'], values['log-format']];
	return inForeground(NAME, read, { level, format, fallbacks: true, failFast: false, selfMetrics: true });
};

untilDone(NAME, main());
