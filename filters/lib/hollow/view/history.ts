// history: the versions that a folder holds, what came and went in each, and what is wrong with their blobs
// Blobs are parsed, not applied: sizes, counts, tags and the chain are checked, records are not looked into.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, errnoOf, Failure } from '../../failure.ts';
import { ByteReader } from '../blob/bytes/bytes.ts';
import { BlobError } from '../blob/bytes/errors.ts';
import { type Header, readHeader } from '../blob/header.ts';
import { readSection, type Section } from '../blob/section.ts';
import { announcement, type NoAnnouncement } from '../folder/announcement.ts';
import { parseBlobName } from '../folder/blob-name.ts';
import { contentsOf } from '../folder/contents.ts';
import { routeFromSnapshot } from '../folder/route.ts';
import { TAG } from '../folder/tags.ts';
import type { Version } from '../version.ts';
import { ascending } from '../version.ts';
import { byCode } from './comparison.ts';

/** Records of a type that came and went. */
export type Counts = { added: number; removed: number };
/** A blob: `other` is the version at its other end, `types` what it adds and removes, when it could be read. */
export type Blob = { bytes: number; other?: Version; types?: Record<string, Counts> };
/** A version and the blobs that lead to it; `back` are the reverse deltas that lead away from it. */
export type Entry = {
	version: Version;
	announced: boolean;
	/** That its records are, or have among them, sample data. */
	synthetic: boolean;
	/** Records of all types, when that can be known. */
	records?: number;
	snapshot?: Blob;
	header?: Blob;
	deltas: Blob[];
	back: Blob[];
	/** The version before this one, when no delta leads here from it. */
	gap?: Version;
	problems: string[];
};

// Where blobs disagree on a state, what stands first here is taken to be right.
const KINDS = ['snapshot', 'header', 'delta', 'reversedelta'];

type File = { name: string; kind: string; version: Version; other?: Version };
type Parsed = { header: Header; sections: Section[] };
/** An entry with what else its blobs say: the tag of its state, and which blob said so. */
type OpenEntry = Entry & { tag?: { tag: bigint; by: string } };

/** What the name of a blob says; a reverse delta belongs to the version that it leads away from. */
const fileOf = (name: string): File | undefined => {
	const blob = parseBlobName(name);
	if (!blob) return undefined;
	const { kind, from, to } = blob;
	if (kind === 'snapshot' || kind === 'header') return { name, kind, version: from };
	return kind === 'delta'
		? { name, kind, version: to, other: from }
		: { name, kind, version: from, other: to };
};

const parse = (bytes: Uint8Array, kind: string): Parsed => {
	const reader = new ByteReader(bytes);
	const header = readHeader(reader);
	const sections: Section[] = [];
	const count = reader.count('the number of types');
	if (kind === 'header') return { header, sections };
	for (let type = 0; type < count; type++)
		sections.push(readSection(reader, kind !== 'snapshot', () => undefined));
	return { header, sections };
};

const changesIn = (sections: Section[]): Record<string, Counts> => {
	const types: Record<string, Counts> = Object.create(null);
	for (const { schema, shards } of sections) {
		const counts = { added: 0, removed: 0 };
		for (const { added, removed } of shards) {
			counts.added += added.length;
			counts.removed += removed.length;
		}
		types[schema.name] = counts;
	}
	return types;
};

const populationOf = (sections: Section[]): number =>
	sections.reduce((sum, { populated }) => sum + populated.size(), 0);

/** Note the tag that a blob gives the state of a version; a chain whose blobs disagree cannot be followed. */
const noteTag = (entry: OpenEntry, tag: bigint, by: string): void => {
	if (entry.tag && entry.tag.tag !== tag)
		entry.problems.push(`${by} is of another state than ${entry.tag.by}`);
	entry.tag ??= { tag, by };
};

const hasSyntheticTag = ({ tags }: Header): boolean =>
	tags.some(([key, value]) => key === TAG.synthetic && value === 'true');

