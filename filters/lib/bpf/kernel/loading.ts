// loading: an object into the kernel: programs chosen, loaded, attached; and the maps that are to be read
// Whatever fails, nothing stays attached: links and maps live as long as a process holds them.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT, Failure } from '../../failure.ts';
import { nearest } from '../../yaml/nearest.ts';
import type { Chosen } from '../filters.ts';
import { createFilters } from './filters.ts';
import type { Libbpf, Pointer } from './libbpf.ts';
import { pinsIn } from './pins.ts';
import { refusalOf, unloadable } from './refusal.ts';

/** A map in the kernel, as far as reading it needs. */
export type OpenMap = {
	name: string;
	fd: number;
	type: number;
	keySize: number;
	valueSize: number;
	entries: number;
	/** Since when it counts, in ms since the epoch. */
	start: number;
	/** Whether it was pinned before, so that its counts go on. */
	isOld: boolean;
};

/** A program that is left out, and why. */
export type LeftOut = { program: string; section: string; reason: string };

export type Loaded = {
	maps: OpenMap[];
	/** Maps that were asked for and are not there, or cannot be read. */
	missing: string[];
	attached: string[];
	leftOut: LeftOut[];
	/** Detach and let go of all. */
	close: () => void;
};

export type Wanted = {
	/** The path of the object. */
	file: string;
	/** Programs by name; all without it. */
	programs: string[] | undefined;
	maps: string[];
	/** Whom it counts; everybody without any. */
	filters: Chosen[];
	/** A folder in a bpffs that keeps the maps `kept`. */
	pin: string | undefined;
	kept: string[];
};

type Pins = ReturnType<typeof pinsIn>;

const TRACING = ['/sys/kernel/tracing/events', '/sys/kernel/debug/tracing/events'];
/** Types of maps that have entries by key, and can be read. */
const READABLE = new Set([1, 2, 5, 6, 9, 10]);

type Program = { pointer: Pointer; name: string; section: string };

const programsOf = (bpf: Libbpf, object: Pointer): Program[] => {
	const found: Program[] = [];
	for (let one = bpf.nextProgram(object, null); one; one = bpf.nextProgram(object, one))
		found.push({ pointer: one, name: bpf.programName(one), section: bpf.programSection(one) });
	return found;
};

const checkNames = (file: string, wanted: string[], programs: Program[]) => {
	const known = programs.map(({ name }) => name);
	const unknown = wanted.find((name) => !known.includes(name));
	if (unknown === undefined) return;
	const hint = nearest(unknown, known) || `; there are ${known.join(', ')}`;
	throw new Failure(EXIT.config, `${file}: has no program "${unknown}"${hint}`);
};

/** Open the object with the programs chosen, and load it; a program that has no place in this kernel is left out. */
const loadedObject = (
	bpf: Libbpf,
	wanted: Wanted,
	leftOut: LeftOut[],
): { object: Pointer; programs: Program[] } => {
	const { file } = wanted;
	const object = bpf.open(file);
	if (!object) throw refusalOf(file, bpf.errno(), bpf.said());
	const all = programsOf(bpf, object);
	checkNames(file, wanted.programs ?? [], all);
	const isLeft = ({ name }: Program) => leftOut.some(({ program }) => program === name);
	const isChosen = (one: Program) => (wanted.programs?.includes(one.name) ?? true) && !isLeft(one);
	const programs = all.filter(isChosen);
	for (const one of all) bpf.setAutoload(one.pointer, programs.includes(one));
	if (wanted.pin !== undefined)
		for (const name of wanted.kept) {
			const map = bpf.findMap(object, name);
			if (map) bpf.setPinPath(map, join(wanted.pin, name));
		}
	bpf.said();
	const status = bpf.load(object);
	if (status === 0) return { object, programs };
	const said = bpf.said();
	bpf.close(object);
	const fault = unloadable(said);
	const lost = programs.find(({ name }) => name === fault?.program);
	if (!fault || !lost || programs.length === 1) throw refusalOf(file, -status, said);
	leftOut.push({ program: lost.name, section: lost.section, reason: fault.reason });
	return loadedObject(bpf, wanted, leftOut);
};

/** Why a program could not be attached, from what libbpf says about it. */
const reasonOf = ({ section }: Program, said: string[]): string => {
	const isTracepoint = /^(tp|tracepoint)\//.test(section);
	if (isTracepoint && !TRACING.some(existsSync)) return 'tracefs is not mounted on /sys/kernel/tracing';
	const [last = 'without a reason'] = said.map((line) => line.replace(/^libbpf: (prog '[^']+': )?/, ''));
	return last;
};

/** The names of those that are attached; their links go to `links`, what cannot be to `leftOut`. */
const attachAll = (bpf: Libbpf, programs: Program[], links: Pointer[], leftOut: LeftOut[]): string[] => {
	const attached: string[] = [];
	bpf.said();
	for (const one of programs) {
		const link = bpf.attach(one.pointer);
		const said = bpf.said();
		if (link) {
			links.push(link);
			attached.push(one.name);
		} else leftOut.push({ program: one.name, section: one.section, reason: reasonOf(one, said) });
	}
	return attached;
};

const mapsOf = (
	bpf: Libbpf,
	object: Pointer,
	names: string[],
	attachedAt: number,
	pins: Pins | undefined,
) => {
	const maps: OpenMap[] = [];
	const missing: string[] = [];
	for (const name of names) {
		const map = bpf.findMap(object, name);
		const type = map ? bpf.mapType(map) : 0;
		if (!map || bpf.mapFd(map) < 0 || !READABLE.has(type)) missing.push(name);
		else
			maps.push({
				name,
				fd: bpf.mapFd(map),
				type,
				keySize: bpf.mapKeySize(map),
				valueSize: bpf.mapValueSize(map),
				entries: bpf.mapEntries(map),
				start: pins?.startOf(name) ?? attachedAt,
				isOld: pins?.before.has(name) ?? false,
			});
	}
	return { maps, missing };
};

const load = (bpf: Libbpf, wanted: Wanted, pins: Pins | undefined): Loaded => {
	const leftOut: LeftOut[] = [];
	const { object, programs } = loadedObject(bpf, wanted, leftOut);
	const links: Pointer[] = [];
	const close = () => {
		for (const link of links) bpf.destroyLink(link);
		bpf.close(object);
	};
	try {
		const filters = createFilters(bpf, object, wanted.filters);
		filters.before();
		// Before the first program is in place: all that is counted is of later.
		const attachedAt = Date.now();
		const attached = attachAll(bpf, programs, links, leftOut);
		if (attached.length === 0) {
			const [first] = leftOut;
			const why = first ? `${first.program} (${first.section}): ${first.reason}` : 'it has no programs';
			throw new Failure(EXIT.unavailable, `${wanted.file}: no program of it can be attached: ${why}`);
		}
		filters.after();
		return { ...mapsOf(bpf, object, wanted.maps, attachedAt, pins), attached, leftOut, close };
	} catch (error) {
		close();
		throw error;
	}
};

/**
 * Load and attach an object.
 * @throws Failure when the kernel does not take it, or no program of it can be attached; then nothing stays attached
 * or pinned.
 */
export const loadObject = (bpf: Libbpf, wanted: Wanted): Loaded => {
	const pins = wanted.pin === undefined ? undefined : pinsIn(wanted.pin, wanted.kept);
	try {
		return load(bpf, wanted, pins);
	} catch (error) {
		pins?.undo();
		throw error;
	}
};
