// What runs the sidecar elsewhere: Kubernetes files by Kubernetes' own schema, Dockerfiles by hadolint, compose by what it
// must not do; all of them name variables, programs and pipelines that there are.

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parse, parseAllDocuments } from 'yaml';
import { flatten, variableName } from '../../supervisor/file/settings.ts';
import { testWith } from '../parts.ts';
import { ROOT } from '../program.ts';

const test = suite('etc/kubernetes, etc/docker, etc/compose');
const CACHE = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'bpfpipe');
const SCHEMA = join(CACHE, 'kubernetes-1.34.0/swagger.json');
const HADOLINT = join(CACHE, 'hadolint-2.15.1/bin/hadolint');
const read = (path: string) => readFileSync(join(ROOT, 'etc', path), 'utf8');

type Schema = {
	$ref?: string;
	type?: string;
	format?: string;
	required?: string[];
	properties?: Record<string, Schema>;
	additionalProperties?: Schema;
	items?: Schema;
	'x-kubernetes-group-version-kind'?: { group: string; version: string; kind: string }[];
};

/** What Kubernetes' schema says against a document; unknown keys are wrong, as for a server asked to be strict. */
const faultsIn = (document: unknown, definitions: Record<string, Schema>): string[] => {
	const faults = (value: unknown, schema: Schema, at: string): string[] => {
		if (schema.$ref) return faults(value, definitions[schema.$ref.replace('#/definitions/', '')]!, at);
		if (schema.format === 'int-or-string')
			return ['number', 'string'].includes(typeof value) ? [] : [`${at}: neither number nor string`];
		const type = Array.isArray(value) ? 'array' : Number.isInteger(value) ? 'integer' : typeof value;
		const isNumber = type === 'integer' && schema.type === 'number';
		if (schema.type && schema.type !== type && !isNumber) return [`${at}: ${type}, not ${schema.type}`];
		if (Array.isArray(value))
			return value.flatMap((one, index) => faults(one, schema.items ?? {}, `${at}[${index}]`));
		if (typeof value !== 'object' || value === null || !(schema.properties || schema.additionalProperties))
			return [];
		const missing = (schema.required ?? []).filter((key) => !(key in value));
		return [
			...missing.map((key) => `${at}: no ${key}`),
			...Object.entries(value).flatMap(([key, inner]) => {
				const known = schema.properties?.[key] ?? schema.additionalProperties;
				return known ? faults(inner, known, `${at}.${key}`) : [`${at}: unknown key ${key}`];
			}),
		];
	};
	const { apiVersion, kind } = document as { apiVersion: string; kind: string };
	const [version, group = ''] = apiVersion.split('/').reverse();
	const found = Object.values(definitions).find(({ 'x-kubernetes-group-version-kind': kinds }) =>
		kinds?.some((one) => one.group === group && one.version === version && one.kind === kind),
	);
	return found ? faults(document, found, kind) : [`there is no ${kind} in ${apiVersion}`];
};

type Container = {
	name: string;
	image: string;
	command: string[];
	env?: { name: string; value?: string }[];
	securityContext?: Record<string, unknown> & { capabilities: { add?: string[]; drop: string[] } };
	volumeMounts: { name: string }[];
};
type Pod = {
	hostNetwork?: boolean;
	shareProcessNamespace?: boolean;
	containers: Container[];
	volumes: { name: string }[];
};
type Document = { kind: string; spec?: { template?: { spec: Pod } } };
const files = readdirSync(join(ROOT, 'etc/kubernetes')).filter((file) => file.endsWith('.yaml'));
const documentsIn = (file: string) =>
	parseAllDocuments(read(`kubernetes/${file}`)).map((one) => one.toJS() as Document);
const pods = files.flatMap((file) => documentsIn(file).flatMap(({ spec }) => spec?.template?.spec ?? []));
const ours = pods.flatMap(({ containers }) => containers.filter(({ image }) => image.startsWith('bpfpipe/')));
const compose = parse(read('compose.yaml'), { merge: true }) as {
	services: Record<
		string,
		Record<string, unknown> & {
			image: string;
			command: string[];
			environment?: Record<string, string>;
			ports?: string[];
			cap_add?: string[];
		}
	>;
	volumes: Record<string, unknown>;
};
const services = Object.entries(compose.services);
const ourServices = services.filter(([, { image }]) => image.startsWith('bpfpipe/'));

