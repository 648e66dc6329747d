// hollow: what the server answers about data sets of Netflix Hollow

import { json } from './api.ts';

export type DataSet = { name: string; announced?: string; why?: string; versions: number; bytes: number };
type Counts = { added: number; removed: number };
type Blob = { bytes: number; other?: string; types?: Record<string, Counts> };
export type Version = {
	version: string;
	announced: boolean;
	synthetic: boolean;
	records?: number;
	snapshot?: Blob;
	header?: Blob;
	deltas: Blob[];
	back: Blob[];
	gap?: string;
	problems: string[];
};
export type Type = {
	name: string;
	records: number;
	holes: number;
	shards: number;
	parts: { name: string; bits: number; bytes: number }[];
	schema: string;
	isRoot: boolean;
};
export type Records = {
	type: string;
	total: number;
	next?: number;
	records: { ordinal: number; value: unknown }[];
};
type Tally = { name: string; added: number; removed: number; changed: number; same: number };
/** A thing that came, went or changed; what else it says names it. */
export type Difference = { change: string; before?: unknown; after?: unknown; [name: string]: unknown };
export type Differences = {
	from: string;
	to: string;
	tallies: Tally[];
	changes: Difference[];
	next?: number;
};

const path = (...steps: string[]): string => ['/api/v1/hollow', ...steps.map(encodeURIComponent)].join('/');
const query = (values: Record<string, string | number | undefined>): string =>
	String(
		new URLSearchParams(
			Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
		),
	);

export const dataSets = async (signal?: AbortSignal): Promise<DataSet[]> =>
	(await json<{ datasets: DataSet[] }>(path(), signal)).datasets;

export const versionsOf = async (set: string, signal?: AbortSignal): Promise<Version[]> =>
	(await json<{ entries: Version[] }>(path(set), signal)).entries;

export const typesOf = (
	set: string,
	version: string,
	signal?: AbortSignal,
): Promise<{ version: string; checksum: string; types: Type[] }> => json(path(set, version), signal);

export const recordsOf = (
	set: string,
	version: string,
	asked: { type?: string; search?: string; offset?: number; limit: number },
	signal?: AbortSignal,
): Promise<Records> => json(`${path(set, version, 'records')}?${query(asked)}`, signal);

export const differencesOf = (
	set: string,
	asked: { from: string; to: string; offset?: number; limit: number },
	signal?: AbortSignal,
): Promise<Differences> => json(`${path(set, 'diff')}?${query(asked)}`, signal);