const take = (
	entries: Map<Version, OpenEntry>,
	file: File,
	{ header, sections }: Parsed,
	blob: Blob,
): void => {
	const { name, kind, version, other } = file;
	const entry = entries.get(version)!;
	const isBack = kind === 'reversedelta';
	noteTag(entry, isBack ? header.origin : header.destination, name);
	// The tags of a reverse delta are those of the version that it leads to.
	if (isBack) noteTag(entries.get(other!)!, header.destination, name);
	else if (hasSyntheticTag(header)) entry.synthetic = true;
	if (kind === 'delta') noteTag(entries.get(other!)!, header.origin, name);
	if (kind === 'delta' || isBack) blob.types = changesIn(sections);
	if (kind === 'snapshot') entry.records = populationOf(sections);
};

const readInto = (entries: Map<Version, OpenEntry>, folder: string, file: File): void => {
	const { name, kind, version, other } = file;
	const entry = entries.get(version)!;
	try {
		const bytes = readFileSync(join(folder, name));
		const blob: Blob = { bytes: bytes.length, ...(other !== undefined && { other }) };
		if (kind === 'snapshot' || kind === 'header') entry[kind] = blob;
		else entry[kind === 'delta' ? 'deltas' : 'back'].push(blob);
		take(entries, file, parse(bytes, kind), blob);
	} catch (error) {
		// Retention may remove it while we read.
		if (errnoOf(error) === 'ENOENT') return;
		entry.problems.push(`${name}: ${error instanceof BlobError ? error.message : describe(error)}`);
	}
};

const openEntry = (version: Version, announced: boolean): OpenEntry => ({
	version,
	announced,
	synthetic: false,
	deltas: [],
	back: [],
	problems: [],
});

/** Records that came and went in a version, by the delta from the version before; undefined when that is not known. */
export const changeOf = ({ deltas }: Entry): Counts | undefined => {
	const types = deltas.length === 1 ? deltas[0]!.types : undefined;
	return (
		types &&
		Object.values(types).reduce((a, b) => ({ added: a.added + b.added, removed: a.removed + b.removed }), {
			added: 0,
			removed: 0,
		})
	);
};

/** What follows from the version before: the gap between them, and how many records there are. */
const connect = (entry: OpenEntry, before: OpenEntry | undefined): void => {
	const isNext = entry.deltas.some(({ other }) => other === before?.version);
	if (before && !isNext) entry.gap = before.version;
	const change = changeOf(entry);
	if (entry.records === undefined && isNext && change && before?.records !== undefined)
		entry.records = before.records + change.added - change.removed;
};

/** Say so when consumers are sent to a version that they cannot reach. */
const checkAnnounced = (folder: string, entry: OpenEntry): void => {
	try {
		routeFromSnapshot(contentsOf(folder), entry.version);
	} catch (error) {
		if (!(error instanceof Failure)) throw error;
		entry.problems.push(`announced, but there is ${error.message}`);
	}
};

/** The versions that a blob leads to. A delta may begin at one that retention has removed. */
const heldBy = (files: File[]): Set<Version> =>
	new Set(
		files.flatMap(({ kind, version, other }) => (kind === 'reversedelta' ? [version, other!] : [version])),
	);

/** The versions that a folder holds, oldest first; `unannounced` when none of them is announced. */
export type History = { entries: Entry[]; unannounced?: NoAnnouncement };

/**
 * The history of a folder.
 * @throws the system's error when the folder cannot be read; what is wrong with a blob is told in its version's entry.
 */
export const historyOf = (folder: string): History => {
	const files = readdirSync(folder)
		.flatMap((name) => fileOf(name) ?? [])
		.sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || byCode(a.name, b.name));
	const announced = announcement(folder);
	const held = heldBy(files);
	const open = new Map<Version, OpenEntry>();
	for (const { version, other } of files)
		for (const one of [version, other ?? version]) open.set(one, openEntry(one, one === announced));
	if (typeof announced === 'string') open.set(announced, open.get(announced) ?? openEntry(announced, true));
	for (const file of files) readInto(open, folder, file);
	const shown = [...open.values()].filter(({ version, announced }) => held.has(version) || announced);
	shown.sort((a, b) => ascending(a.version, b.version));
	for (const [at, entry] of shown.entries()) connect(entry, shown[at - 1]);
	for (const entry of shown) if (entry.announced) checkAnnounced(folder, entry);
	const entries = shown.map(({ tag: _, ...entry }) => entry);
	return { entries, ...(typeof announced !== 'string' && { unannounced: announced }) };
};