const noSchema = existsSync(SCHEMA) ? '' : "no schema of Kubernetes'; npm run setup fetches it";
testWith(test, noSchema, "Kubernetes' own schema has nothing against them, and would have", () => {
	const { definitions } = JSON.parse(readFileSync(SCHEMA, 'utf8'));
	for (const file of files)
		for (const document of documentsIn(file)) assert.equal(faultsIn(document, definitions), [], file);
	const broken = documentsIn('daemonset.yaml')[0]!;
	const pod = broken.spec!.template!.spec;
	Object.assign(pod, { hostPid: true });
	Object.assign(pod.containers[0]!, { name: 7 });
	assert.is(faultsIn(broken, definitions).length, 2);
	assert.is(faultsIn({ apiVersion: 'apps/v2', kind: 'DaemonSet' }, definitions).length, 1);
});

test('only the collector is root, with two capabilities, and no container may get more', () => {
	assert.is(ours.length, 4);
	for (const { name, securityContext: context, command } of ours) {
		assert.equal(context!.capabilities.drop, ['ALL']);
		assert.is(context!.allowPrivilegeEscalation, false);
		assert.is(context!.readOnlyRootFilesystem, true);
		const isCollector = name === 'collector';
		assert.equal(context!.capabilities.add, isCollector ? ['BPF', 'PERFMON'] : undefined);
		assert.is(context!.runAsUser, isCollector ? 0 : 10_001);
		assert.is(context!.runAsGroup, 10_001);
		assert.equal(command.slice(3), isCollector ? ['iomonitor'] : ['page', 'grpc']);
	}
	assert.ok(pods.some(({ shareProcessNamespace }) => shareProcessNamespace));
	for (const { hostNetwork, volumes, containers } of pods) {
		assert.is(hostNetwork, undefined);
		const there = [...volumes.map(({ name }) => name), 'data'];
		for (const { volumeMounts } of containers)
			for (const { name } of volumeMounts) assert.ok(there.includes(name), name);
	}
	for (const [name, service] of ourServices) {
		assert.equal(service.cap_drop, ['ALL'], name);
		assert.equal(service.cap_add, name === 'collector' ? ['BPF', 'PERFMON'] : undefined, name);
		assert.is(service.read_only, true, name);
	}
	assert.not.match(read('compose.yaml'), /privileged|network_mode: host/);
});

test('compose publishes ports to this machine alone, each once, and has both export modes', () => {
	const ports = services.flatMap(([, { ports = [] }]) => ports);
	assert.ok(ports.length >= 8);
	for (const port of ports) assert.match(port, /^127\.0\.0\.1:\d+:\d+$/);
	assert.is(new Set(ports.map((port) => port.split(':')[1])).size, ports.length);
	assert.equal(compose.services['sidecar-banyandb']!.command.slice(2), ['page', 'grpc', 'banyandb']);
	for (const [name, { volumes = [] }] of services)
		for (const volume of volumes as string[]) {
			const from = volume.split(':')[0]!;
			const isThere = from.startsWith('.')
				? existsSync(join(ROOT, 'etc', from))
				: from.startsWith('/') || from in compose.volumes;
			assert.ok(isThere, `${name}: ${volume}`);
		}
	const targets = parse(read('prometheus/iomonitor-compose.yml')).scrape_configs[0].static_configs[0].targets;
	for (const target of targets)
		assert.is(compose.services[target.split(':')[0]]!.hostname, target.split(':')[0]);
});

test('every variable stands for a setting, every pipeline is there, one version everywhere', () => {
	const { settings, pipelines } = parse(read('iomonitor.yaml'));
	const known = [...flatten(settings, String).keys()].map((path) => variableName('EBPF_SIDECAR', path));
	const given = [
		...ours.flatMap(({ env = [] }) => env.map(({ name }) => name)),
		...ourServices.flatMap(([, { environment = {} }]) => Object.keys(environment)),
		...readdirSync(join(ROOT, 'etc/docker'))
			.filter((file) => file.startsWith('Dockerfile'))
			.flatMap((file) => read(`docker/${file}`).match(/EBPF_SIDECAR_\w+(?==)/g)!),
	];
	assert.ok(given.length > 8);
	for (const name of given) assert.ok(known.includes(name), name);
	const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
	for (const { image, command } of [...ours, ...ourServices.map(([, one]) => one)]) {
		assert.is(image, `bpfpipe/ebpf-sidecar:${version}`);
		for (const name of command.slice(command.indexOf('up') + 2)) assert.ok(name in pipelines, name);
	}
});

const noHadolint = existsSync(HADOLINT) ? '' : 'no hadolint; npm run setup fetches it';
for (const file of ['Dockerfile.debian', 'Dockerfile.alpine'])
	testWith(test, noHadolint, `hadolint has nothing against ${file}`, () => {
		const { status, stdout, stderr } = spawnSync(HADOLINT, [join(ROOT, 'etc/docker', file)], {
			encoding: 'utf8',
		});
		assert.equal([status, stdout + stderr], [0, '']);
	});

test.run();
