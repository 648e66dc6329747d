// queries: what the calls answer that only look: which data sets and versions there are, and what is in them

import type { Answer } from '../../../http/answer.ts';
import { HttpError } from '../../../http/http-error.ts';
import { payloadText } from '../../metrics/payload.ts';
import { type Call, isPublished, unknownVersion } from './call.ts';
import type { Dataset, Datasets } from './datasets.ts';

/** The calls that change nothing; each throws HttpError, or what the system says. */
export const createQueries = (datasets: Datasets) => {
	const list = (): Answer => ({
		status: 200,
		body: datasets.list().map((dataset) => ({ name: dataset.name, version: dataset.announced() ?? null })),
	});
	const existing = (call: Call): Dataset => {
		const dataset = datasets.find(call.dataset);
		if (dataset) return dataset;
		throw new HttpError(
			404,
			'not-found',
			`there is no data set ${call.dataset}`,
			'GET /api/datasets lists them',
		);
	};
	const versions = (call: Call): Answer => {
		const dataset = existing(call);
		const begun = dataset.drafts()?.list() ?? [];
		const published = dataset.versions().map((version) => ({ version, status: 'PUBLISHED' }));
		const open = begun.map(({ version }) => ({ version, status: 'ANNOUNCING' }));
		return { status: 200, body: [...published, ...open] };
	};
	const version = (call: Call): Answer => {
		const dataset = existing(call);
		const common = { dataset: call.dataset, version: call.version };
		if (isPublished(dataset, call.version)) return { status: 200, body: { ...common, status: 'PUBLISHED' } };
		const begun = dataset.drafts()?.get(call.version);
		if (!begun) throw unknownVersion(call);
		return { status: 200, body: { ...common, status: 'ANNOUNCING', data: begun.body !== undefined } };
	};
	const readData = (call: Call): Answer => {
		const dataset = existing(call);
		if (!isPublished(dataset, call.version)) throw unknownVersion(call);
		return { status: 200, pieces: payloadText(dataset.read(call.version)) };
	};
	return { list, versions, version, readData };
};
