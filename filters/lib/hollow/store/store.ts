// store: one prefix of a bucket in an S3-compatible object store: get and put, with a time-out, without retries

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { AwsClient } from 'aws4fetch';
import { about, describe, EXIT, Failure } from '../../failure.ts';

export type Store = {
	/** `s3://BUCKET/PREFIX`. */
	name: string;
	/** An object, or undefined when there is none. Throws a Failure(69) that names it. */
	get: (key: string) => Promise<Buffer | undefined>;
	/** Put an object whole. The store compares it with its MD5. Throws a Failure(69) that names it. */
	put: (key: string, bytes: Uint8Array, metadata?: Record<string, string>) => Promise<void>;
};

export type Credentials = { accessKeyId: string; secretAccessKey: string; sessionToken?: string };

const iniOf = (text: string, profile: string): Map<string, string> => {
	const found = new Map<string, string>();
	let section = '';
	for (const line of text.split('\n')) {
		section = /^\s*\[\s*(.+?)\s*\]/.exec(line)?.[1] ?? section;
		const [, key, value] = /^\s*(\w+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
		if (section === profile && key !== undefined) found.set(key.toLowerCase(), value!);
	}
	return found;
};

/**
 * Who we are to the store: the usual AWS_ variables, or the file of AWS_SHARED_CREDENTIALS_FILE, or the one given.
 * @throws Failure(78) when neither says it.
 */
export const credentialsFrom = (
	env: Record<string, string | undefined>,
	file = env.AWS_SHARED_CREDENTIALS_FILE,
): Credentials => {
	const from = file
		? iniOf(
				about(file, () => readFileSync(file, 'utf8')),
				env.AWS_PROFILE ?? 'default',
			)
		: new Map(Object.entries(env).map(([name, value]) => [name.toLowerCase(), value ?? '']));
	const accessKeyId = from.get('aws_access_key_id');
	const secretAccessKey = from.get('aws_secret_access_key');
	const sessionToken = from.get('aws_session_token');
	if (!accessKeyId || !secretAccessKey)
		throw new Failure(
			EXIT.config,
			`--s3-uri: no aws_access_key_id and aws_secret_access_key in ${file || 'the environment'}; give them there, or a file with --s3-credentials`,
		);
	return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
};

/**
 * Bucket and prefix of `s3://BUCKET/PREFIX`.
 * @throws Failure(64).
 */
export const parseS3Uri = (text: string, where: string): { bucket: string; prefix: string } => {
	const [, bucket, prefix] =
		/^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\/([\w!.*'()/-]*[^/])\/?$/.exec(text) ?? [];
	if (bucket === undefined)
		throw new Failure(EXIT.usage, `${where}: "${text}" is not of the form s3://BUCKET/PREFIX`);
	return { bucket, prefix: prefix! };
};

export type StoreOptions = {
	bucket: string;
	prefix: string;
	/** Where to find the store when it is not Amazon's. */
	endpoint?: string;
	region: string;
	credentials: Credentials;
};

const TIMEOUT_MS = 20_000;
// A link of 100 kB/s is slow but works.
const MS_PER_BYTE = 0.01;

const reasonOf = (error: unknown): string => {
	const { cause, name } = error as Error;
	if (name === 'TimeoutError') return 'no answer in time';
	return describe(cause ?? error) || String((cause as NodeJS.ErrnoException)?.code ?? error);
};

const createStore = ({ bucket, prefix, endpoint, region, credentials }: StoreOptions): Store => {
	const client = new AwsClient({ ...credentials, service: 's3', region, retries: 0 });
	const base = `${(endpoint ?? `https://s3.${region}.amazonaws.com`).replace(/\/$/, '')}/${bucket}/${prefix}`;
	const name = `s3://${bucket}/${prefix}`;

	const call = async (key: string, init: RequestInit, bytes = 0): Promise<Response> => {
		const signal = AbortSignal.timeout(TIMEOUT_MS + Math.ceil(bytes * MS_PER_BYTE));
		try {
			return await client.fetch(`${base}/${key}`, { ...init, signal });
		} catch (error) {
			throw new Failure(EXIT.unavailable, `${name}/${key}: ${reasonOf(error)}`);
		}
	};
	const refused = async (key: string, response: Response): Promise<Failure> => {
		const text = await response.text().catch(() => '');
		const code = /<Code>(\w+)<\/Code>/.exec(text)?.[1] ?? response.statusText;
		return new Failure(EXIT.unavailable, `${name}/${key}: the store answers ${response.status} ${code}`);
	};
	return {
		name,
		get: async (key) => {
			const response = await call(key, {});
			if (response.ok) return Buffer.from(await response.arrayBuffer());
			const error = await refused(key, response);
			// A missing bucket is 404 too, and nothing that a first upload would mend.
			if (response.status === 404 && !error.message.includes('NoSuchBucket')) return undefined;
			throw error;
		},
		put: async (key, bytes, metadata = {}) => {
			const noted = Object.entries(metadata).map(([note, value]) => [`x-amz-meta-${note}`, value]);
			const headers = {
				'content-md5': createHash('md5').update(bytes).digest('base64'),
				'content-type': 'application/octet-stream',
				...Object.fromEntries(noted),
			};
			const response = await call(
				key,
				{ method: 'PUT', body: bytes as RequestInit['body'], headers },
				bytes.length,
			);
			if (!response.ok) throw await refused(key, response);
			await response.arrayBuffer();
		},
	};
};

/**
 * The store of `uri`; `file` holds credentials, else `env` does, which has the region too.
 * @throws Failure(64) or Failure(78) for what the user has to change.
 */
export const storeFor = ({
	uri,
	endpoint,
	file,
	env,
}: {
	uri: string;
	endpoint: string | undefined;
	file: string | undefined;
	env: Record<string, string | undefined>;
}): Store => {
	if (endpoint !== undefined && !/^https?:\/\/[^/]+\/?$/.test(endpoint))
		throw new Failure(EXIT.usage, `--s3-endpoint: "${endpoint}" is not of the form https://HOST[:PORT]`);
	return createStore({
		...parseS3Uri(uri, '--s3-uri'),
		...(endpoint === undefined ? {} : { endpoint }),
		region: env.AWS_REGION ?? env.AWS_DEFAULT_REGION ?? 'us-east-1',
		credentials: credentialsFrom(env, file),
	});
};
