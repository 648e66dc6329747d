// call: a call of the REST interface, what it is answered, and the refusals that several calls share

import type { IncomingMessage } from 'node:http';
import { HttpError } from '../../../http/http-error.ts';
import { isAbove, type Version } from '../../version.ts';
import type { Dataset } from './datasets.ts';

/** A request for one version, or for the data set alone. `given` is the version as the client wrote it. */
export type Call = { request: IncomingMessage; dataset: string; version: Version; given: string };

/** The fields of a body. */
export type Fields = Record<string, unknown>;

/** Whether a version can be read. */
export const isPublished = (dataset: Dataset, version: Version): boolean =>
	dataset.versions().includes(version);

/** Versions only grow. */
export const notAbove = (version: Version, announced: Version): HttpError =>
	new HttpError(
		409,
		'old',
		`version ${version} is not above the announced ${announced}`,
		'versions only grow: push a newer one',
	);

/** Nobody has begun this version. */
export const unknownVersion = ({ dataset, version }: Call): HttpError =>
	new HttpError(
		404,
		'not-found',
		`the data set ${dataset} has no version ${version}`,
		`begin it with POST /api/datasets/${dataset}/versions`,
	);

/** Why a version is neither begun nor published. */
export const absentVersion = (call: Call, dataset: Dataset | undefined): HttpError => {
	const announced = dataset?.announced();
	const isOld = announced !== undefined && !isAbove(call.version, announced);
	return isOld ? notAbove(call.version, announced) : unknownVersion(call);
};

/** What the client learns when it spoke of milliseconds. */
export const millisNote = (version: Version, given: string): Fields =>
	given === version
		? {}
		: {
				given,
				note: `the milliseconds ${given} are version ${version}: the versions of a folder need equal digits`,
			};
