// certificate: a key and a certificate that nobody knows, for 127.0.0.1

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Made in `folder`, as key.pem and cert.pem, which is `file`; `name` is whose it says it is. Throws what openssl says. */
export const certificateIn = (
	folder: string,
	name = '127.0.0.1',
): { key: string; cert: string; file: string } => {
	const [key, file] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
	const args = [
		'req',
		'-x509',
		'-newkey',
		'ec',
		'-pkeyopt',
		'ec_paramgen_curve:prime256v1',
		'-nodes',
		'-days',
		'2',
	];
	const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1'];
	const { status, stderr } = spawnSync('openssl', [...args, ...subject, '-keyout', key, '-out', file]);
	if (status !== 0) throw new Error(stderr.toString());
	return { key: readFileSync(key, 'utf8'), cert: readFileSync(file, 'utf8'), file };
};
